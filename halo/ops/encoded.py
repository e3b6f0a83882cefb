"""Element types narrower than the language has: 8-bit floats, and integers and floats of few bits.

A tensor of such a type holds one code per byte (uint8), and `Tensor.encoding` says which number a
code stands for. Views move codes; anything that computes decodes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from halo.ir.expr import Expr, Max, Min, Reinterpret, Select, const, i32
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to
from halo.ir.types import Float, Int, UInt
from halo.lang.operators import clamp
from halo.ops.broadcast import broadcast_at
from halo.ops.build import computed, constant
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Array, OpInfo, OpKind, Tensor


@dataclass(frozen=True, slots=True)
class Encoding:
    """How numbers are coded in few bits.

    Attributes
    ----------
    bits
        Of a code.
    mantissa, bias
        Of a float: bits of the significand without the hidden one, what is added to an exponent.
    special
        Which numbers there are beside the finite: "inf" (infinities and NaNs as in IEEE 754),
        "nan" (a NaN where all bits are ones), "fnuz" (a NaN in place of -0), "none"; "power" for
        powers of two alone, without sign; "signed" and "unsigned" for integers.
    """

    bits: int
    special: str
    mantissa: int = 0
    bias: int = 0

    @property
    def is_integer(self) -> bool:
        """Whether the numbers are integers."""
        return self.special in ("signed", "unsigned")

    @property
    def largest(self) -> int:
        """The code of the largest finite float."""
        ones = (1 << (self.bits - 1)) - 1
        if self.special == "inf":
            return ones - (1 << self.mantissa)
        return ones - 1 if self.special == "nan" else ones

    def values(self) -> Array:
        """Return the number that each code stands for, as float32 or int32."""
        codes = range(1 << self.bits)
        if self.is_integer:
            return np.array([self._integer(c) for c in codes], np.int32)
        return np.array([self._float(c) for c in codes], np.float32)

    def _integer(self, code: int) -> int:
        negative = self.special == "signed" and code >> (self.bits - 1)
        return code - (1 << self.bits) if negative else code

    def _float(self, code: int) -> float:
        if self.special == "power":
            return float("nan") if code == 255 else 2.0 ** (code - 127)
        sign = -1.0 if code >> (self.bits - 1) else 1.0
        size = code & ((1 << (self.bits - 1)) - 1)
        if size > self.largest:
            infinite = self.special == "inf" and size == self.largest + 1
            return sign * float("inf") if infinite else float("nan")
        if self.special == "fnuz" and size == 0 and sign < 0:
            return float("nan")
        exponent, fraction = size >> self.mantissa, size & ((1 << self.mantissa) - 1)
        significand = fraction / (1 << self.mantissa) + (1 if exponent else 0)
        return float(sign * significand * 2.0 ** (max(exponent, 1) - self.bias))


ENCODINGS: dict[str, Encoding] = {
    "float8_e4m3fn": Encoding(8, "nan", 3, 7),
    "float8_e4m3fnuz": Encoding(8, "fnuz", 3, 8),
    "float8_e5m2": Encoding(8, "inf", 2, 15),
    "float8_e5m2fnuz": Encoding(8, "fnuz", 2, 16),
    "float8_e8m0fnu": Encoding(8, "power"),
    "float4_e2m1fn": Encoding(4, "none", 1, 1),
    "int4": Encoding(4, "signed"),
    "uint4": Encoding(4, "unsigned"),
    "int2": Encoding(2, "signed"),
    "uint2": Encoding(2, "unsigned"),
}
"""By the names that numpy dtypes of them have (package ml_dtypes)."""


def decode(name: str, x: Tensor) -> Tensor:
    """Return the numbers whose codes `x` holds: float32, or int32 of integers."""
    encoding = ENCODINGS[x.encoding or ""]
    if encoding.is_integer:
        return elementwise(name, lambda c: _integer(encoding, c), x, type=Int(32))
    table = constant(f"{name}_numbers", encoding.values())

    def cell(*coords: Any) -> Expr:
        code = cast_to(Int(32), broadcast_at(x, coords))
        return table.at(clamp(code, 0, (1 << encoding.bits) - 1))

    return computed(name, table.type, x.shape, cell, OpInfo(OpKind.GATHER, (table, x)))


def _integer(encoding: Encoding, code: Expr) -> Expr:
    low = cast_to(Int(32), code) & ((1 << encoding.bits) - 1)
    if encoding.special == "unsigned":
        return low
    half = 1 << (encoding.bits - 1)
    return (low ^ half) - half


def encode(name: str, x: Tensor, to: str, *, saturate: bool = True, rounding: str = "up") -> Tensor:
    """Return the codes of the numbers of `x` in encoding `to`, rounded to the nearest.

    Of two equally near the even one is taken.

    Parameters
    ----------
    saturate
        Whether a number too large becomes the largest finite one, not an infinity or NaN.
    rounding
        Of powers of two: "up", "down" or "nearest".
    """
    made = elementwise(name, lambda v: code_of(v, to, saturate, rounding), x, type=UInt(8))
    made.encoding = to
    return made


def code_of(x: Expr, to: str, saturate: bool = True, rounding: str = "up") -> Expr:
    """Return the code (uint8) of number `x`; integers wrap, as C's conversions do."""
    encoding = ENCODINGS[to]
    if encoding.is_integer:
        wide = x if x.type.is_integral and not x.type.is_bool() else cast_to(Int(32), x)
        return cast_to(UInt(8), cast_to(UInt(8), wide) & ((1 << encoding.bits) - 1))
    number = cast_to(Float(32), x)
    if encoding.special == "power":
        return _power(number, saturate, rounding)
    return _float(number, encoding, saturate)


def saturated_code(x: Expr, to: str) -> Expr:
    """Return the code of `x`, held in the range of `to` if these are integers."""
    encoding = ENCODINGS[to]
    if encoding.is_integer:
        low, high = int(encoding.values().min()), int(encoding.values().max())
        x = Max(Min(x, const(x.type, high)), const(x.type, low))
    return code_of(x, to)


def _float(x: Expr, encoding: Encoding, saturate: bool) -> Expr:
    bits = Reinterpret(UInt(32), x)
    size = Reinterpret(Int(32), bits & const(UInt(32), 0x7FFFFFFF))
    smallest = 1 - encoding.bias
    exponent = Max((size >> 23) - 127, i32(smallest))
    scale = Reinterpret(Float(32), (i32(127 + encoding.mantissa) - exponent) << 23)
    steps = intrinsic("round", intrinsic("abs", x) * scale)
    # A step up from the last significand carries into the exponent by itself.
    carried = cast_to(Int(32), Min(steps, const(Float(32), 1 << 20)))
    code = carried + ((exponent - smallest) << encoding.mantissa)
    code = Select(code > encoding.largest, i32(_beyond(encoding, saturate)), code)
    negative = Select(Reinterpret(Int(32), bits) < 0, i32(1 << (encoding.bits - 1)), i32(0))
    if encoding.special == "fnuz":
        signed = Select(code <= 0, i32(0), code | negative)
        return cast_to(UInt(8), Select(intrinsic("is_nan", x), i32(0x80), signed))
    not_a_number = {"inf": 0x7E, "nan": 0x7F, "none": 0x8}[encoding.special]
    marked = i32(not_a_number) | (negative if encoding.special != "none" else i32(0))
    return cast_to(UInt(8), Select(intrinsic("is_nan", x), marked, code | negative))


def _beyond(encoding: Encoding, saturate: bool) -> int:
    if saturate or encoding.special == "none":
        return encoding.largest
    return 0x80 if encoding.special == "fnuz" else encoding.largest + 1


def _power(x: Expr, saturate: bool, rounding: str) -> Expr:
    bits = Reinterpret(Int(32), x)
    exponent, fraction = (bits >> 23) & 0xFF, bits & 0x7FFFFF
    half = 0x400000
    more: Expr = {
        "up": fraction > 0,
        "down": fraction < 0,
        # A tie goes up, but for numbers below all normal ones.
        "nearest": (fraction > half) | ((fraction >= half) & (exponent > 0)),
    }[rounding]
    if saturate:
        more = more & (exponent < 0xFE)
    raised = exponent + Select(more, i32(1), i32(0))
    return cast_to(UInt(8), Select(exponent >= 0xFF, i32(0xFF), raised))
