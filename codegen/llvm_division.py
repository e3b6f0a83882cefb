"""Division and remainder of integers: rounded so that the remainder is never negative; x/0 is 0."""

from __future__ import annotations

from codegen.llvm_context import Context
from codegen.llvm_types import Value, int_constant, value_type
from halo.ir.types import Bool, Type


class _Integers:
    """Operations on values of one integral type."""

    def __init__(self, ctx: Context, t: Type) -> None:
        self.ctx, self.t = ctx, t
        self.bools = value_type(Bool(t.lanes()))

    def number(self, value: int) -> Value:
        return int_constant(self.t, value)

    def op(self, name: str, a: Value, b: Value | int) -> Value:
        other = self.number(b) if isinstance(b, int) else b
        return self.ctx.emit(a.type, f"{name} {a.typed}, {other.text}")

    def test(self, name: str, a: Value, b: Value | int) -> Value:
        other = self.number(b) if isinstance(b, int) else b
        return self.ctx.emit(self.bools, f"icmp {name} {a.typed}, {other.text}")

    def pick(self, condition: Value, a: Value | int, b: Value | int) -> Value:
        x, y = (self.number(v) if isinstance(v, int) else v for v in (a, b))
        return self.ctx.emit(x.type, f"select {condition.typed}, {x.typed}, {y.typed}")

    def either(self, a: Value, b: Value) -> Value:
        return self.ctx.emit(self.bools, f"or {a.typed}, {b.text}")


def divided(ctx: Context, t: Type, a: Value, b: Value, constant: int | float | None) -> Value:
    """Return a / b; `constant` is b where that is known."""
    i = _Integers(ctx, t)
    if isinstance(constant, int) and constant > 0:
        if constant & (constant - 1) == 0:
            return i.op("ashr" if t.is_int() else "lshr", a, constant.bit_length() - 1)
        return _by_positive(i, a, b) if t.is_int() else i.op("udiv", a, b)
    if not t.is_int():
        nothing = i.test("eq", b, 0)
        return i.pick(nothing, 0, i.op("udiv", a, i.pick(nothing, 1, b)))
    nothing, minus, quotient, rest = _quotient(i, a, b)
    step = i.pick(i.test("sgt", b, 0), i.op("sub", quotient, 1), i.op("add", quotient, 1))
    rounded = i.pick(i.test("slt", rest, 0), step, quotient)
    negated = ctx.emit(a.type, f"sub {i.number(0).typed}, {a.text}")
    return i.pick(nothing, 0, i.pick(minus, negated, rounded))


def remainder(ctx: Context, t: Type, a: Value, b: Value, constant: int | float | None) -> Value:
    """Return a % b; `constant` is b where that is known."""
    i = _Integers(ctx, t)
    if isinstance(constant, int) and constant > 0:
        if constant & (constant - 1) == 0:
            return i.op("and", a, constant - 1)
        if not t.is_int():
            return i.op("urem", a, b)
        return i.op("sub", a, i.op("mul", _by_positive(i, a, b), b))
    if not t.is_int():
        nothing = i.test("eq", b, 0)
        return i.pick(nothing, 0, i.op("urem", a, i.pick(nothing, 1, b)))
    nothing, minus, _, rest = _quotient(i, a, b)
    step = i.pick(i.test("sgt", b, 0), i.op("add", rest, b), i.op("sub", rest, b))
    rounded = i.pick(i.test("slt", rest, 0), step, rest)
    return i.pick(i.either(nothing, minus), 0, rounded)


def _by_positive(i: _Integers, a: Value, b: Value) -> Value:
    """Return a / b, b a positive constant: for a negative a it is ``~(~a / b)``."""
    sign = i.op("ashr", a, i.t.bits() - 1)
    return i.op("xor", i.op("sdiv", i.op("xor", a, sign), b), sign)


def _quotient(i: _Integers, a: Value, b: Value) -> tuple[Value, Value, Value, Value]:
    """Return whether b is 0 and -1, and the quotient and remainder that C has for other b."""
    nothing, minus = i.test("eq", b, 0), i.test("eq", b, -1)
    safe = i.pick(i.either(nothing, minus), 1, b)
    return nothing, minus, i.op("sdiv", a, safe), i.op("srem", a, safe)
