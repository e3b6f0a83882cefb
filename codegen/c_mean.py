"""Means of unsigned lanes, halves upwards, of which x86 has one instruction."""

from __future__ import annotations

from codegen.c_context import Code, Context
from codegen.c_lanes import lane_helper
from codegen.c_walk import expression
from halo.ir.equality import equal
from halo.ir.expr import Call, Div, Expr, Sub, as_const


def rounded_mean(ctx: Context, e: Sub) -> Code | None:
    """Return C for ``(a | b) - ((a ^ b) >> 1)`` of unsigned lanes; None for anything else."""
    if not e.type.is_uint() or e.type.bits() not in (8, 16):
        return None
    either, half = _operands(e.a, "bitwise_or"), _halved(e.b)
    if either is None or half is None or id(e.a) in ctx.shared:
        return None
    if not all(equal(x, y) for x, y in zip(either, half, strict=True)):
        return None
    a, b = (expression(ctx, x).text for x in either)
    return Code(f"{lane_helper(ctx.prelude, 'mean', e.type)}({a}, {b})")


def _operands(e: Expr, name: str) -> tuple[Expr, ...] | None:
    return e.args if isinstance(e, Call) and e.name == name else None


def _halved(e: Expr) -> tuple[Expr, ...] | None:
    """Return a and b if `e` is half of ``a ^ b``."""
    if isinstance(e, Call) and e.name == "shift_right" and as_const(e.args[1]) == 1:
        return _operands(e.args[0], "bitwise_xor")
    if isinstance(e, Div) and as_const(e.b) == 2:
        return _operands(e.a, "bitwise_xor")
    return None
