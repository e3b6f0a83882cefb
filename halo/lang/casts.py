"""Conversions between types."""

from __future__ import annotations

from typing import Any

from halo.errors import TypeMismatch, user_location
from halo.ir.expr import Expr, Reinterpret
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import BFloat, Float, Int, Type, UInt


def need_type(name: str, type: object) -> None:
    """Refuse a `type` given to function `name` that is none."""
    if not isinstance(type, Type):
        raise TypeMismatch(
            f"{name} takes a Type first, not {type!r}",
            where=user_location(),
            hint=f"{name}(halo.Int(32), ...)",
        )


def cast(type: Type, e: Any) -> Expr:
    """Return `e` converted to `type`: integers wrap, float to integer truncates and saturates."""
    need_type("cast", type)
    if isinstance(e, int) and not isinstance(e, bool) and type.is_integral:
        return as_expr(type.wrap(e), type)
    weak = isinstance(e, float) and type.is_float()  # a number is rounded once, to its final type
    return cast_to(type, as_expr(e, type if weak else None))


def i8(e: Any) -> Expr:
    """Return `e` as int8."""
    return cast(Int(8), e)


def i16(e: Any) -> Expr:
    """Return `e` as int16."""
    return cast(Int(16), e)


def i32(e: Any) -> Expr:
    """Return `e` as int32."""
    return cast(Int(32), e)


def i64(e: Any) -> Expr:
    """Return `e` as int64."""
    return cast(Int(64), e)


def u8(e: Any) -> Expr:
    """Return `e` as uint8."""
    return cast(UInt(8), e)


def u16(e: Any) -> Expr:
    """Return `e` as uint16."""
    return cast(UInt(16), e)


def u32(e: Any) -> Expr:
    """Return `e` as uint32."""
    return cast(UInt(32), e)


def u64(e: Any) -> Expr:
    """Return `e` as uint64."""
    return cast(UInt(64), e)


def f16(e: Any) -> Expr:
    """Return `e` as float16."""
    return cast(Float(16), e)


def bf16(e: Any) -> Expr:
    """Return `e` as bfloat16."""
    return cast(BFloat(16), e)


def f32(e: Any) -> Expr:
    """Return `e` as float32."""
    return cast(Float(32), e)


def f64(e: Any) -> Expr:
    """Return `e` as float64."""
    return cast(Float(64), e)


def reinterpret(type: Type, e: Any) -> Expr:
    """Return the bits of `e` read as `type`, which has as many."""
    need_type("reinterpret", type)
    value = as_expr(e)
    if value.type.bits() != type.bits():
        raise TypeMismatch(
            f"reinterpret from {value.type} to {type}: "
            f"{value.type.bits()} bits are not {type.bits()}",
            where=user_location(),
        )
    return value if value.type == type else Reinterpret(type, value)
