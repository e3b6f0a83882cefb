"""lerp: the value between two values."""

from __future__ import annotations

from typing import Any

from halo.errors import TypeMismatch, user_location
from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to, common_type, match_types
from halo.ir.types import Float, Type, UInt
from halo.lang.math import fma


def lerp(zero: Any, one: Any, weight: Any) -> Expr:
    """Return the value between `zero` and `one` that `weight` says.

    ``zero + w*(one - zero)`` of floats, with one rounding for product and sum; of integers the
    nearest one to ``zero*(1 - w) + one*w``, computed exactly from
    the weight as a fraction of the largest number of their type. A float weight lies in [0, 1]; an
    unsigned one stands for itself divided by its type's largest number; a bool chooses.

    Raises
    ------
    TypeMismatch
        The weight is signed, or the values have 64 bits, for which no exact product exists.
    """
    zero, one = match_types(zero, one)
    w = as_expr(weight)
    t = zero.type
    if w.type.is_int():
        raise TypeMismatch(
            f"the weight of a lerp has type {w.type}: it is unsigned or a float",
            where=user_location(),
            hint="halo.cast it to the unsigned type whose largest number stands for 1",
        )
    if w.type.is_bool():
        return Select(w, one, zero)
    if t.is_float():
        wide = common_type(t, w.type)
        a, b = cast_to(wide, zero), cast_to(wide, one)
        return cast_to(t, fma(_as_fraction(wide, w), b - a, a))
    if t.is_bool():
        raise TypeMismatch(
            f"a lerp between bools with a weight of {w.type}",
            where=user_location(),
            hint="halo.select chooses between bools",
        )
    if t.bits() == 64:
        raise TypeMismatch(
            f"a lerp of {t}: there is no type of 128 bits",
            where=user_location(),
            hint="cast to 32 bits or to float64 first",
        )
    return _between_integers(zero, one, _as_integer(UInt(t.bits()), w))


def _between_integers(zero: Expr, one: Expr, weight: Expr) -> Expr:
    """Return (zero*(top - weight) + one*weight) / top, rounded to nearest, halves upwards.

    With n bits, ``top = 2**n - 1``, the quotient of p by it is ``(p + p/2**n) / 2**n`` for the sums
    p that occur, half of 2**n having been added to them. Signed numbers are counted from the
    smallest.
    """
    t, bits = zero.type, zero.type.bits()
    narrow, wide = UInt(bits), UInt(2 * bits)
    bias = const(narrow, 1 << (bits - 1)) if t.is_int() else const(narrow, 0)
    a, b = (cast_to(wide, cast_to(narrow, e) + bias) for e in (zero, one))
    rest = const(narrow, narrow.max_value) - weight
    p = a * cast_to(wide, rest) + b * cast_to(wide, weight) + const(wide, 1 << (bits - 1))
    quotient = ((p >> bits) + p) >> bits
    return cast_to(t, cast_to(narrow, quotient) - bias)


def _as_integer(to: Type, w: Expr) -> Expr:
    """Return weight `w` as a fraction of the largest number of `to`.

    Between widths it is multiplied or divided by the quotient of both largest numbers, which is
    an integer: 65535 is 255*257.
    """
    if w.type.is_float():
        wide = Float(64) if to.bits() == 32 or w.type.bits() == 64 else Float(32)
        return cast_to(to, cast_to(wide, w) * const(wide, to.max_value))
    if w.type.bits() <= to.bits():
        return cast_to(to, w) * const(to, to.max_value // w.type.max_value)
    return cast_to(to, w / const(w.type, w.type.max_value // to.max_value))


def _as_fraction(to: Type, w: Expr) -> Expr:
    if w.type.is_float():
        return cast_to(to, w)
    wide = Float(64) if w.type.bits() >= 32 or to.bits() == 64 else Float(32)
    return cast_to(to, cast_to(wide, w) / const(wide, w.type.max_value))
