"""lerp: exact between integers, one rounding between floats, and Halide's bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pointwise import pairs, values

import halo as hl


def weights(dtype: str, count: int) -> Any:
    rng = np.random.default_rng(2)
    if dtype[0] == "u":
        top = np.iinfo(dtype).max
        drawn = rng.integers(0, top, count, dtype, endpoint=True)
        drawn[:4] = [0, top, top // 2, 1]
        return drawn
    drawn = rng.random(count).astype(dtype)
    drawn[:3] = [0, 1, 0.5]
    return drawn


def scaled(weight: Any, bits: int) -> list[int]:
    """Return weights as fractions of the largest number of `bits`."""
    top = (1 << bits) - 1
    if weight.dtype.kind == "u":
        own = int(np.iinfo(weight.dtype).max)
        return [int(w) * top // own for w in weight]
    wide = np.float64 if bits == 32 or weight.dtype == np.float64 else np.float32
    return [int(w) for w in weight.astype(wide) * wide(top)]


@pytest.mark.parametrize("weight", ["u1", "u2", "u4", "f4", "f8"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4"])
def test_between_integers_it_is_the_nearest_one(dtype: str, weight: str) -> None:
    a, b = pairs(dtype, dtype, more=100)
    w = weights(weight, len(a))
    bits = 8 * int(dtype[1])
    top = (1 << bits) - 1
    expected = [
        (2 * (int(x) * (top - k) + int(y) * k) + top) // (2 * top)
        for x, y, k in zip(a, b, scaled(w, bits), strict=True)
    ]
    np.testing.assert_array_equal(values(hl.lerp, a, b, w), np.array(expected, dtype))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_between_floats_product_and_sum_are_rounded_once(dtype: str) -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 60)).astype(dtype)
    w = weights(dtype, 60)
    fused = values(lambda x, y, k: hl.fma(k, y - x, x), a, b, w)
    np.testing.assert_array_equal(values(hl.lerp, a, b, w), fused)
    near = a.astype(np.longdouble) * (1 - w.astype(np.longdouble)) + b.astype(np.longdouble) * w
    np.testing.assert_allclose(fused, near.astype(np.float64), rtol=1e-6, atol=1e-6)


def test_an_unsigned_weight_of_floats_is_a_fraction_of_its_largest_number() -> None:
    a, b = np.zeros(3, np.float32), np.full(3, 10, np.float32)
    assert values(hl.lerp, a, b, np.array([0, 51, 255], np.uint8)).tolist() == [0, 2, 10]


def test_a_bool_weight_chooses() -> None:
    a, b = np.array([1, 2], np.int16), np.array([7, 9], np.int16)
    got = values(lambda x, y: hl.lerp(x, y, x > 1), a, b)
    assert got.tolist() == [1, 9]


def test_a_number_as_weight_is_a_float() -> None:
    a, b = np.array([0, 100], np.uint8), np.array([10, 200], np.uint8)
    assert values(lambda x, y: hl.lerp(x, y, 0.5), a, b).tolist() == [5, 150]


@pytest.mark.parametrize("weight", ["u1", "u2", "u4", "f4", "f8"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])
def test_the_bits_are_those_of_halide(dtype: str, weight: str) -> None:
    halide = pytest.importorskip("halide")
    if dtype[0] == "f" and weight[0] == "u":
        pytest.skip("Halide multiplies by the reciprocal of the largest weight")
    if dtype[0] == "f":
        a, b = np.random.default_rng(6).normal(size=(2, 80)).astype(dtype)
    else:
        a, b = pairs(dtype, dtype, more=100)
    w = weights(weight, len(a))
    x, f = halide.Var("x"), halide.Func("f")
    p, q, k = (halide.Buffer(v) for v in (a, b, w))
    f[x] = halide.lerp(p[x], q[x], k[x])
    theirs = np.array(f.realize([len(a)]))
    np.testing.assert_array_equal(values(hl.lerp, a, b, w), theirs)
