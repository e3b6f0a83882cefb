"""Symbolic interval arithmetic: what values an expression takes."""

from __future__ import annotations

from collections.abc import Mapping

from halo.ir import expr as E
from halo.ir.bounds import arithmetic, values
from halo.ir.bounds.context import Bounds, Rule
from halo.ir.cross_lane import Shuffle, VectorReduce
from halo.ir.expr import Expr
from halo.ir.ranges import Interval
from halo.ir.simplify import Simplifier

RULES: dict[type[Expr], Rule] = {
    E.IntImm: lambda e, s: Interval.point(e),
    E.FloatImm: lambda e, s: Interval.point(e),
    E.Variable: arithmetic.variable,
    E.Add: arithmetic.add,
    E.Sub: arithmetic.sub,
    E.Mul: arithmetic.mul,
    E.Div: arithmetic.div,
    E.Mod: arithmetic.mod,
    E.Min: arithmetic.min_,
    E.Max: arithmetic.max_,
    E.Select: arithmetic.select,
    E.Cast: values.cast,
    E.Let: values.let,
    E.Ramp: values.ramp,
    E.Broadcast: lambda e, s: s.visit(e.value),
    Shuffle: values.shuffle,
    VectorReduce: values.vector_reduce,
    E.Call: values.call,
    **{
        c: values.comparison
        for c in (E.EQ, E.NE, E.LT, E.LE, E.GT, E.GE, E.And, E.Or, E.Not, E.Load, E.Reinterpret)
    },
}


def bounds_of(expr: Expr, scope: Mapping[str, Interval]) -> Interval:
    """Return an interval that holds every value of the scalar or vector `expr`.

    Parameters
    ----------
    scope
        Where the variables lie that the result must not mention; others stand for themselves.

    Index arithmetic (int32 and int64) does not overflow. Data of at most 16 bits lies in the range
    of its type, wider data is unbounded. A float interval with an end holds no NaN, unless a
    parameter is one.

        bounds_of(x*2 + y, {"x": [0, 9]})  ->  [y, y + 18]
    """
    return bounds_in(scope).of(expr)


def bounds_in(scope: Mapping[str, Interval]) -> Bounds:
    """Return what bounds many expressions in one scope, looking at shared parts once."""
    return Bounds(RULES, scope, Simplifier())
