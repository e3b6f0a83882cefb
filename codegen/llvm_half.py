"""float16 and bfloat16: between their memory and the floats that carry them.

The steps are those of ``runtime/halo_half.h``.
"""

from __future__ import annotations

from codegen.llvm_context import Context
from codegen.llvm_types import Value, bits_constant, filled, float_text, lanes_type
from halo.ir.types import Type


class Bits:
    """Arithmetic on the bits of floats, lane by lane."""

    def __init__(self, ctx: Context, lanes: int, bits: int = 32) -> None:
        self.ctx, self.lanes, self.bits = ctx, lanes, bits
        self.int = lanes_type(f"i{bits}", lanes)
        self.float = lanes_type("double" if bits == 64 else "float", lanes)

    def number(self, value: int) -> Value:
        """Return a constant in every lane."""
        return bits_constant(self.bits, self.lanes, value)

    def op(self, name: str, a: Value, b: Value | int) -> Value:
        """Return an operation on integers."""
        other = self.number(b) if isinstance(b, int) else b
        return self.ctx.emit(a.type, f"{name} {a.typed}, {other.text}")

    def test(self, name: str, a: Value, b: Value | int) -> Value:
        """Return a comparison of integers."""
        other = self.number(b) if isinstance(b, int) else b
        return self.ctx.emit(lanes_type("i1", self.lanes), f"icmp {name} {a.typed}, {other.text}")

    def compare(self, name: str, a: Value, b: Value) -> Value:
        """Return a comparison of floats."""
        return self.ctx.emit(lanes_type("i1", self.lanes), f"fcmp {name} {a.typed}, {b.text}")

    def pick(self, condition: Value, a: Value, b: Value) -> Value:
        """Return a where `condition` holds, else b."""
        return self.ctx.emit(a.type, f"select {condition.typed}, {a.typed}, {b.typed}")

    def of_float(self, x: Value) -> Value:
        """Return the bits of a float."""
        return self.ctx.emit(self.int, f"bitcast {x.typed} to {self.int}")

    def to_float(self, x: Value) -> Value:
        """Return the float of some bits."""
        return self.ctx.emit(self.float, f"bitcast {x.typed} to {self.float}")

    def resized(self, x: Value, bits: int, how: str) -> Value:
        """Return integers made wider or narrower."""
        to = lanes_type(f"i{bits}", self.lanes)
        return self.ctx.emit(to, f"{how} {x.typed} to {to}")

    def float_op(self, name: str, x: Value, constant: float) -> Value:
        """Return an operation on float32 and a constant."""
        other = filled("float", float_text(constant), self.lanes)
        return self.ctx.emit(self.float, f"{name} {x.typed}, {other.text}")


def from_memory(ctx: Context, t: Type, raw: Value) -> Value:
    """Return the floats that carry the 16 bits `raw`."""
    b = Bits(ctx, t.lanes())
    if t.is_bfloat():
        return b.to_float(b.op("shl", b.resized(raw, 32, "zext"), 16))
    if ctx.module.has_f16c:
        half = lanes_type("half", t.lanes())
        x = ctx.emit(half, f"bitcast {raw.typed} to {half}")
        return ctx.emit(b.float, f"fpext {x.typed} to {b.float}")
    wide = b.resized(raw, 32, "zext")
    sign = b.op("shl", b.op("and", wide, 0x8000), 16)
    size = b.op("and", wide, 0x7FFF)
    moved = b.op("shl", size, 13)
    value = b.of_float(b.float_op("fmul", b.to_float(moved), 2.0**112))
    special = b.op("or", moved, 0x7F800000)
    found = b.pick(b.test("uge", size, 0x7C00), special, value)
    return b.to_float(b.op("or", sign, found))


def to_memory(ctx: Context, t: Type, x: Value) -> Value:
    """Return the 16 bits of representable numbers `x`."""
    b = Bits(ctx, t.lanes())
    if t.is_bfloat():
        return _bfloat_bits(b, x)
    if ctx.module.has_f16c:
        half, short = lanes_type("half", t.lanes()), lanes_type("i16", t.lanes())
        near = ctx.emit(half, f"fptrunc {x.typed} to {half}")
        return ctx.emit(short, f"bitcast {near.typed} to {short}")
    bits = b.of_float(x)
    sign = b.op("and", b.op("lshr", bits, 16), 0x8000)
    rest = b.op("and", bits, 0x7FFFFFFF)
    nan = b.op("or", b.op("and", b.op("lshr", rest, 13), 0x3FF), 0x7E00)
    small = b.op("sub", b.of_float(b.float_op("fadd", b.to_float(rest), 0.5)), 0x3F000000)
    odd = b.op("and", b.op("lshr", rest, 13), 1)
    usual = b.op("lshr", b.op("add", b.op("add", rest, odd), 0xC8000FFF), 13)
    found = b.pick(b.test("ult", rest, 0x38800000), small, usual)
    found = b.pick(b.test("uge", rest, 0x47800000), b.number(0x7C00), found)
    found = b.pick(b.test("ugt", rest, 0x7F800000), nan, found)
    return b.resized(b.op("or", sign, found), 16, "trunc")


def _bfloat_bits(b: Bits, x: Value) -> Value:
    bits = b.of_float(x)
    high = b.op("lshr", bits, 16)
    near = b.op("lshr", b.op("add", b.op("add", bits, 0x7FFF), b.op("and", high, 1)), 16)
    nan = b.compare("uno", x, x)
    return b.resized(b.pick(nan, b.op("or", high, 0x40), near), 16, "trunc")


def nearest(ctx: Context, t: Type, x: Value) -> Value:
    """Return float32 numbers rounded to the 16-bit type `t`."""
    b = Bits(ctx, t.lanes())
    if t.is_bfloat():
        return from_memory(ctx, t, _bfloat_bits(b, x))
    bits = b.of_float(x)
    size = b.op("and", bits, 0x7FFFFFFF)
    up = b.float_op("fadd", b.to_float(size), 0.5)
    small = b.of_float(b.float_op("fsub", up, 0.5))
    odd = b.op("and", b.op("lshr", size, 13), 1)
    near = b.op("and", b.op("add", b.op("add", size, odd), 0xFFF), 0xFFFFE000)
    large = b.pick(b.test("ult", near, 0x47800000), near, b.number(0x7F800000))
    finite = b.pick(b.test("ult", size, 0x38800000), small, large)
    found = b.pick(b.test("ugt", size, 0x7F800000), size, finite)
    return b.to_float(b.op("or", found, b.op("and", bits, 0x80000000)))


def odd_float(ctx: Context, x: Value, lanes: int) -> Value:
    """Return doubles in float32, rounded to odd: rounding again is rounding once."""
    b, wide = Bits(ctx, lanes), Bits(ctx, lanes, 64)
    y = ctx.emit(b.float, f"fptrunc {x.typed} to {b.float}")
    back = ctx.emit(wide.float, f"fpext {y.typed} to {wide.float}")
    exact = wide.compare("ueq", back, x)
    beyond = wide.test(
        "ugt",
        wide.op("and", wide.of_float(back), (1 << 63) - 1),
        wide.op("and", wide.of_float(x), (1 << 63) - 1),
    )
    bits = b.of_float(y)
    less = b.pick(beyond, b.op("sub", bits, 1), bits)
    return b.pick(exact, y, b.to_float(b.op("or", less, 1)))


def odd_double(ctx: Context, x: Value, lanes: int, signed: bool) -> Value:
    """Return 64-bit integers as doubles, rounded to odd."""
    b = Bits(ctx, lanes, 64)
    lost = b.op("and", x, 0x7FF)
    sticky = b.op("shl", b.resized(b.test("ne", lost, 0), 64, "zext"), 11)
    odd = b.op("or", b.op("and", x, -0x800 if signed else 0xFFFFFFFFFFFFF800), sticky)
    if signed:
        fits = b.test("ult", b.op("add", x, 9007199254740991), 18014398509481983)
    else:
        fits = b.test("ult", x, 9007199254740992)
    whole = b.pick(fits, x, odd)
    return ctx.emit(b.float, f"{'si' if signed else 'ui'}tofp {whole.typed} to {b.float}")
