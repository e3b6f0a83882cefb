"""halo's arithmetic on whole numpy arrays: the semantics of `halo.ir.expr`, vectorised.

Written apart from `halo.ir.arithmetic`, which the executor of lowered code uses, so that the two
check each other. A bfloat16 is held as the float32 of the same value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    NE,
    Add,
    And,
    Div,
    Max,
    Min,
    Mod,
    Mul,
    Or,
    Sub,
)
from halo.ir.intrinsics import LIKELY
from halo.ir.types import Type, UInt

Array = np.ndarray[Any, np.dtype[Any]]


def held_dtype(type: Type) -> np.dtype[Any]:
    """Return the dtype of the arrays that hold values of `type`."""
    return np.dtype(np.float32) if type.is_bfloat() else type.dtype


def from_storage(type: Type, array: Array) -> Array:
    """Return elements as they lie in a buffer, as values of `type`."""
    if not type.is_bfloat():
        return array
    return (array.astype(np.uint32) << np.uint32(16)).view(np.float32)


def to_storage(type: Type, values: Array) -> Array:
    """Return values of `type` as they lie in a buffer."""
    if not type.is_bfloat():
        return values
    bits = np.ascontiguousarray(values).view(np.uint32)
    return (bits >> np.uint32(16)).astype(np.uint16)


def to_bfloat(values: Array) -> Array:
    """Round float32 values to the nearest bfloat16, of two the one with an even last bit."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    even = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = (bits + np.uint32(0x7FFF) + even) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(values), values, rounded.view(np.float32))


def as_type(type: Type, values: Any) -> Array:
    """Return the result of an operation as `type` holds it."""
    array = np.asarray(values, held_dtype(type))
    return to_bfloat(array) if type.is_bfloat() else array


def convert(to: Type, of: Type, values: Array) -> Array:
    """Cast: integers wrap; floats to integers truncate and saturate, NaN becoming 0."""
    if to.is_bool():
        return np.asarray(values != 0)
    if to.is_bfloat() and of.bits() >= 32:
        return to_bfloat(_odd_single(_odd_double(values)))
    if to.is_float() or of.is_integral:
        return as_type(to, values.astype(held_dtype(to)))
    wide = np.trunc(values.astype(np.float64))
    low, high = float(to.min_value), float(to.max_value + 1)
    inside = (wide >= low) & (wide < high)
    result = np.where(inside, wide, 0.0).astype(to.dtype)
    result = np.where(wide >= high, to.dtype.type(to.max_value), result)
    return np.where(wide < low, to.dtype.type(to.min_value), result)


def _odd_double(values: Array) -> Array:
    """Return integers as float64, rounded to odd: what is lost sets the last bit."""
    if values.dtype.kind == "f" or values.dtype.itemsize < 8:
        return values.astype(np.float64)
    low = values & values.dtype.type(0x7FF)
    odd = (values - low) | np.where(low != 0, 0x800, 0).astype(values.dtype)
    large = np.abs(values.astype(np.float64)) >= 2.0**53
    return np.where(large, odd, values).astype(np.float64)


def _odd_single(values: Array) -> Array:
    """Return float64 values as float32, rounded to odd."""
    near = np.asarray(values.astype(np.float32))
    even = (near.view(np.uint32) & np.uint32(1)) == 0
    off = (near.astype(np.float64) != values) & even & ~np.isnan(values)
    towards = np.where(values > near, np.float32(np.inf), np.float32(-np.inf))
    return np.where(off, np.nextafter(near, towards), near)


def reinterpret(to: Type, of: Type, values: Array) -> Array:
    """Read the bits of values of type `of` as type `to`."""
    raw = np.array(to_storage(of, values), order="C").view(to.dtype)
    return from_storage(to, raw)


def _divide(t: Type, a: Array, b: Array) -> Array:
    if t.is_float():
        return as_type(t, a / b)
    divisor = np.where(b == 0, b.dtype.type(1), b)
    quotient = a // divisor
    remainder_negative = np.mod(a, divisor) < 0  # floor rounds so for negative divisors
    quotient = np.where(remainder_negative, quotient + quotient.dtype.type(1), quotient)
    return np.where(b == 0, quotient.dtype.type(0), quotient)


def _modulo(t: Type, a: Array, b: Array) -> Array:
    if t.is_float():
        whole = as_type(t, np.floor(_divide(t, a, b)))
        return as_type(t, a - as_type(t, b * whole))
    divisor = np.where(b == 0, b.dtype.type(1), b)
    remainder = np.mod(a, divisor)
    remainder = np.where(remainder < 0, remainder - divisor, remainder)
    return np.where(b == 0, remainder.dtype.type(0), remainder)


BINARY: dict[type, Callable[[Type, Array, Array], Any]] = {
    Add: lambda t, a, b: as_type(t, a + b),
    Sub: lambda t, a, b: as_type(t, a - b),
    Mul: lambda t, a, b: as_type(t, a * b),
    Div: _divide,
    Mod: _modulo,
    Min: lambda t, a, b: np.where(a < b, a, b),
    Max: lambda t, a, b: np.where(a > b, a, b),
    And: lambda t, a, b: a & b,
    Or: lambda t, a, b: a | b,
    EQ: lambda t, a, b: a == b,
    NE: lambda t, a, b: a != b,
    LT: lambda t, a, b: a < b,
    LE: lambda t, a, b: a <= b,
    GT: lambda t, a, b: a > b,
    GE: lambda t, a, b: a >= b,
}
"""Value of a node with two operands, from the type of the operands and their values."""


def fused(t: Type, a: Array, b: Array, c: Array) -> Array:
    """Return a*b + c, rounded once."""
    if t.bits() == 64:
        flat = [_exact_fma(*xs) for xs in zip(*_lanes(a, b, c), strict=True)]
        return np.array(flat).reshape(np.broadcast_shapes(a.shape, b.shape, c.shape))
    # In float64 the product is exact. Rounding the sum to odd makes the second rounding right
    # (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
    p, q = np.broadcast_arrays(a.astype(np.float64) * b, c.astype(np.float64))
    s = np.array(p + q)
    part = s - p
    error = (p - (s - part)) + (q - part)
    even = (s.view(np.uint64) & np.uint64(1)) == 0
    adjust = np.isfinite(s) & np.isfinite(error) & (error != 0) & even
    odd = np.where(adjust, np.nextafter(s, np.where(error > 0, np.inf, -np.inf)), s)
    return odd.astype(t.dtype)


def _lanes(*arrays: Array) -> list[list[float]]:
    return [x.ravel().tolist() for x in np.broadcast_arrays(*arrays)]


def _exact_fma(a: float, b: float, c: float) -> float:
    if not all(map(math.isfinite, (a, b, c))):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact == 0:
        return a * b + c
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _unsigned(t: Type, a: Array) -> Array:
    return np.ascontiguousarray(a).reshape(a.shape).view(UInt(t.bits()).dtype)


def _absolute(t: Type, a: Array) -> Array:
    magnitude = np.asarray(np.abs(a))
    return magnitude if t.is_float() else _unsigned(t, magnitude)


def _distance(t: Type, a: Array, b: Array) -> Array:
    if t.is_float():
        return np.asarray(np.abs(as_type(t, a - b)))
    return _unsigned(t, np.where(a > b, a - b, b - a))


def _shift_left(t: Type, a: Array, b: Array) -> Array:
    inside = (b >= 0) & (b < t.bits())
    return np.where(inside, a << np.where(inside, b, b.dtype.type(0)), a.dtype.type(0))


def _shift_right(t: Type, a: Array, b: Array) -> Array:
    shifted: Array = a >> np.clip(b, 0, min(t.bits() - 1, t.max_value)).astype(b.dtype)
    if t.is_uint():
        shifted = np.where(b >= t.bits(), a.dtype.type(0), shifted)
    return np.where(b < 0, a.dtype.type(0), shifted)


def _popcount(t: Type, a: Array) -> Array:
    return np.asarray(np.bitwise_count(_unsigned(t, a)), t.dtype)


def _leading_zeros(t: Type, a: Array) -> Array:
    u = _unsigned(t, a)
    for shift in (1, 2, 4, 8, 16, 32):
        if shift < t.bits():
            u = u | (u >> u.dtype.type(shift))
    return np.asarray(t.bits() - np.bitwise_count(u).astype(np.int64), t.dtype)


def _trailing_zeros(t: Type, a: Array) -> Array:
    u = _unsigned(t, a)
    return np.asarray(np.bitwise_count(~u & (u - u.dtype.type(1))), t.dtype)


def _dot4(t: Type, total: Array, a: Array, b: Array) -> Array:
    wide = total.astype(np.int64)
    for i in range(0, 32, 8):
        unsigned, signed = a.astype(np.int64) >> i & 255, b.astype(np.int64) >> i & 255
        wide = wide + unsigned * ((signed ^ 128) - 128)
    return wide.astype(t.dtype)


INTRINSICS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(LIKELY, lambda t, a: a),
    "promise_clamped": lambda t, a, low, high: a,
    "fma": fused,
    "dot4": _dot4,
    "abs": _absolute,
    "absd": _distance,
    "bitwise_and": lambda t, a, b: a & b,
    "bitwise_or": lambda t, a, b: a | b,
    "bitwise_xor": lambda t, a, b: a ^ b,
    "bitwise_not": lambda t, a: ~a,
    "shift_left": _shift_left,
    "shift_right": _shift_right,
    "sqrt": lambda t, a: as_type(t, np.sqrt(a)),
    "floor": lambda t, a: np.floor(a),
    "ceil": lambda t, a: np.ceil(a),
    "trunc": lambda t, a: np.trunc(a),
    "round": lambda t, a: np.rint(a),
    "is_nan": lambda t, a: np.isnan(a),
    "is_inf": lambda t, a: np.isinf(a),
    "is_finite": lambda t, a: np.isfinite(a),
    "count_leading_zeros": _leading_zeros,
    "count_trailing_zeros": _trailing_zeros,
    "popcount": _popcount,
}
"""Value of an intrinsic, from the type of its first argument and the arguments' values."""
