"""Conversions to narrow floats round once, to nearest, whatever the vectors and the compiler."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from compilers import COMPILERS, need

import halo as hl
from halo.interpret import interpret

Array = np.ndarray[Any, np.dtype[Any]]
NARROW = {hl.Float(16): (11, -24, 65520.0), hl.BFloat(16): (8, -133, 2.0**128 * (1 - 2.0**-9))}
"""Digits, exponent of the smallest number, and the first magnitude that becomes infinite."""


def nearest(type: hl.Type, value: float | int) -> float:
    digits, smallest, limit = NARROW[type]
    x = Fraction(value)
    if abs(x) >= limit:
        return np.copysign(np.inf, float(x))
    size = abs(x).numerator.bit_length() - abs(x).denominator.bit_length() if x else 0
    if abs(x) < Fraction(2) ** size:
        size -= 1
    step = Fraction(2) ** max(size - digits + 1, smallest)
    return float(round(x / step) * step)


def as_float(type: hl.Type, stored: Array) -> Array:
    if type.is_bfloat():
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32)


def near_ties(type: hl.Type) -> Array:
    """Return float64 values at and beside the middles between neighbouring numbers of `type`."""
    low = np.random.default_rng(3).integers(0, 0x7BFF, 400).astype(np.uint16)
    low = np.concatenate([low, np.arange(9, dtype=np.uint16)])
    view = (lambda b: b.view(np.float16)) if not type.is_bfloat() else (lambda b: as_float(type, b))
    a, b = view(low).astype(np.float64), view(low + np.uint16(1)).astype(np.float64)
    ties = (a + b) / 2
    values = np.concatenate([a, ties, ties * (1 + 2.0**-45), ties * (1 - 2.0**-45)])
    return np.concatenate([values, -values])


SOURCES = {
    "float64": near_ties,
    "float32": lambda t: near_ties(t).astype(np.float32),
    "int64": lambda t: np.array([s * (2**k + 2**(k - 8) + d) for s in (1, -1) for k in range(55, 62)
                                 for d in (-1, 0, 1)] + [2047, 2049, 65519, 65520], np.int64),
    "uint32": lambda t: np.array([2**k + 2**(k - 8) + d for k in range(10, 32)
                                  for d in (-1, 0, 1)], np.uint32),
}  # fmt: skip


@pytest.mark.parametrize("source", list(SOURCES))
@pytest.mark.parametrize("type", list(NARROW), ids=str)
def test_a_conversion_to_sixteen_bits_rounds_once(type: hl.Type, source: str) -> None:
    data = SOURCES[source](type)
    expected = np.array([nearest(type, v) for v in data.tolist()], np.float32)
    for lanes in (1, 4, 7, 16):
        x, f = hl.Var("x"), hl.Func("f")
        f[x] = hl.cast(type, hl.Buffer(data)[x])
        np.testing.assert_array_equal(as_float(type, interpret(f, [len(data)])), expected)
        if lanes > 1:
            f.vectorize(x, lanes)
        got = as_float(type, np.array(f.realize([len(data)])))
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
def test_float16_steps_are_rounded_in_vectors_too(
    compiler: str, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gcc 12 with AVX512-FP16 leaves out a conversion to float16 and back."""
    monkeypatch.setenv("CC", need(compiler))
    bits = np.random.default_rng(5).integers(0, 1 << 16, (2, 1 << 12)).astype(np.uint16)
    data = bits.view(np.float16)
    x, f, inp = hl.Var("x"), hl.Func("f"), hl.Buffer(data)
    a, b = inp[x, 0], inp[x, 1]
    f[x] = (a * b - a) / b + a
    if lanes > 1:
        f.vectorize(x, lanes)
    with np.errstate(all="ignore"):
        expected = (data[0] * data[1] - data[0]) / data[1] + data[0]
    np.testing.assert_array_equal(np.array(f.realize([data.shape[1]])), expected)
