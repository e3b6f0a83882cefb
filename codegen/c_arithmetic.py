"""Expressions as C, scalars here and vectors in `c_vectors`.

Int arithmetic in an index cannot overflow and prints as plain C; everywhere else it wraps, which
C promises for unsigned types only, so it goes through them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen import c_vectors
from codegen.c_clamped import clamped_cast
from codegen.c_context import (
    AND,
    ATOM,
    BIT_AND,
    CHOICE,
    EQUALITY,
    OR,
    PRODUCT,
    RELATION,
    SHIFT,
    SUM,
    UNARY,
    Code,
    Context,
)
from codegen.c_index import narrows, stays_in_range
from codegen.c_literals import float_literal, int_literal
from codegen.c_places import place_helper
from codegen.c_scalar import cast_helper, scalar_helper
from codegen.c_types import is_half, scalar_type
from codegen.c_walk import expression
from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    NE,
    Add,
    And,
    Binary,
    Cast,
    Comparison,
    Div,
    Expr,
    FloatImm,
    IntImm,
    Max,
    Min,
    Mod,
    Mul,
    Not,
    Or,
    Select,
    Sub,
    Variable,
    as_const,
)
from halo.ir.types import Int, Type


def _variable(ctx: Context, e: Variable) -> Code:
    return ctx.variable(e.name)


def _int(ctx: Context, e: IntImm) -> Code:
    return int_literal(e.type, e.value)


def _float(ctx: Context, e: FloatImm) -> Code:
    return float_literal(e.type, e.value)


_OPERATORS: dict[type, tuple[str, int, str]] = {
    Add: ("+", SUM, "add"),
    Sub: ("-", SUM, "sub"),
    Mul: ("*", PRODUCT, "mul"),
}


def _arithmetic(ctx: Context, e: Add | Sub | Mul) -> Code:
    t = e.type
    if t.is_bool() and not isinstance(e, Sub):
        return _logic(ctx, e, both=isinstance(e, Mul))
    if t.is_bool() and t.is_vector():
        return c_vectors.logic(ctx, e.a, e.b, "^")
    if t.is_vector():
        return c_vectors.arithmetic(ctx, e, _OPERATORS[type(e)][0], _OPERATORS[type(e)][2])
    symbol, level, op = _OPERATORS[type(e)]
    if ctx.in_index and stays_in_range(e, ctx.index_like):
        a, b = _index_operands(ctx, e)
        return Code(f"{a.within(level)} {symbol} {b.within(level - 1)}", level)
    a, b = _operands(ctx, e)
    if is_half(t):
        return Code(f"{scalar_helper(ctx.prelude, op, t)}({a.text}, {b.text})")
    plain = Code(f"{a.within(level)} {symbol} {b.within(level - 1)}", level)
    if t.is_float() or (t.is_uint() and t.bits() >= 32):
        return plain
    return Code(f"({scalar_type(t)})({_wrapping(t, a, symbol, b)})", UNARY)


def _wrapping(t: Type, a: Code, symbol: str, b: Code) -> str:
    """Return `a symbol b` without signed overflow; the caller casts it to `t`."""
    if t.bits() < 32 and not (t.bits() == 16 and t.is_uint() and symbol == "*"):
        return f"{a.within(UNARY)} {symbol} {b.within(UNARY)}"  # promoted to int, no overflow
    u = "uint64_t" if t.bits() == 64 else "uint32_t"
    return f"({u}){a.within(UNARY)} {symbol} ({u}){b.within(UNARY)}"


def _index_operands(ctx: Context, e: Add | Sub | Mul) -> tuple[Code, Code]:
    """Return both operands; beside one of 64 bits C widens an int32 by itself."""
    if isinstance(e.b, Cast) and _widens(ctx, e.b) and not isinstance(e.a, IntImm):
        return expression(ctx, e.a), expression(ctx, e.b.value)
    if isinstance(e.a, Cast) and _widens(ctx, e.a) and not isinstance(e.b, IntImm):
        return expression(ctx, e.a.value), expression(ctx, e.b)
    return _operands(ctx, e)


def _widens(ctx: Context, e: Cast) -> bool:
    """Whether `e` makes an int32 wider, and is not kept in a constant of its own."""
    return e.value.type == Int(32) and e.type == Int(64) and id(e) not in ctx.shared


def _operands(ctx: Context, e: Binary | Comparison) -> tuple[Code, Code]:
    """Return both operands; a 64-bit constant beside a variable needs no suffix."""
    return _operand(ctx, e.a, e.b), _operand(ctx, e.b, e.a)


def _operand(ctx: Context, e: Expr, other: Expr) -> Code:
    if isinstance(e, IntImm) and not isinstance(other, IntImm):
        return int_literal(e.type, e.value, bare=True)
    return expression(ctx, e)


def _div(ctx: Context, e: Div) -> Code:
    t = e.type
    if t.is_vector():
        return c_vectors.divide(ctx, e)
    if t.is_float() and not is_half(t):
        a, b = expression(ctx, e.a), expression(ctx, e.b)
        return Code(f"{a.within(PRODUCT)} / {b.within(UNARY)}", PRODUCT)
    divisor = as_const(e.b) if t.is_integral else None
    if isinstance(divisor, int) and divisor > 0:
        a = expression(ctx, e.a)
        if divisor & (divisor - 1) == 0:
            return Code(f"{a.within(UNARY)} >> {divisor.bit_length() - 1}", SHIFT)
        if t.is_uint():
            return Code(f"{a.within(PRODUCT)} / {int_literal(t, divisor).text}", PRODUCT)
    return _function(ctx, "div", e)


def _mod(ctx: Context, e: Mod) -> Code:
    t = e.type
    if t.is_vector():
        return c_vectors.divide(ctx, e)
    divisor = as_const(e.b) if t.is_integral else None
    if isinstance(divisor, int) and divisor > 0:
        a = expression(ctx, e.a)
        if divisor & (divisor - 1) == 0:
            return Code(
                f"{a.within(UNARY)} & {int_literal(t, divisor - 1, bare=True).text}", BIT_AND
            )
        if t.is_uint():
            return Code(f"{a.within(PRODUCT)} % {int_literal(t, divisor).text}", PRODUCT)
    return _function(ctx, "mod", e)


def _function(ctx: Context, op: str, e: Binary) -> Code:
    """Return a call of the helper of operation `op`.

    GCC computes the last argument first. What a chain has come to stands in a constant, so that
    its parts are not all computed, and kept, before the first two are joined.
    """
    a = expression(ctx, e.a)
    if e.type.is_vector() and type(e.a) is type(e):
        a = ctx.bind(e.type, a, f"{op}_so_far")
    b = expression(ctx, e.b)
    if e.type.is_vector():
        return c_vectors.lanewise(ctx, op, e.type, (a, b))
    return Code(f"{scalar_helper(ctx.prelude, op, e.type)}({a.text}, {b.text})")


def _min_max(ctx: Context, e: Min | Max) -> Code:
    if e.type.is_bool():
        return _logic(ctx, e, isinstance(e, Min))
    clamped = clamped_cast(ctx, e) if isinstance(e, Max) and e.type.is_vector() else None
    if clamped is not None:
        return clamped
    return _function(ctx, "min" if isinstance(e, Min) else "max", e)


_COMPARISONS: dict[type, tuple[str, int]] = {
    EQ: ("==", EQUALITY),
    NE: ("!=", EQUALITY),
    LT: ("<", RELATION),
    LE: ("<=", RELATION),
    GT: (">", RELATION),
    GE: (">=", RELATION),
}


def _comparison(ctx: Context, e: Comparison) -> Code:
    symbol, level = _COMPARISONS[type(e)]
    if e.type.is_vector():
        return c_vectors.comparison(ctx, e, symbol)
    a, b = _operands(ctx, e)
    return Code(f"{a.within(SUM)} {symbol} {b.within(SUM)}", level)


def _and_or(ctx: Context, e: And | Or) -> Code:
    return _logic(ctx, e, isinstance(e, And))


def _logic(ctx: Context, e: Binary, both: bool) -> Code:
    if e.type.is_vector():
        return c_vectors.logic(ctx, e.a, e.b, "&" if both else "|")
    level, symbol = (AND, "&&") if both else (OR, "||")
    a, b = expression(ctx, e.a), expression(ctx, e.b)
    left = a.text if a.level == level else a.within(EQUALITY)
    return Code(f"{left} {symbol} {b.within(EQUALITY)}", level)


def _not(ctx: Context, e: Not) -> Code:
    if e.type.is_vector():
        return c_vectors.negation(ctx, e)
    return Code(f"!{expression(ctx, e.a).within(ATOM)}", UNARY)


def _select(ctx: Context, e: Select) -> Code:
    if e.condition.type.is_vector():
        return c_vectors.select(ctx, e)
    c = expression(ctx, e.condition)
    if e.type.is_vector() and e.type.is_bool():
        bits = c_vectors.common_mask_bits(ctx, (e.true_value, e.false_value))
        a = c_vectors.mask(ctx, e.true_value, bits)
        b = c_vectors.mask(ctx, e.false_value, bits)
        return Code(f"{c.within(OR)} ? {a.within(OR)} : {b.within(OR)}", CHOICE, bits)
    a, b = expression(ctx, e.true_value), expression(ctx, e.false_value)
    return Code(f"{c.within(OR)} ? {a.within(OR)} : {b.within(OR)}", CHOICE)


def _cast(ctx: Context, e: Cast) -> Code:
    to, source = e.type, e.value.type
    if to == source:
        return expression(ctx, e.value)
    if narrows(e) and ctx.in_index:
        with ctx.index(on=False):
            return _cast(ctx, e)
    if to.is_vector():
        return c_vectors.cast(ctx, e)
    x = expression(ctx, e.value)
    if to.is_bool():
        return Code(f"{x.within(SUM)} != 0", EQUALITY)
    if source.is_bool() or not needs_cast_helper(to, source):
        return Code(f"({scalar_type(to)}){x.within(UNARY)}", UNARY)
    if id(e) in ctx.places:
        return Code(f"{place_helper(ctx.prelude, source)}({x.text})")
    return Code(f"{cast_helper(ctx.prelude, to, source)}({x.text})")


def needs_cast_helper(to: Type, source: Type) -> bool:
    """Whether C's own conversion from `source` to `to` is not halo's."""
    return is_half(to) or (source.is_float() and to.is_integral)


PRINTERS: dict[type, Callable[[Context, Any], Code]] = {
    Variable: _variable,
    IntImm: _int,
    FloatImm: _float,
    Add: _arithmetic,
    Sub: _arithmetic,
    Mul: _arithmetic,
    Div: _div,
    Mod: _mod,
    Min: _min_max,
    Max: _min_max,
    **dict.fromkeys(_COMPARISONS, _comparison),
    And: _and_or,
    Or: _and_or,
    Not: _not,
    Select: _select,
    Cast: _cast,
}
