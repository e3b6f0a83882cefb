"""Ensembles of decision trees: every sample walks down every tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from halo.ir.expr import FALSE, Expr, Max, Min, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Bool, Int
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed, constant
from halo.ops.index import index, minus
from halo.ops.reduce import highest, lowest
from halo.ops.tensor import Array, OpInfo, OpKind, Tensor

LEQ, LT, GTE, GT, EQUAL, UNEQUAL, MEMBER = range(7)
"""What a node asks of its feature."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Nodes of trees, as columns.

    Attributes
    ----------
    features, modes, splits
        Which column of a sample a node asks, what, and the number that it compares with.
    members
        Per node the numbers that `MEMBER` looks for.
    if_true, if_false
        The nodes that follow; a leaf k is -1 - k.
    missing
        Whether NaN counts as true.
    roots
        Where the trees begin, encoded as the nodes that follow.
    targets, weights
        Per leaf the column of the result that it adds its weight to.
    """

    features: Array
    modes: Array
    splits: Array
    members: Sequence[Sequence[float]]
    if_true: Array
    if_false: Array
    missing: Array
    roots: Array
    targets: Array
    weights: Array

    def depth(self) -> int:
        """Return the number of nodes on the longest way to a leaf."""
        level, deepest = {int(r) for r in self.roots if r >= 0}, 0
        while level and deepest <= len(self.features):
            deepest += 1
            follow = {int(c[n]) for c in (self.if_true, self.if_false) for n in level}
            level = {n for n in follow if n >= 0}
        return deepest


def _column(name: str, values: Array) -> Tensor:
    made = constant(name, values if values.size else np.zeros(1, values.dtype))
    made.content = None
    return made


def leaves(name: str, x: Tensor, trees: Trees) -> Tensor:
    """Return the leaf of each sample of `x` (samples, features) in each tree (int32).

    ``acc`` is the node; its RDom goes down the levels.
    """
    given = (trees.features, trees.modes, trees.splits, trees.if_true, trees.if_false)
    roles = ("features", "modes", "splits", "if_true", "if_false")
    columns = [_column(f"{name}_{r}", v) for r, v in zip(roles, given, strict=True)]
    features, modes, splits, if_true, if_false = columns
    missing = _column(f"{name}_missing", trees.missing)
    roots = _column(f"{name}_roots", trees.roots)
    n, t = axis_vars(2)
    acc = Func(f"{name}_acc")
    acc[(t, n)] = roots.at(t)
    r = RDom([(0, trees.depth())])
    now = call(acc, n, t)
    node = as_expr(clamp(now + 0 * as_expr(r[0]), 0, max(len(trees.features) - 1, 0)))
    column = clamp(features.at(node), 0, minus(x.shape[1], 1))
    v, split, mode = x.at(n, column), splits.at(node), modes.at(node)
    answer = _member(v, node, trees.members, splits.type)
    for number, test in (
        (UNEQUAL, v != split),
        (EQUAL, eq(v, split)),
        (GT, v > split),
        (GTE, v >= split),
        (LT, v < split),
        (LEQ, v <= split),
    ):
        answer = Select(eq(mode, number), test, answer)
    if x.type.is_float():
        answer = answer | (intrinsic("is_nan", v) & missing.at(node))
    following = Select(answer, if_true.at(node), if_false.at(node))
    acc[(t, n)] = Select(now < 0, now, following)
    shape = (x.shape[0], index(len(trees.roots)))
    info = OpInfo(OpKind.REDUCE, (x, *columns, missing, roots), {"acc": acc})
    return computed(name, Int(32), shape, lambda *at: -1 - call(acc, *at), info)


def _member(v: Expr, node: Expr, members: Sequence[Sequence[float]], type: Any) -> Expr:
    answer: Expr = FALSE
    for number, own in enumerate(members):
        for value in own:
            answer = answer | (eq(node, number) & eq(v, const(type, value)))
    return answer if answer is not FALSE else const(Bool(), 0)


def aggregated(name: str, found: Tensor, trees: Trees, targets: int, how: str) -> Tensor:
    """Return the weights of the leaves `found`, per target: their sum, average, min or max."""
    which = _column(f"{name}_targets", trees.targets)
    weights = _column(f"{name}_weights", trees.weights)
    type = weights.type
    start = {"min": highest(type), "max": lowest(type)}.get(how, const(type, 0))
    n, k = axis_vars(2)
    acc = Func(f"{name}_acc")
    acc[(k, n)] = start
    r = RDom([(0, found.shape[1])])
    leaf = as_expr(clamp(found.at(n, r[0]), 0, len(trees.targets) - 1))
    hit, weight, old = eq(which.at(leaf), k), weights.at(leaf), call(acc, n, k)
    combined = old + weight
    if how in ("min", "max"):
        combined = Min(old, weight) if how == "min" else Max(old, weight)
    acc[(k, n)] = Select(hit, combined, old)

    def cell(*at: Any) -> Expr:
        total = call(acc, *at)
        return total / cast_to(type, found.shape[1]) if how == "average" else total

    info = OpInfo(OpKind.REDUCE, (found, which, weights), {"acc": acc})
    return computed(name, type, (found.shape[0], index(targets)), cell, info)
