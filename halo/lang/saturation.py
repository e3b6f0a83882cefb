"""Saturation: what does not fit becomes the nearest value that does."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Max, Min, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.limits import largest_finite
from halo.ir.operators import as_expr, cast_to, integer_operands
from halo.ir.types import Float, Int, Type, UInt
from halo.lang.casts import need_type


def saturating_cast(type: Type, e: Any) -> Expr:
    """Return `e` as `type`, values beyond its range being the nearest limit of it.

    A float type's limits are its finite ones, so infinities become finite; a NaN stays one, and
    as an integer it is 0.
    """
    need_type("saturating_cast", type)
    value = as_expr(e)
    source = value.type
    if source == type or source.is_bool():
        return cast_to(type, value)
    if type.is_bool():
        return value > 0
    if type.is_float():
        return _to_float(type, value) if source.is_float() else _int_to_float(type, value)
    if source.is_float():
        return cast_to(type, value)  # the cast of a float saturates
    if type.max_value < source.max_value:
        value = Min(value, const(source, type.max_value))
    if source.is_int() and type.min_value > source.min_value:
        value = Max(value, const(source, type.min_value))
    return cast_to(type, value)


def _to_float(type: Type, value: Expr) -> Expr:
    """Limit the wider of both types, so that no conversion rounds to infinity."""
    wide = value if value.type.bits() > type.bits() else cast_to(type, value)
    if value.type.bits() == type.bits() == 16:
        wide = cast_to(Float(32), value)
    limit = largest_finite(type)
    held = Max(Min(wide, const(wide.type, limit)), const(wide.type, -limit))
    return cast_to(type, Select(intrinsic("is_nan", wide), wide, held))


def _int_to_float(type: Type, value: Expr) -> Expr:
    """Only float16 ends before the integers do."""
    return _to_float(type, cast_to(Float(32), value)) if type == Float(16) else cast_to(type, value)


def i8_sat(e: Any) -> Expr:
    """Return `e` as int8, saturated."""
    return saturating_cast(Int(8), e)


def i16_sat(e: Any) -> Expr:
    """Return `e` as int16, saturated."""
    return saturating_cast(Int(16), e)


def i32_sat(e: Any) -> Expr:
    """Return `e` as int32, saturated."""
    return saturating_cast(Int(32), e)


def i64_sat(e: Any) -> Expr:
    """Return `e` as int64, saturated."""
    return saturating_cast(Int(64), e)


def u8_sat(e: Any) -> Expr:
    """Return `e` as uint8, saturated."""
    return saturating_cast(UInt(8), e)


def u16_sat(e: Any) -> Expr:
    """Return `e` as uint16, saturated."""
    return saturating_cast(UInt(16), e)


def u32_sat(e: Any) -> Expr:
    """Return `e` as uint32, saturated."""
    return saturating_cast(UInt(32), e)


def u64_sat(e: Any) -> Expr:
    """Return `e` as uint64, saturated."""
    return saturating_cast(UInt(64), e)


def saturating_add(a: Any, b: Any) -> Expr:
    """Return a + b of integers, or the limit of their type that it passes."""
    x, y = integer_operands("saturating_add", a, b)
    total = x + y
    if x.type.is_uint():
        return Select(total < x, const(x.type, x.type.max_value), total)
    passed = ((x ^ total) & (y ^ total)) < 0
    return Select(passed, _limit_by_sign(x), total)


def saturating_sub(a: Any, b: Any) -> Expr:
    """Return a - b of integers, or the limit of their type that it passes."""
    x, y = integer_operands("saturating_sub", a, b)
    if x.type.is_uint():
        return Max(x, y) - y
    difference = x - y
    passed = ((x ^ y) & (x ^ difference)) < 0
    return Select(passed, _limit_by_sign(x), difference)


def _limit_by_sign(x: Expr) -> Expr:
    """Return the smallest number where x is negative, else the largest one."""
    t = x.type
    return Select(x < 0, const(t, t.min_value), const(t, t.max_value))
