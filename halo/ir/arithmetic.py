"""Values of halo's operations, in numpy: the semantics of `halo.ir.expr`, for the executors.

A value of a vector type is an array of its lanes, one of a scalar type an array of no dimension;
bfloat16 is held as float32 of the same value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from halo.ir.cross_lane import ReduceOp
from halo.ir.expr import EQ, GE, GT, LE, LT, NE, Add, And, Div, Max, Min, Mod, Mul, Or, Sub
from halo.ir.intrinsics import LIKELY
from halo.ir.operators import euclid_div, euclid_mod
from halo.ir.rounding import round_float
from halo.ir.types import Type, UInt

Value = np.ndarray[Any, np.dtype[Any]]


def dtype_of(type: Type) -> np.dtype[Any]:
    """Return the numpy dtype in which values of `type` are held."""
    return np.dtype(np.float32) if type.is_bfloat() else type.dtype


def round_bfloat(value: Value) -> Value:
    """Round float32 values to bfloat16, to nearest, ties to even."""
    bits = np.asarray(value, np.float32).view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32)
    return np.where(np.isnan(value), value, rounded.view(np.float32)).astype(np.float32)


def settle(type: Type, value: Any) -> Value:
    """Return `value` as a value of `type`, rounding where bfloat16 asks for it."""
    made = np.asarray(value, dtype_of(type))
    return round_bfloat(made) if type.is_bfloat() else made


def wrap(type: Type, f: Callable[..., int], *operands: Value) -> Value:
    """Apply `f` on Python integers lane by lane and wrap the results into `type`."""
    arrays = np.broadcast_arrays(*operands)
    out = np.empty(arrays[0].shape, dtype_of(type))
    flat = out.reshape(-1)
    for i, xs in enumerate(zip(*(a.reshape(-1).tolist() for a in arrays), strict=True)):
        flat[i] = type.wrap(f(*(int(x) for x in xs)))
    return out


def _divide(type: Type, a: Value, b: Value) -> Value:
    if type.is_float():
        return settle(type, a / b)
    return wrap(type, euclid_div, a, b)


def _modulo(type: Type, a: Value, b: Value) -> Value:
    if not type.is_float():
        return wrap(type, euclid_mod, a, b)
    floor = settle(type, np.floor(_divide(type, a, b)))
    return settle(type, a - settle(type, b * floor))


BINARY: dict[type, Callable[[Type, Value, Value], Value]] = {
    Add: lambda t, a, b: settle(t, a + b),
    Sub: lambda t, a, b: settle(t, a - b),
    Mul: lambda t, a, b: settle(t, a * b),
    Div: _divide,
    Mod: _modulo,
    Min: lambda t, a, b: np.where(a < b, a, b),
    Max: lambda t, a, b: np.where(a > b, a, b),
    And: lambda t, a, b: a & b,
    Or: lambda t, a, b: a | b,
    EQ: lambda t, a, b: np.asarray(a == b),
    NE: lambda t, a, b: np.asarray(a != b),
    LT: lambda t, a, b: np.asarray(a < b),
    LE: lambda t, a, b: np.asarray(a <= b),
    GT: lambda t, a, b: np.asarray(a > b),
    GE: lambda t, a, b: np.asarray(a >= b),
}
"""Value of a binary node from its operands and their type."""

REDUCE: dict[ReduceOp, Callable[[Type, Value, Value], Value]] = {
    ReduceOp.ADD: BINARY[Add],
    ReduceOp.MUL: BINARY[Mul],
    ReduceOp.MIN: BINARY[Min],
    ReduceOp.MAX: BINARY[Max],
    ReduceOp.AND: BINARY[And],
    ReduceOp.OR: BINARY[Or],
    ReduceOp.XOR: lambda t, a, b: a ^ b,
    ReduceOp.SATURATING_ADD: lambda t, a, b: np.where(a + b < a, a.dtype.type(t.max_value), a + b),
}


def reduce_lanes(op: ReduceOp, type: Type, groups: Value) -> Value:
    """Combine each row of `groups`, of element type `type`, as `VectorReduce` says."""
    apply = REDUCE[op]
    while groups.shape[1] > 1:
        half = (groups.shape[1] + 1) // 2
        left, right = groups[:, :half], groups[:, half:]
        n = right.shape[1]
        groups = np.concatenate([apply(type, left[:, :n], right), left[:, n:]], axis=1)
    return groups[:, 0]


def cast(to: Type, of: Type, value: Value) -> Value:
    """Convert: integers wrap; float to integer truncates and saturates, a NaN gives 0."""
    if to.is_bool():
        return np.asarray(value != 0)
    if to.is_bfloat() and of.bits() >= 32:
        lanes = [round_float(to, x) for x in value.reshape(-1).tolist()]
        return np.array(lanes, np.float32).reshape(value.shape)
    if to.is_float() or of.is_integral:
        return settle(to, value.astype(dtype_of(to)))

    def truncated(x: float) -> int:
        if math.isnan(x):
            return 0
        if math.isinf(x):
            return to.max_value if x > 0 else to.min_value
        return min(max(int(x), to.min_value), to.max_value)

    whole = [truncated(x) for x in value.reshape(-1).tolist()]
    return np.array(whole, to.dtype).reshape(value.shape)


def reinterpret(to: Type, of: Type, value: Value) -> Value:
    """Read the bits of `value` as type `to`."""
    if of.is_bfloat():
        value = (value.view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    if to.is_bfloat():
        return (value.view(np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
    return value.view(to.dtype)


def fused(type: Type, a: Value, b: Value, c: Value) -> Value:
    """a * b + c, rounded once."""
    arrays = np.broadcast_arrays(a, b, c)
    out = np.empty(arrays[0].shape, type.dtype)
    flat = out.reshape(-1)
    for i, xs in enumerate(zip(*(v.reshape(-1).tolist() for v in arrays), strict=True)):
        flat[i] = _fused(type, *xs)
    return out


def _fused(type: Type, a: float, b: float, c: float) -> Any:
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact == 0:
        return a * b + c  # its sign
    try:
        near = float(exact)
    except OverflowError:
        return math.copysign(math.inf, exact)
    if type.bits() == 64 or Fraction(near) == exact:
        return near
    # Rounding to odd first makes the second rounding, to float32, the correct one.
    if not np.float64(near).view(np.uint64) & np.uint64(1):
        near = math.nextafter(near, math.inf if exact > Fraction(near) else -math.inf)
    return type.dtype.type(near)


def _shift_left(t: Type, a: Value, b: Value) -> Value:
    return wrap(t, lambda x, n: x << n if 0 <= n < t.bits() else 0, a, b)


def _shift_right(t: Type, a: Value, b: Value) -> Value:
    def shifted(x: int, n: int) -> int:
        return 0 if n < 0 else x >> min(n, t.bits())

    return wrap(t, shifted, a, b)


def _unsigned(t: Type, x: int) -> int:
    return x & ((1 << t.bits()) - 1)


def _leading_zeros(t: Type, x: int) -> int:
    return t.bits() - _unsigned(t, x).bit_length()


def _trailing_zeros(t: Type, x: int) -> int:
    u = _unsigned(t, x)
    return (u & -u).bit_length() - 1 if u else t.bits()


def _absolute(t: Type, a: Value) -> Value:
    if t.is_float():
        return np.abs(a)
    return wrap(UInt(t.bits()), abs, a)


def _distance(t: Type, a: Value, b: Value) -> Value:
    if t.is_float():
        return np.abs(settle(t, a - b))
    return wrap(UInt(t.bits()), lambda x, y: abs(x - y), a, b)


def dot_of_bytes(total: int, a: int, b: int) -> int:
    """Return `total` plus the products of the bytes of `a`, unsigned, and of `b`, signed."""
    for i in range(0, 32, 8):
        total += (a >> i & 255) * ((b >> i & 255 ^ 128) - 128)
    return total


INTRINSICS: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(LIKELY, lambda t, a: a),
    "promise_clamped": lambda t, a, lo, hi: a,
    "fma": fused,
    "dot4": lambda t, s, a, b: wrap(t, dot_of_bytes, s, a, b),
    "abs": _absolute,
    "absd": _distance,
    "bitwise_and": lambda t, a, b: a & b,
    "bitwise_or": lambda t, a, b: a | b,
    "bitwise_xor": lambda t, a, b: a ^ b,
    "bitwise_not": lambda t, a: ~a,
    "shift_left": _shift_left,
    "shift_right": _shift_right,
    "sqrt": lambda t, a: settle(t, np.sqrt(a)),
    "floor": lambda t, a: np.floor(a),
    "ceil": lambda t, a: np.ceil(a),
    "trunc": lambda t, a: np.trunc(a),
    "round": lambda t, a: np.rint(a),
    "is_nan": lambda t, a: np.isnan(a),
    "is_inf": lambda t, a: np.isinf(a),
    "is_finite": lambda t, a: np.isfinite(a),
    "count_leading_zeros": lambda t, a: wrap(t, lambda x: _leading_zeros(t, x), a),
    "count_trailing_zeros": lambda t, a: wrap(t, lambda x: _trailing_zeros(t, x), a),
    "popcount": lambda t, a: wrap(t, lambda x: _unsigned(t, x).bit_count(), a),
}
"""Value of an intrinsic from the type of its first argument and the arguments' values."""
