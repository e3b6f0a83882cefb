"""The smallest and the largest value of a type, as expressions: ``t.min()`` and ``t.max()``."""

from __future__ import annotations

from halo.ir.expr import Expr, const
from halo.ir.types import Type, set_limits


def largest_finite(type: Type) -> float:
    """Return the largest finite number of a float type."""
    digits, exponent = {16: (11, 16), 32: (24, 128), 64: (53, 1024)}[type.bits()]
    if type.is_bfloat():
        digits, exponent = 8, 128
    return (2.0 - 2.0 ** (1 - digits)) * 2.0 ** (exponent - 1)


def smallest(type: Type) -> Expr:
    """Return the smallest value; of a float type the smallest finite one."""
    return const(type, -largest_finite(type) if type.is_float() else type.min_value)


def largest(type: Type) -> Expr:
    """Return the largest value; of a float type the largest finite one."""
    return const(type, largest_finite(type) if type.is_float() else type.max_value)


set_limits(smallest, largest)
