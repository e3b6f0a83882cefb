"""Ensembles of decision trees: every sample walks down every tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from halo.ir.expr import FALSE, Expr, Max, Min, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Bool, Int, Type, type_of_dtype
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed, constant
from halo.ops.functions import long_sum_type
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
    voters, targets, weights
        Per vote the leaf that gives it, the column of the result that it is for, and its weight.
    """

    features: Array
    modes: Array
    splits: Array
    members: Sequence[Sequence[float]]
    if_true: Array
    if_false: Array
    missing: Array
    roots: Array
    voters: Array
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


def aggregated(
    name: str,
    found: Tensor,
    trees: Trees,
    targets: int,
    how: str,
    base: Array | None = None,
    result: Type | None = None,
) -> Tensor:
    """Return the votes of the leaves `found`, per target: their sum, average, min or max.

    Parameters
    ----------
    how
        "sum", "average" (over the trees), "min" or "max"; 0 for a target without a vote.
    base
        Per target what is added afterwards.
    result
        The type of the elements; that of the weights by default.

    Returns
    -------
    Tensor
        (samples, targets).
    """
    type = type_of_dtype(trees.weights.dtype)
    assert type is not None
    wide = type if how in ("min", "max") else long_sum_type(type)
    neutral = {"min": highest(type), "max": lowest(type)}.get(how, const(type, 0))
    vote, tables = _votes(name, trees, targets, how, neutral)
    n, k = axis_vars(2)
    acc = Func(f"{name}_acc")
    acc[(k, n)] = cast_to(wide, neutral)
    r = RDom([(0, found.shape[1])])
    leaf = as_expr(clamp(found.at(n, r[0]), 0, max(_leaves(trees) - 1, 0)))
    weight, old = cast_to(wide, vote(leaf, k)), call(acc, n, k)
    combined = {"min": Min(old, weight), "max": Max(old, weight)}.get(how, old + weight)
    acc[(k, n)] = combined
    added = None if base is None else _column(f"{name}_base", base.astype(wide.dtype))

    def cell(*at: Any) -> Expr:
        total = call(acc, *at)
        if how == "average":
            total = total / cast_to(wide, found.shape[1])
        if how in ("min", "max"):
            total = Select(eq(total, neutral), const(type, 0), total)
        return total if added is None else total + added.at(at[1])

    read = tables if added is None else (*tables, added)
    info = OpInfo(OpKind.REDUCE, (found, *read), {"acc": acc})
    return computed(name, result or type, (found.shape[0], index(targets)), cell, info)


def _leaves(trees: Trees) -> int:
    """Return how many leaves there are, or at least those that are reached."""
    ends = -1 - np.concatenate([trees.if_true, trees.if_false, trees.roots])
    return int(max(ends.max(initial=-1), trees.voters.max(initial=-1))) + 1


def _votes(
    name: str, trees: Trees, targets: int, how: str, neutral: Expr
) -> tuple[Callable[[Expr, Any], Expr], tuple[Tensor, ...]]:
    """Return what gives a leaf's vote for a target, and the tables that it reads."""
    count = _leaves(trees)
    if np.bincount(trees.voters, minlength=1).max() <= 1:
        own = np.full(max(count, 1), -1, np.int32)
        each = np.zeros(max(count, 1), trees.weights.dtype)
        own[trees.voters], each[trees.voters] = trees.targets, trees.weights
        which, weights = _column(f"{name}_targets", own), _column(f"{name}_weights", each)

        def single(leaf: Expr, k: Any) -> Expr:
            return Select(eq(which.at(leaf), k), weights.at(leaf), neutral)

        return single, (which, weights)
    value = {"min": np.inf, "max": -np.inf}.get(how, 0)
    table = np.full((count, targets), value, trees.weights.dtype)
    add = {"min": np.minimum, "max": np.maximum}.get(how, np.add)
    add.at(table, (trees.voters, trees.targets), trees.weights)
    votes = constant(f"{name}_votes", table)
    return lambda leaf, k: votes.at(leaf, k), (votes,)
