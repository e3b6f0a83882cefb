"""Conversions between types: casts and reinterpreted bits."""

from __future__ import annotations

from codegen.c_index import narrows
from codegen.c_types import is_half
from codegen.llvm_context import Context
from codegen.llvm_half import from_memory, nearest, odd_double, odd_float, to_memory
from codegen.llvm_saturate import saturated
from codegen.llvm_types import (
    Value,
    float_constant,
    int_constant,
    value_type,
    width_of,
)
from codegen.llvm_walk import expression
from halo.ir.expr import Cast, Reinterpret, Variable
from halo.ir.types import Bool, Int, Type


def cast(ctx: Context, e: Cast) -> Value:
    """A conversion of each lane."""
    if isinstance(e.value, Variable) and e.type == Int(64):
        known = ctx.wide.get(ctx.variable(e.value.name))
        if known is not None:
            return known
    with ctx.index(on=ctx.in_index and not narrows(e)):
        value = expression(ctx, e.value)
    return converted(ctx, e.type, e.value.type, value)


def converted(ctx: Context, to: Type, source: Type, x: Value) -> Value:
    """Return `x`, of type `source`, as type `to`."""
    if to == source:
        return x
    if to.is_bool():
        return _truth(ctx, source, x)
    if source.is_float():
        return _from_float(ctx, to, source, x)
    if to.is_float():
        return _float_of_int(ctx, to, source, x)
    if to.bits() == source.bits():
        return x
    how = "trunc" if to.bits() < source.bits() else "sext" if source.is_int() else "zext"
    return _as(ctx, how, x, value_type(to))


def _as(ctx: Context, how: str, x: Value, to: str) -> Value:
    return ctx.emit(to, f"{how} {x.typed} to {to}")


def _truth(ctx: Context, source: Type, x: Value) -> Value:
    to = value_type(Bool(source.lanes()))
    if source.is_float():
        return ctx.emit(to, f"fcmp une {x.typed}, {float_constant(source, 0.0).text}")
    return ctx.emit(to, f"icmp ne {x.typed}, {int_constant(source, 0).text}")


def _from_float(ctx: Context, to: Type, source: Type, x: Value) -> Value:
    if to.is_integral:
        return saturated(ctx, to, x)
    if is_half(to):
        if source.bits() == 64:
            x = odd_float(ctx, x, to.lanes())
        return nearest(ctx, to, x)
    if width_of(to) == width_of(source):
        return x
    return _as(ctx, "fpext" if to.bits() == 64 else "fptrunc", x, value_type(to))


def _float_of_int(ctx: Context, to: Type, source: Type, x: Value) -> Value:
    how = "sitofp" if source.is_int() else "uitofp"
    if not is_half(to):
        return _as(ctx, how, x, value_type(to))
    lanes = to.lanes()
    if source.bits() <= 16:
        return nearest(ctx, to, _as(ctx, how, x, value_type(to)))
    if source.bits() == 64:
        double = odd_double(ctx, x, lanes, source.is_int())
    else:
        double = _as(ctx, how, x, value_type(to).replace("float", "double"))
    return nearest(ctx, to, odd_float(ctx, double, lanes))


def reinterpret(ctx: Context, e: Reinterpret) -> Value:
    """The same bits as another type."""
    to, source = e.type, e.value.type
    x = expression(ctx, e.value)
    if to.is_bool() or source.is_bool():
        return converted(ctx, to, source, x)
    if to == source:
        return x
    if is_half(source):
        x = to_memory(ctx, source, x)
    if is_half(to):
        short = value_type(to).replace("float", "i16")
        return from_memory(ctx, to, x if x.type == short else _as(ctx, "bitcast", x, short))
    return x if x.type == value_type(to) else _as(ctx, "bitcast", x, value_type(to))
