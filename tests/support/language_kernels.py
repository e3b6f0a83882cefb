"""Kernels of the language: its functions, in vectors and in scalars, and its arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from kernel_table import source

import halo as hl

Maker = Callable[[], hl.Func]
X, Y = hl.Var("x"), hl.Var("y")
BITS = {32: hl.UInt(32), 64: hl.UInt(64)}
FUNCTIONS: dict[str, Callable[[Any, Any], list[Any]]] = {
    "exponentials": lambda a, b: [hl.exp(a), hl.log(b), hl.pow(b, a), hl.sqrt(b), hl.rsqrt(b)],
    "circle": lambda a, b: [hl.sin(a), hl.cos(a), hl.tan(a), hl.atan(a), hl.atan2(a, b)],
    "arcs": lambda a, b: [hl.asin(a / 8), hl.acos(a / 8), hl.hypot(a, b), hl.erf(a)],
    "hyperbolas": lambda a, b: [hl.sinh(a), hl.cosh(a), hl.tanh(a), hl.asinh(a), hl.acosh(b + 1)],
    "fast": lambda a, b: [
        *(hl.fast_exp(a), hl.fast_log(b), hl.fast_pow(b, a), hl.fast_sin(a), hl.fast_cos(a)),
        *(hl.fast_inverse(b), hl.fast_inverse_sqrt(b)),
    ],
    "roundings": lambda a, b: [
        *(hl.floor(a), hl.ceil(a), hl.round(a * 2), hl.trunc(a), hl.fract(a)),
        *(hl.fma(a, b, a), hl.lerp(a, b, hl.cast(a.type(), 0.25)), hl.strict_float(a * b + a)),
        *(hl.atanh(a / 8), hl.abs(a), hl.absd(a, b)),
        hl.select(hl.is_nan(a / (a - a)), a, b),
        hl.select(hl.is_inf(b / (a - a)) | hl.is_finite(a), b, a),
    ],
}
"""Functions of floats: a lies in (-8, 8), b is positive."""


def of_floats(name: str, bits: int, lanes: int) -> Maker:
    """All functions of a family, their bits in one word."""

    def make() -> hl.Func:
        f, kind = hl.Func("f"), hl.Float(bits)
        a = hl.cast(kind, (X * 13 + Y * 29) % 127) / 8 - hl.cast(kind, 7.75)
        b = hl.cast(kind, (X * 7 + Y * 3) % 61) / 4 + hl.cast(kind, 0.125)
        made: Any = hl.cast(BITS[bits], 0)
        for e in FUNCTIONS[name](a, b):
            made = made * 31 + hl.reinterpret(BITS[bits], e)
        f[X, Y] = made
        return f.vectorize(X, lanes).parallel(Y) if lanes > 1 else f

    return make


def of_integers(kind: hl.Type, lanes: int) -> Maker:
    """Fixed-point and bitwise functions of one type."""

    def make() -> hl.Func:
        f = hl.Func("f")
        a = hl.cast(kind, X * 37 - Y * 11)
        b = hl.cast(kind, Y * 5 + X * X)
        k = hl.cast(kind, (X + Y) % 7)
        few = hl.cast(hl.UInt(kind.bits()), k)
        values = [
            *(hl.saturating_add(a, b), hl.saturating_sub(a, b), hl.absd(a, b)),
            *(hl.halving_add(a, b), hl.rounding_halving_add(a, b), hl.halving_sub(a, b)),
            *(hl.rounding_shift_right(a, k), hl.rounding_shift_left(a, k), a << few, a >> few),
            *(hl.mul_shift_right(a, b, few), hl.rounding_mul_shift_right(a, b, few)),
            *(hl.div_round_to_zero(a, b), hl.mod_round_to_zero(a, b), a / b, a % b),
            *(hl.widening_add(a, b), hl.widening_sub(a, b), hl.widening_mul(a, b)),
            *(hl.widening_shift_left(a, k), hl.widening_shift_right(a, k)),
            *(hl.count_leading_zeros(a), hl.count_trailing_zeros(a), hl.popcount(a), ~a & b | k),
            hl.widen_right_add(hl.i64(a), hl.i32(b)),
            hl.widen_right_mul(hl.i64(a), hl.i32(b)),
            hl.widen_right_sub(hl.i64(a), hl.i32(b)),
            hl.lerp(hl.cast(hl.UInt(8), a), hl.cast(hl.UInt(8), b), hl.cast(hl.UInt(8), k * 9)),
            hl.concat_bits([hl.u8(a), hl.u8(b)]) ^ hl.extract_bits(hl.UInt(16), hl.u32(b), 3),
        ]
        made: Any = hl.u64(0)
        for e in values:
            made = made * 31 + hl.u64(e)
        f[X, Y] = made
        return f.vectorize(X, lanes) if lanes > 1 else f

    return make


def conversions() -> hl.Func:
    """Numbers that fit and numbers that do not, to each type, saturated and not."""
    f = hl.Func("f")
    d = hl.f64(X * X * X - 1000) * hl.f64(Y * 5003 - 7)
    i = hl.i64(X * 65537 - Y * 1000003) * 40009
    saturated = [hl.i8_sat, hl.i16_sat, hl.i32_sat, hl.i64_sat]
    saturated += [hl.u8_sat, hl.u16_sat, hl.u32_sat, hl.u64_sat]
    plain = [hl.i8, hl.i16, hl.i32, hl.i64, hl.u8, hl.u16, hl.u32, hl.u64]
    made: Any = hl.u64(0)
    for to in (*saturated, *plain):
        made = made * 31 + hl.u64(to(d)) + hl.u64(to(i))
    for narrow in (hl.f16, hl.bf16, hl.f32):
        made = made * 31 + hl.u64(hl.reinterpret(hl.UInt(32), hl.f32(narrow(d))))
    f[X, Y] = made + hl.u64(hl.saturating_cast(hl.Int(16), hl.f32(d)))
    return f.vectorize(X, 8).parallel(Y)


def choices() -> hl.Func:
    """Values picked, bounded, required, tagged and expected."""
    inp = source()
    f = hl.Func("f")
    v = hl.clamp(inp[X, Y], -3, 50)
    picked = hl.mux(v % 4, [inp[X, Y], inp[X + 1, Y], v, hl.memoize_tag(v * 2, 1)])
    usual = hl.select(hl.likely(X > 2), picked, hl.likely_if_innermost(v))
    both = hl.logical_and(X > 3, hl.logical_not(Y > 3)) | hl.logical_or(v == 7, v == 9)
    f[X, Y] = hl.require(v >= -3, hl.select(both, usual, hl.min(v, hl.max(X, Y))), "below")
    return f.vectorize(X, 8)


def chance() -> hl.Func:
    """Random numbers by coordinates, in vectors and on threads, some cells left as they are."""
    f = hl.Func("f")
    f[X, Y] = hl.i32(hl.random_float(3) * 1000) + hl.random_int(5) % 7
    f[X, Y] = hl.select(X % 3 == 0, f[X, Y] * 2, hl.undef(hl.Int(32)))
    f[X, 0] = hl.i32(hl.random_uint(9) & 255)
    f.vectorize(X, 8).parallel(Y).update(0).vectorize(X, 4).parallel(Y)
    return f


def found() -> hl.Func:
    """Inline reductions, in parallel rows."""
    inp = source()
    r = hl.RDom([(-2, 5), (0, 3)])
    v = inp[X + r.x, Y + r.y]
    least, most = hl.argmin(v), hl.argmax(v)
    f = hl.Func("f")
    f[X, Y] = hl.sum(v) + hl.product(v % 3 + 1) * hl.minimum(v) - hl.maximum(v) * least[0] + most[1]
    return f.vectorize(X, 4).parallel(Y)


def edges() -> hl.Func:
    """Every kind of boundary around a small image."""
    image = hl.Buffer(np.arange(63, dtype=np.int32).reshape(7, 9) * 5)
    ways = hl.BoundaryConditions
    made = [ways.repeat_edge, ways.repeat_image, ways.mirror_image, ways.mirror_interior]
    parts = [way(image) for way in made] + [ways.constant_exterior(image, 11)]
    f = hl.Func("f")
    f[X, Y] = sum((p[X - 5, Y - 3] * (k + 1) for k, p in enumerate(parts)), hl.i32(0))
    return f.vectorize(X, 8, hl.TailStrategy.GuardWithIf).parallel(Y)


def views() -> hl.Func:
    """Arrays that lie backwards, transposed, in steps, and once for all rows."""
    data = np.random.default_rng(2).integers(0, 99, (90, 90)).astype(np.int32)
    row = np.broadcast_to(data[0], (40, 90))
    arrays = [data[::-1], data[:, ::-1], data.T, data[::2, ::2], data[::-2, 1::2].T, row]
    f = hl.Func("f")
    f[X, Y] = sum((hl.Buffer(a)[X, Y] * (k + 1) for k, a in enumerate(arrays)), hl.i32(0))
    return f.vectorize(X, 8).parallel(Y)


KERNELS: dict[str, tuple[Maker, tuple[int, ...]]] = {
    **{
        f"{name} of float{bits}x{lanes}": (of_floats(name, bits, lanes), (23, 5))
        for name in FUNCTIONS
        for bits, lanes in ((32, 8), (64, 3))
    },
    **{
        f"fixed point, {kind}x{lanes}": (of_integers(kind, lanes), (23, 5))
        for kind, lanes in (
            *((hl.Int(8), 8), (hl.UInt(8), 1), (hl.Int(16), 7), (hl.UInt(16), 8)),
            *((hl.Int(32), 1), (hl.UInt(32), 4)),
        )
    },
    "conversions": (conversions, (23, 5)),
    "choices": (choices, (23, 5)),
    "chance": (chance, (23, 5)),
    "found": (found, (23, 5)),
    "edges": (edges, (23, 15)),
    "views": (views, (37, 19)),
}
"""Name -> what makes the pipeline, and a size of its output."""
