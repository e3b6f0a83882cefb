"""Calls of intrinsics and math functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.c_scalar import result_type
from codegen.c_types import tag
from codegen.llvm_address import cell_address
from codegen.llvm_arithmetic import compare, operate, rounded
from codegen.llvm_context import Context
from codegen.llvm_types import (
    Value,
    float_constant,
    int_constant,
    suffix,
    value_type,
)
from codegen.llvm_walk import expression
from halo.errors import InternalError
from halo.ir.expr import Call, CallKind, Expr, Load, Variable, as_const
from halo.ir.intrinsics import LIKELY
from halo.ir.math import definition
from halo.ir.types import Bool, Type


def call(ctx: Context, e: Call) -> Value:
    """A call of an intrinsic or of a math function."""
    if e.kind is CallKind.MATH:
        return _math(ctx, e)
    writer = _INTRINSICS.get(e.name)
    if e.kind is not CallKind.INTRINSIC or writer is None:
        raise InternalError(f"the LLVM back end cannot call '{e.name}' of kind {e.kind.value} here")
    return writer(ctx, e)


def _math(ctx: Context, e: Call) -> Value:
    """A function of the module, whose body is halo's own definition."""
    lanes = e.type.lanes()
    name = f"halo_{e.name}_{'_'.join(tag(a.type) for a in e.args)}x{lanes}"
    if name not in ctx.module.helpers:
        ctx.module.helpers[name] = ""  # it is being written
        ctx.module.helpers[name] = _math_text(ctx, e, name)
    args = ", ".join(expression(ctx, a).typed for a in e.args)
    result = value_type(e.type)
    return ctx.emit(result, f"call {result} @{name}({args})")


def _math_text(ctx: Context, e: Call, name: str) -> str:
    inner = Context(ctx.module, ctx.printers, ctx.module.number())
    params: list[Expr] = []
    for i, a in enumerate(e.args):
        inner.variables["xyzw"[i]] = Value(value_type(a.type), f"%{'xyzw'[i]}", inner.number)
        params.append(Variable(a.type, "xyzw"[i]))
    inner.begin("start")
    result = expression(inner, definition(e.name, tuple(params)))
    inner.line(f"ret {result.typed}")
    head = ", ".join(v.typed for v in inner.variables.values())
    lines = "\n".join(inner.lines)
    return f"define internal {result.type} @{name}({head}) alwaysinline nounwind {{\n{lines}\n}}"


def _first(ctx: Context, e: Call) -> Value:
    return expression(ctx, e.args[0])


def _bitwise(ctx: Context, e: Call) -> Value:
    a, b = expression(ctx, e.args[0]), expression(ctx, e.args[1])
    return ctx.emit(a.type, f"{e.name.removeprefix('bitwise_')} {a.typed}, {b.text}")


def _bitwise_not(ctx: Context, e: Call) -> Value:
    a = expression(ctx, e.args[0])
    ones = int_constant(e.type, 1 if e.type.is_bool() else -1)
    return ctx.emit(a.type, f"xor {a.typed}, {ones.text}")


def _shift(ctx: Context, e: Call) -> Value:
    t, count = e.type, as_const(e.args[1])
    a, b = expression(ctx, e.args[0]), expression(ctx, e.args[1])
    left = e.name == "shift_left"
    name = "shl" if left else "ashr" if t.is_int() else "lshr"
    shifted = ctx.emit(a.type, f"{name} {a.typed}, {b.text}")
    if isinstance(count, int) and 0 <= count < t.bits():
        return shifted
    bools = value_type(Bool(t.lanes()))
    inside = ctx.emit(bools, f"icmp ult {b.typed}, {int_constant(t, t.bits()).text}")
    beyond = int_constant(t, 0)
    if not left and t.is_int():
        back = ctx.emit(bools, f"icmp slt {b.typed}, {beyond.text}")
        sign = ctx.emit(a.type, f"ashr {a.typed}, {int_constant(t, t.bits() - 1).text}")
        beyond = ctx.emit(a.type, f"select {back.typed}, {beyond.typed}, {sign.typed}")
    return ctx.emit(a.type, f"select {inside.typed}, {shifted.typed}, {beyond.typed}")


def _size(ctx: Context, t: Type, x: Value) -> Value:
    """Return the absolute value of floats."""
    return ctx.call(x.type, f"llvm.fabs.{suffix(t)}", x)


def _abs(ctx: Context, e: Call) -> Value:
    t, x = e.args[0].type, expression(ctx, e.args[0])
    if t.is_float():
        return _size(ctx, t, x)
    if not t.is_int():
        return x
    return ctx.call(x.type, f"llvm.abs.{suffix(t)}", x, Value("i1", "false"))


def _absd(ctx: Context, e: Call) -> Value:
    t = e.args[0].type
    a, b = expression(ctx, e.args[0]), expression(ctx, e.args[1])
    if t.is_float():
        return _size(ctx, t, operate(ctx, "sub", t, a, b))
    more = compare(ctx, "gt", t, a, b)
    there, back = operate(ctx, "sub", t, a, b), operate(ctx, "sub", t, b, a)
    return ctx.emit(value_type(result_type("absd", t)), _choice(more, there, back))


def _choice(condition: Value, a: Value, b: Value) -> str:
    return f"select {condition.typed}, {a.typed}, {b.typed}"


_LIBM = {"sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "rint"}


def _library(ctx: Context, e: Call) -> Value:
    t, x = e.type, expression(ctx, e.args[0])
    made = ctx.call(x.type, f"llvm.{_LIBM[e.name]}.{suffix(t)}", x)
    return rounded(ctx, t, made) if e.name == "sqrt" else made


def _fma(ctx: Context, e: Call) -> Value:
    args = [expression(ctx, a) for a in e.args]
    return rounded(ctx, e.type, ctx.call(args[0].type, f"llvm.fma.{suffix(e.type)}", *args))


def _dot4(ctx: Context, e: Call) -> Value:
    """The bytes taken out by shifts; LLVM has no common name for the instruction."""
    t = e.type
    total, a, b = (expression(ctx, x) for x in e.args)
    for i in range(0, 32, 8):
        low = ctx.emit(a.type, f"lshr {a.typed}, {int_constant(t, i).text}")
        unsigned = ctx.emit(a.type, f"and {low.typed}, {int_constant(t, 255).text}")
        high = ctx.emit(b.type, f"shl {b.typed}, {int_constant(t, 24 - i).text}")
        signed = ctx.emit(b.type, f"ashr {high.typed}, {int_constant(t, 24).text}")
        total = operate(ctx, "add", t, total, operate(ctx, "mul", t, unsigned, signed))
    return total


_COUNTS = {"count_leading_zeros": "ctlz", "count_trailing_zeros": "cttz", "popcount": "ctpop"}


def _count(ctx: Context, e: Call) -> Value:
    x, short = expression(ctx, e.args[0]), _COUNTS[e.name]
    more = () if short == "ctpop" else (Value("i1", "false"),)
    return ctx.call(x.type, f"llvm.{short}.{suffix(e.type)}", x, *more)


def _classify(ctx: Context, e: Call) -> Value:
    """is_nan, is_inf, is_finite as comparisons."""
    t, x = e.args[0].type, expression(ctx, e.args[0])
    bools = value_type(Bool(t.lanes()))
    if e.name == "is_nan":
        return ctx.emit(bools, f"fcmp uno {x.typed}, {x.text}")
    infinity = float_constant(t, float("inf"))
    how = "oeq" if e.name == "is_inf" else "olt"
    return ctx.emit(bools, f"fcmp {how} {_size(ctx, t, x).typed}, {infinity.text}")


def _address_of(ctx: Context, e: Call) -> Value:
    target = e.args[0]
    assert isinstance(target, Load)
    return cell_address(ctx, ctx.array(target.name), target.index, inside=False)


_INTRINSICS: dict[str, Callable[[Context, Call], Value]] = {
    **dict.fromkeys(LIKELY, _first),
    "promise_clamped": _first,
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), _bitwise),
    "bitwise_not": _bitwise_not,
    "shift_left": _shift,
    "shift_right": _shift,
    "abs": _abs,
    "absd": _absd,
    **dict.fromkeys(_LIBM, _library),
    "fma": _fma,
    "dot4": _dot4,
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(("is_nan", "is_inf", "is_finite"), _classify),
    "address_of": _address_of,
}

PRINTERS: dict[type, Callable[[Context, Any], Value]] = {Call: call}
