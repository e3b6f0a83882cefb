"""Folding of constants with the arithmetic of the run-time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from halo.ir import expr as E
from halo.ir.expr import Binary, Comparison, Expr, as_const, const
from halo.ir.types import Type

_FLOAT_OPS: dict[type[Expr], Callable[[Any, Any], Any]] = {
    E.Add: lambda a, b: a + b,
    E.Sub: lambda a, b: a - b,
    E.Mul: lambda a, b: a * b,
    E.Div: lambda a, b: a / b,
    E.Min: lambda a, b: a if a < b else b,
    E.Max: lambda a, b: a if a > b else b,
}

_COMPARISONS: dict[type[Expr], Callable[[Any, Any], bool]] = {
    E.EQ: lambda a, b: bool(a == b),
    E.NE: lambda a, b: bool(a != b),
    E.LT: lambda a, b: bool(a < b),
    E.LE: lambda a, b: bool(a <= b),
    E.GT: lambda a, b: bool(a > b),
    E.GE: lambda a, b: bool(a >= b),
}


def fold_float(e: Binary) -> Expr:
    """Return the constant that `e` of two float constants is, rounded in its own type.

    16-bit floats are left alone, and so is what is not finite.
    """
    a, b = as_const(e.a), as_const(e.b)
    if a is None or b is None or e.type.bits() < 32:
        return e
    op = _FLOAT_OPS.get(type(e))
    if op is None:
        return e
    scalar = np.float32 if e.type.bits() == 32 else np.float64
    with np.errstate(all="ignore"):
        value = float(op(scalar(a), scalar(b)))
    return const(e.type, value) if math.isfinite(value) else e


def fold_comparison(e: Comparison) -> Expr:
    """Return the bool that a comparison of two constants is."""
    a, b = as_const(e.a), as_const(e.b)
    if a is None or b is None:
        return e
    return const(e.type, _COMPARISONS[type(e)](a, b))


def fold_cast(type: Type, value: int | float) -> Expr | None:
    """Return `value` converted to `type`, or None where that is left to the run-time."""
    if type.is_bool():
        return const(type, value) if value in (0, 1) else None
    if type.is_float():
        if isinstance(value, int) and abs(value) > 1 << 53:
            return None
        return const(type, value) if math.isfinite(value) else None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return const(type, min(max(math.trunc(value), type.min_value), type.max_value))
    return const(type, value)
