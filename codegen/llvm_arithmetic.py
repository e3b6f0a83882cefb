"""Arithmetic, comparisons and choices, of scalars and of vectors alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.c_index import stays_in_range
from codegen.c_types import is_half
from codegen.llvm_context import Context
from codegen.llvm_convert import cast, reinterpret
from codegen.llvm_division import divided, remainder
from codegen.llvm_half import nearest
from codegen.llvm_types import (
    Value,
    float_constant,
    int_constant,
    suffix,
    value_type,
)
from codegen.llvm_walk import expression
from halo.ir import expr as E
from halo.ir.expr import (
    Add,
    And,
    Binary,
    Cast,
    Comparison,
    Div,
    FloatImm,
    IntImm,
    Max,
    Min,
    Mod,
    Mul,
    Not,
    Or,
    Reinterpret,
    Select,
    Sub,
    Variable,
    as_const,
)
from halo.ir.types import Bool, Type

_NAMES: dict[type, str] = {Add: "add", Sub: "sub", Mul: "mul"}


def rounded(ctx: Context, t: Type, x: Value) -> Value:
    """Return a float32 result rounded to `t` where that is a 16-bit type."""
    return nearest(ctx, t, x) if is_half(t) else x


def operate(ctx: Context, name: str, t: Type, a: Value, b: Value, flags: str = "") -> Value:
    """Return add, sub or mul of values of type `t`."""
    if t.is_float():
        return rounded(ctx, t, ctx.emit(a.type, f"f{name} {a.typed}, {b.text}"))
    return ctx.emit(a.type, f"{name}{flags} {a.typed}, {b.text}")


def _arithmetic(ctx: Context, e: Add | Sub | Mul) -> Value:
    a, b = expression(ctx, e.a), expression(ctx, e.b)
    if e.type.is_bool() and isinstance(e, Add):  # in one bit the sum would be that of parity
        return ctx.emit(a.type, f"or {a.typed}, {b.text}")
    flags = " nsw" if ctx.in_index and stays_in_range(e, ctx.index_like) else ""
    return operate(ctx, _NAMES[type(e)], e.type, a, b, flags)


def _div(ctx: Context, e: Div) -> Value:
    a, b, t = expression(ctx, e.a), expression(ctx, e.b), e.type
    if t.is_float():
        return rounded(ctx, t, ctx.emit(a.type, f"fdiv {a.typed}, {b.text}"))
    return divided(ctx, t, a, b, as_const(e.b))


def _mod(ctx: Context, e: Mod) -> Value:
    a, b, t = expression(ctx, e.a), expression(ctx, e.b), e.type
    if not t.is_float():
        return remainder(ctx, t, a, b, as_const(e.b))
    quotient = rounded(ctx, t, ctx.emit(a.type, f"fdiv {a.typed}, {b.text}"))
    whole = ctx.call(a.type, f"llvm.floor.{suffix(t)}", quotient)
    product = operate(ctx, "mul", t, b, whole)
    return operate(ctx, "sub", t, a, product)


def smaller(ctx: Context, t: Type, a: Value, b: Value, largest: bool = False) -> Value:
    """Return ``a < b ? a : b``, or with `largest` ``a > b ? a : b``."""
    if t.is_bool():
        return ctx.emit(a.type, f"{'or' if largest else 'and'} {a.typed}, {b.text}")
    test = compare(ctx, "gt" if largest else "lt", t, a, b)
    return ctx.emit(a.type, f"select {test.typed}, {a.typed}, {b.typed}")


def _min_max(ctx: Context, e: Min | Max) -> Value:
    a, b = expression(ctx, e.a), expression(ctx, e.b)
    return smaller(ctx, e.type, a, b, isinstance(e, Max))


_COMPARISONS: dict[type, str] = {
    E.EQ: "eq",
    E.NE: "ne",
    E.LT: "lt",
    E.LE: "le",
    E.GT: "gt",
    E.GE: "ge",
}


def compare(ctx: Context, how: str, t: Type, a: Value, b: Value) -> Value:
    """Return the comparison `how` (eq, lt, ...) of values of type `t`."""
    bools = value_type(Bool(t.lanes()))
    if t.is_float():
        name = "une" if how == "ne" else f"o{how}"
        return ctx.emit(bools, f"fcmp {name} {a.typed}, {b.text}")
    sign = "" if how in ("eq", "ne") else "s" if t.is_int() else "u"
    return ctx.emit(bools, f"icmp {sign}{how} {a.typed}, {b.text}")


def _comparison(ctx: Context, e: Comparison) -> Value:
    a, b = expression(ctx, e.a), expression(ctx, e.b)
    return compare(ctx, _COMPARISONS[type(e)], e.a.type, a, b)


def _logic(ctx: Context, e: Binary) -> Value:
    a, b = expression(ctx, e.a), expression(ctx, e.b)
    return ctx.emit(a.type, f"{'and' if isinstance(e, And) else 'or'} {a.typed}, {b.text}")


def _not(ctx: Context, e: Not) -> Value:
    a = expression(ctx, e.a)
    return ctx.emit(a.type, f"xor {a.typed}, {int_constant(e.type, 1).text}")


def _select(ctx: Context, e: Select) -> Value:
    c = expression(ctx, e.condition)
    a, b = expression(ctx, e.true_value), expression(ctx, e.false_value)
    return ctx.emit(a.type, f"select {c.typed}, {a.typed}, {b.typed}")


def _variable(ctx: Context, e: Variable) -> Value:
    return ctx.variable(e.name)


PRINTERS: dict[type, Callable[[Context, Any], Value]] = {
    Variable: _variable,
    IntImm: lambda ctx, e: int_constant(e.type, e.value),
    FloatImm: lambda ctx, e: float_constant(e.type, e.value),
    Add: _arithmetic,
    Sub: _arithmetic,
    Mul: _arithmetic,
    Div: _div,
    Mod: _mod,
    Min: _min_max,
    Max: _min_max,
    **dict.fromkeys(_COMPARISONS, _comparison),
    And: _logic,
    Or: _logic,
    Not: _not,
    Select: _select,
    Cast: cast,
    Reinterpret: reinterpret,
}
