"""Classes that were compared two by two: votes, and the probability of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from halo.ir.expr import Expr, Max, Min, Select, const, i32
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Float, Int
from halo.lang.func import Func
from halo.lang.rdom import RDom
from halo.lang.tuple import Tuple
from halo.ops.build import axis_vars, call, computed, constant
from halo.ops.functions import sigmoid
from halo.ops.index import index
from halo.ops.tensor import OpInfo, OpKind, Tensor

F32 = Float(32)
ROUNDS = 100
"""How often `probabilities` goes through the classes at most."""


def pairs_of(classes: int) -> list[tuple[int, int]]:
    """Return the pairs (i, j) of classes, i < j, in the order in which they are compared."""
    return [(i, j) for i in range(classes) for j in range(i + 1, classes)]


def votes(name: str, scores: Tensor, classes: int) -> Tensor:
    """Return how many comparisons each class wins (samples, classes), as int32.

    `scores` (samples, pairs) is above 0 where the first of a pair wins.
    """
    first, second = (
        _table(f"{name}_{role}", [p[i] for p in pairs_of(classes)])
        for i, role in enumerate(("first", "second"))
    )
    n, k = axis_vars(2)
    acc = Func(f"{name}_acc")
    acc[(k, n)] = i32(0)
    r = RDom([(0, scores.shape[1])])
    winner = Select(scores.at(n, r[0]) > 0, first.at(r[0]), second.at(r[0]))
    acc[(k, n)] += cast_to(Int(32), eq(winner, k))
    info = OpInfo(OpKind.REDUCE, (scores, first, second), {"acc": acc})
    shape = (scores.shape[0], index(classes))
    return computed(name, Int(32), shape, lambda *at: call(acc, *at), info)


def _table(name: str, values: Sequence[Any]) -> Tensor:
    made = constant(name, np.array(values))
    if made.type.is_integral:
        made = constant(name, np.array(values, np.int32))
    made.content = None
    return made


def pair_probabilities(name: str, scores: Tensor, a: Sequence[float], b: Sequence[float]) -> Tensor:
    """Return with which probability the first of each pair wins: ``1 - logistic(score*a + b)``.

    (samples, pairs), held off 0 and 1 by 1e-7.
    """
    slope, offset = (
        constant(f"{name}_{role}", np.array(v, np.float32))
        for role, v in (("slope", a), ("offset", b))
    )

    def cell(n: Any, p: Any) -> Expr:
        value = const(F32, 1) - sigmoid(scores.at(n, p) * slope.at(p) + offset.at(p))
        return Min(Max(value, const(F32, 1e-7)), const(F32, 1 - 1e-7))

    n, p = axis_vars(2)
    acc = Func(f"{name}_acc")
    acc[(p, n)] = cell(n, p)
    info = OpInfo(OpKind.REDUCE, (scores, slope, offset), {"acc": acc})
    return computed(name, F32, scores.shape, lambda *at: call(acc, *at), info)


def probabilities(name: str, pairs: Tensor, classes: int) -> Tensor:
    """Return the probability of each class (samples, classes) from those of pairs.

    The second method of Wu, Lin and Weng, "Probability estimates for multi-class classification
    by pairwise coupling" (2004), with the stopping rule of LIBSVM. ``acc`` is a Func of tuples:
    the probabilities p, ``Q @ p``, ``p @ Q @ p``, and whether it goes on (1 or 0); its RDom goes
    through the classes, again and again.
    """
    (n,) = axis_vars(1)
    number = {pair: i for i, pair in enumerate(pairs_of(classes))}

    def wins(i: int, j: int) -> Expr:
        if i < j:
            return pairs.at(n, number[i, j])
        return const(F32, 1) - pairs.at(n, number[j, i])

    def q(i: int, j: int) -> Expr:
        if i != j:
            return -wins(j, i) * wins(i, j)
        return _sum([wins(t, i) * wins(t, i) for t in range(classes) if t != i])

    matrix = [[q(i, j) for j in range(classes)] for i in range(classes)]
    acc = Func(f"{name}_acc")
    zero, one = const(F32, 0), const(F32, 1)
    acc[n] = Tuple(*[one / classes] * classes, *[zero] * classes, zero, one)
    r = RDom([(0, classes), (0, ROUNDS)])
    now = [as_expr(acc[n][k]) for k in range(2 * classes + 2)]
    p, beside, total, going = now[:classes], now[classes:-2], now[-2], now[-1]
    at = as_expr(r[0])
    fresh = eq(at + 0 * as_expr(r[1]), 0)
    products = [_sum([m * v for m, v in zip(row, p, strict=True)]) for row in matrix]
    square = _sum([v * w for v, w in zip(p, products, strict=True)])
    error: Expr = zero
    for v in products:
        error = Max(error, cast_to(F32, intrinsic("abs", v - square)))
    goes = Select(fresh, Select(error < 0.005 / classes, zero, going), going)
    beside = [Select(fresh, a, b) for a, b in zip(products, beside, strict=True)]
    total = Select(fresh, square, total)
    own = _chosen(at, beside)
    diagonal = _chosen(at, [matrix[i][i] for i in range(classes)])
    change = (total - own) / diagonal
    whole = change + 1.0
    moved = [Select(eq(at, i), v + change, v) / whole for i, v in enumerate(p)]
    rows = [_chosen(at, [row[j] for row in matrix]) for j in range(classes)]
    after = [(v + change * m) / whole for v, m in zip(beside, rows, strict=True)]
    square = (total + change * (change * diagonal + own * 2.0)) / whole / whole
    made = [*moved, *after, square]
    held = [*p, *beside, total]
    acc[n] = Tuple(*[Select(goes > 0, a, b) for a, b in zip(made, held, strict=True)], goes)
    info = OpInfo(OpKind.REDUCE, (pairs,), {"acc": acc})

    def cell(sample: Any, k: Any) -> Expr:
        return _chosen(as_expr(k), [as_expr(acc[sample][i]) for i in range(classes)])

    return computed(name, F32, (pairs.shape[0], index(classes)), cell, info)


def _sum(terms: Sequence[Expr]) -> Expr:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _chosen(number: Expr, values: Sequence[Expr]) -> Expr:
    """Return the one of `values` that has a number."""
    made = values[-1]
    for i in range(len(values) - 2, -1, -1):
        made = Select(eq(number, i), values[i], made)
    return made
