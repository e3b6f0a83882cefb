"""What the condition of a specialisation says about values and ranges inside it."""

from __future__ import annotations

from collections.abc import Mapping

from halo.ir.expr import EQ, And, Expr, Variable, as_const
from halo.ir.interval import Interval
from halo.ir.simplify import simplify
from halo.ir.substitute import substitute, uses_variable
from halo.lowering.names import Names, inline


def values_given_by(condition: Expr) -> dict[str, Expr]:
    """Return the variables that `condition` says are constants, with their values.

    Example: ``w == 128 && h > 3`` -> ``{"w": 128}``.
    """
    if isinstance(condition, And):
        return {**values_given_by(condition.b), **values_given_by(condition.a)}
    if isinstance(condition, EQ):
        for a, b in ((condition.a, condition.b), (condition.b, condition.a)):
            if isinstance(a, Variable) and as_const(b) is not None:
                return {a.name: b}
    return {}


def with_values(r: Interval, values: Mapping[str, Expr], names: Names) -> Interval:
    """Return `r` for where variables have the constants `values`; itself if it says no more then.

    Parameters
    ----------
    names
        What the ends of `r` may use.
    """
    if not values:
        return r
    low, high = (_with_values(e, values, names) for e in (r.min, r.max))
    return Interval(low, high)


def _with_values(e: Expr | None, values: Mapping[str, Expr], names: Names) -> Expr | None:
    if e is None or as_const(e) is not None:
        return e
    whole = inline(e, names)
    if not any(uses_variable(whole, name) for name in values):
        return e
    return simplify(substitute(whole, values))
