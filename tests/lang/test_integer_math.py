"""Division towards zero, and bits put together and taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pointwise import NUMPY_TYPES, named_values, pairs, values

import halo as hl


def towards_zero(a: int, b: int) -> int:
    return 0 if b == 0 else (abs(a) // abs(b)) * (-1 if (a < 0) != (b < 0) else 1)


@pytest.mark.parametrize("dtype", NUMPY_TYPES, ids=str)
def test_division_rounds_towards_zero_and_leaves_a_rest_of_the_same_sign(dtype: Any) -> None:
    a, b = pairs(dtype, dtype)
    makers = {"quotient": hl.div_round_to_zero, "rest": hl.mod_round_to_zero}
    got = named_values(makers, a, b)
    bits = 8 * dtype.itemsize
    quotients = [towards_zero(int(x), int(y)) for x, y in zip(a, b, strict=True)]
    rests = [int(x) - q * int(y) if y else 0 for x, y, q in zip(a, b, quotients, strict=True)]
    for name, exact in (("quotient", quotients), ("rest", rests)):
        mask = np.array([v & ((1 << bits) - 1) for v in exact], f"u{dtype.itemsize}")
        np.testing.assert_array_equal(got[name], mask.view(dtype), err_msg=name)


@pytest.mark.parametrize("divisor", [1, 2, 7, 127, -1, -3])
def test_division_towards_zero_by_any_constant(divisor: int) -> None:
    a, _ = pairs("i1", "i1")
    got = named_values(
        {
            "quotient": lambda v: hl.div_round_to_zero(v, divisor),
            "rest": lambda v: hl.mod_round_to_zero(v, divisor),
        },
        a,
    )
    quotients = [towards_zero(int(v), divisor) for v in a]
    rests = [int(v) - q * divisor for v, q in zip(a, quotients, strict=True)]
    np.testing.assert_array_equal(got["quotient"], np.array(quotients).astype(np.int8))
    np.testing.assert_array_equal(got["rest"], np.array(rests, np.int8))


def test_quotients_and_rests_by_constants_can_be_indices() -> None:
    x, f = hl.Var("x"), hl.Func("f")
    table = hl.Buffer(np.arange(20, dtype=np.int32) * 10)
    f[x] = table[hl.div_round_to_zero(x - 3, 2) + 2] + table[hl.mod_round_to_zero(x - 3, 4) + 4]
    out = hl.Buffer(hl.Int(32), [9])
    f.realize(out)
    n = np.arange(9) - 3
    quotient = np.trunc(n / 2).astype(int) + 2
    np.testing.assert_array_equal(np.array(out), (quotient + np.fmod(n, 4) + 4) * 10)


def test_division_towards_zero_by_constants() -> None:
    a = np.array([-7, 7, -128, 127, 0], np.int8)
    assert values(lambda v: hl.div_round_to_zero(v, 2), a).tolist() == [-3, 3, -64, 63, 0]
    assert values(lambda v: hl.mod_round_to_zero(v, -3), a).tolist() == [-1, 1, -2, 1, 0]


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4"])
def test_bits_are_concatenated_from_the_lowest_upwards(dtype: str) -> None:
    a, b = pairs(dtype, dtype)
    expected = np.stack([a, b], 1).view(f"{dtype[0]}{2 * int(dtype[1])}")[:, 0]
    np.testing.assert_array_equal(values(lambda x, y: hl.concat_bits([x, y]), a, b), expected)


def test_four_bytes_make_a_word() -> None:
    a = np.array([[1, 2, 3, 4], [255, 0, 128, 7]], np.uint8).T.copy()
    got = values(lambda *parts: hl.concat_bits(parts), *a)
    np.testing.assert_array_equal(got, np.ascontiguousarray(a.T).view("<u4")[:, 0])


@pytest.mark.parametrize("lsb", [0, 5, 8, 20, 31, 32])
def test_bits_are_extracted_and_0_beyond_the_last(lsb: int) -> None:
    a = np.array([0x12345678, -1, 0x7FFFFFFF, -2], np.int32)
    whole = a.view(np.uint32).astype(np.uint64) >> np.uint64(lsb)
    got = values(lambda v: hl.extract_bits(hl.UInt(8), v, lsb), a)
    np.testing.assert_array_equal(got, whole.astype(np.uint8))
    got = values(lambda v: hl.extract_bits(hl.Int(16), v, lsb), a)
    np.testing.assert_array_equal(got, whole.astype(np.uint16).view(np.int16))


def test_the_bits_of_a_float_are_extracted() -> None:
    a = np.array([1.0, -2.5, np.inf], np.float32)
    got = values(lambda v: hl.extract_bits(hl.UInt(16), v, 16), a)
    np.testing.assert_array_equal(got, (a.view(np.uint32) >> 16).astype(np.uint16))
