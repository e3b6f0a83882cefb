"""Calls of intrinsics and math functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen import c_vectors
from codegen.c_context import ATOM, BIT_OR, EQUALITY, RELATION, SHIFT, UNARY, Code, Context
from codegen.c_lanes import lane_helper
from codegen.c_math import math_helper
from codegen.c_reduce import reduce
from codegen.c_scalar import scalar_helper
from codegen.c_types import carrier, scalar_type
from codegen.c_walk import expression, place
from halo.errors import InternalError
from halo.ir.cross_lane import VectorReduce
from halo.ir.expr import Call, CallKind, Load, as_const
from halo.ir.intrinsics import LIKELY
from halo.ir.types import Type

_BITWISE = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}


def call(ctx: Context, e: Call) -> Code:
    """A call of an intrinsic or of a math function."""
    if e.kind is CallKind.MATH:
        name = math_helper(ctx, e)
        return Code(f"{name}({', '.join(expression(ctx, a).text for a in e.args)})")
    if e.kind is not CallKind.INTRINSIC:
        raise InternalError(f"the C back end cannot call '{e.name}' of kind {e.kind.value} here")
    printer = _INTRINSICS.get(e.name, _helper)
    return printer(ctx, e)


def _first(ctx: Context, e: Call) -> Code:
    if e.type.is_bool() and e.type.is_vector():
        return c_vectors.mask(ctx, e.args[0], c_vectors.common_mask_bits(ctx, e.args[:1]))
    return expression(ctx, e.args[0])


def _helper(ctx: Context, e: Call) -> Code:
    t = e.args[0].type
    operands = [expression(ctx, a) for a in e.args]
    if t.is_vector():
        return c_vectors.lanewise(ctx, e.name, t, operands)
    name = scalar_helper(ctx.prelude, e.name, t)
    return Code(f"{name}({', '.join(o.text for o in operands)})")


def _bitwise(ctx: Context, e: Call) -> Code:
    t, symbol = e.type, _BITWISE[e.name]
    if t.is_bool() and t.is_vector():
        return c_vectors.logic(ctx, e.args[0], e.args[1], symbol)
    a, b = (expression(ctx, x) for x in e.args)
    if t.is_bool():
        return Code(f"(bool)({a.within(UNARY)} {symbol} {b.within(UNARY)})", UNARY)
    return Code(f"{a.within(UNARY)} {symbol} {b.within(UNARY)}", BIT_OR)


def _bitwise_not(ctx: Context, e: Call) -> Code:
    t = e.type
    if t.is_bool():
        if t.is_vector():
            bits = c_vectors.common_mask_bits(ctx, e.args)
            return Code(f"~{c_vectors.mask(ctx, e.args[0], bits).within(ATOM)}", UNARY, bits)
        return Code(f"!{expression(ctx, e.args[0]).within(ATOM)}", UNARY)
    a = expression(ctx, e.args[0])
    if t.is_scalar() and t.bits() < 32:
        return Code(f"({scalar_type(t)})~{a.within(ATOM)}", UNARY)
    return Code(f"~{a.within(ATOM)}", UNARY)


def _shift(ctx: Context, e: Call) -> Code:
    t, count = e.type, as_const(e.args[1])
    if not (isinstance(count, int) and 0 <= count < t.bits()):
        return _helper(ctx, e)
    a = expression(ctx, e.args[0])
    if e.name == "shift_right":
        return Code(f"{a.within(UNARY)} >> {count}", SHIFT)
    if t.is_vector():
        unsigned = ctx.prelude.vector("u", t.bits(), t.lanes())
        shifted = f"({unsigned}){a.within(UNARY)} << {count}"
        return Code(f"({ctx.value_type(t)})({shifted})", UNARY)
    wide = "uint64_t" if t.bits() == 64 else "uint32_t"
    return Code(f"({scalar_type(t)})(({wide}){a.within(UNARY)} << {count})", UNARY)


def _classify(ctx: Context, e: Call) -> Code:
    """is_nan, is_inf, is_finite as comparisons."""
    t = e.args[0].type
    x = expression(ctx, e.args[0])
    if e.name == "is_nan":
        x = x if x.level == ATOM else ctx.bind(t, x, "x")
        return _compared(ctx, t, x.text, "!=", x.text)
    suffix = "" if t.bits() == 64 else "f"
    infinity = Code(f"__builtin_inf{suffix}()")
    size = scalar_helper(ctx.prelude, "abs", t)
    if t.is_vector():
        infinity = c_vectors.splat(ctx, t, infinity)
        size = lane_helper(ctx.prelude, "abs", t)
    symbol = "==" if e.name == "is_inf" else "<"
    return _compared(ctx, t, f"{size}({x.text})", symbol, infinity.text)


def _compared(ctx: Context, t: Type, a: str, symbol: str, b: str) -> Code:
    if t.is_scalar():
        return Code(f"{a} {symbol} {b}", RELATION if symbol == "<" else EQUALITY)
    bits = carrier(t)[1]
    vector = ctx.prelude.vector("i", bits, t.lanes())
    return Code(f"({vector})({a} {symbol} {b})", UNARY, bits)


def _address_of(ctx: Context, e: Call) -> Code:
    target = e.args[0]
    assert isinstance(target, Load)
    array = ctx.array(target.name)
    if as_const(target.index) == 0:
        code = Code(array.text)
    else:
        code = Code(f"&{array.text}[{place(ctx, target.index).text}]", UNARY)
    return Code(f"(void *){code.within(UNARY)}", UNARY) if array.is_raw else code


_INTRINSICS: dict[str, Callable[[Context, Call], Code]] = {
    **dict.fromkeys(LIKELY, _first),
    "promise_clamped": _first,
    **dict.fromkeys(_BITWISE, _bitwise),
    "bitwise_not": _bitwise_not,
    "shift_left": _shift,
    "shift_right": _shift,
    **dict.fromkeys(("is_nan", "is_inf", "is_finite"), _classify),
    "address_of": _address_of,
}

PRINTERS: dict[type, Callable[[Context, Any], Code]] = {Call: call, VectorReduce: reduce}
