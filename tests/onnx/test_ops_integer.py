"""Products and convolutions of scaled integers: the same integers as the standard's reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

RNG = np.random.default_rng(17)
Check = Callable[..., Any]


def codes(type: Any, *shape: int) -> np.ndarray[Any, Any]:
    info = np.iinfo(type)
    return RNG.integers(info.min, info.max + 1, shape).astype(type)


def scale(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values if len(values) > 1 else values[0], np.float32)


@pytest.mark.parametrize("types", [(np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)])
def test_integer_products_are_summed_in_int32(check_node: Check, types: tuple[Any, Any]) -> None:
    a, b = codes(types[0], 3, 5), codes(types[1], 5, 4)
    want = a.astype(np.int32) @ b.astype(np.int32)
    check_node("MatMulInteger", a, b, expected=[want])
    za, zb = codes(types[0], 3), codes(types[1], 4)
    want = (a.astype(np.int32) - za[:, None]) @ (b.astype(np.int32) - zb)
    check_node("MatMulInteger", a, b, za, zb, expected=[want])


@pytest.mark.parametrize("type", [np.uint8, np.int8])
@pytest.mark.parametrize("shapes", [((2, 4), (4, 3)), ((2, 2, 4), (2, 4, 3)), ((1, 1), (1, 1))])
def test_scaled_products_are_rounded_and_held_in_range(
    check_node: Check, type: Any, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    a, b = codes(type, *shapes[0]), codes(type, *shapes[1])
    zeros = [np.array(v, type) for v in (113, 77, 3)]
    operands = (a, scale(0.0066), zeros[0], b, scale(0.00705), zeros[1], scale(0.0107), zeros[2])
    check_node("QLinearMatMul", *operands)


@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 1, 1, 1]])
def test_integer_convolutions_pad_with_the_zero_point(check_node: Check, pads: list[int]) -> None:
    x, w = codes(np.uint8, 1, 2, 4, 5), codes(np.uint8, 3, 2, 2, 2)
    zeros = (np.array(9, np.uint8), np.array(5, np.uint8))
    moved = np.pad(x.astype(np.int32) - 9, [(0, 0), (0, 0), (pads[0],) * 2, (pads[1],) * 2])
    patches = np.lib.stride_tricks.sliding_window_view(moved, (2, 2), axis=(2, 3))
    want = np.einsum("nchwij,mcij->nmhw", patches, w.astype(np.int32) - 5).astype(np.int32)
    check_node("ConvInteger", x, w, *zeros, constants=[1], pads=pads, expected=[want])


def test_scaled_convolutions_may_have_a_scale_per_channel(check_node: Check) -> None:
    x, w = codes(np.uint8, 1, 2, 5, 4), codes(np.int8, 3, 2, 2, 2)
    bias = RNG.integers(-900, 900, 3).astype(np.int32)
    operands = (x, scale(0.02), np.array(100, np.uint8), w, scale(0.01, 0.02, 0.03))
    operands = (*operands, np.zeros(3, np.int8), scale(0.1), np.array(120, np.uint8), bias)
    moved = np.lib.stride_tricks.sliding_window_view(x.astype(np.int64) - 100, (2, 2), axis=(2, 3))
    sums = np.einsum("nchwij,mcij->nmhw", moved, w.astype(np.int64)) + bias[:, None, None]
    factor = (scale(0.02) * operands[4] / scale(0.1)).astype(np.float64)[:, None, None]
    want = np.rint(sums * factor + 120).clip(0, 255).astype(np.uint8)
    check_node("QLinearConv", *operands, constants=[3, 8], expected=[want])


def spread(zero: np.ndarray[Any, Any], rank: int) -> np.ndarray[Any, Any]:
    return zero.astype(np.int64).reshape(-1, *[1] * (rank - 1)) if zero.ndim else zero


@pytest.mark.parametrize("types", [(np.uint8, np.int8), (np.int8, np.int8), (np.int8, np.uint8)])
@pytest.mark.parametrize("k", [3, 4, 9])
def test_products_with_constant_weights_are_the_same(
    check_node: Check, types: tuple[Any, Any], k: int
) -> None:
    a, b = codes(types[0], 2, 3, k), codes(types[1], k, 5)
    zeros = np.array(77, types[0]), np.zeros(5, types[1])
    for za, zb in [zeros, (zeros[0], np.array(1, types[1])), (None, None)]:
        left = a.astype(np.int32) - (0 if za is None else za.astype(np.int32))
        right = b.astype(np.int32) - (0 if zb is None else zb.astype(np.int32))
        inputs = (a, b) if za is None else (a, b, za, zb)
        for fixed in ((1, 3), (1, 2, 3)):
            check_node("MatMulInteger", *inputs, constants=fixed, expected=[left @ right])


@pytest.mark.parametrize("types", [(np.uint8, np.int8), (np.int8, np.int8), (np.uint8, np.uint8)])
@pytest.mark.parametrize("channels", [3, 5])
def test_convolutions_with_constant_weights_are_the_same(
    check_node: Check, types: tuple[Any, Any], channels: int
) -> None:
    x, w = codes(types[0], 1, channels, 4, 5), codes(types[1], 3, channels, 2, 2)
    zero, per_channel = np.array(9, types[0]), codes(types[1], 3) // 4
    wide = np.pad(x.astype(np.int64) - 9, [(0, 0), (0, 0), (1, 0), (1, 1)])
    patches = np.lib.stride_tricks.sliding_window_view(wide, (2, 2), axis=(2, 3))
    weights = w.astype(np.int64) - spread(per_channel, 4)
    want = np.einsum("nchwij,mcij->nmhw", patches, weights).astype(np.int32)
    for fixed in ((1, 3), (1, 2, 3), ()):
        check_node(
            "ConvInteger",
            x,
            w,
            zero,
            per_channel,
            constants=fixed,
            pads=[1, 1, 0, 1],
            expected=[want],
            symbolic=bool(fixed),
        )


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.uint8, np.uint64])
def test_shifts_beyond_the_bits_leave_the_sign_only(check_node: Check, dtype: type) -> None:
    bits = np.dtype(dtype).itemsize * 8
    x = np.array([-8, 5, -1, 100], np.int64).astype(dtype)
    for shift in (0, 1, bits - 1, bits, 127, -1 if np.dtype(dtype).kind == "i" else 2):
        by = np.full(4, shift, np.int64).astype(dtype)
        far = not 0 <= shift < bits
        left = np.zeros_like(x) if far else x << by
        right = np.where(x < 0, -1, 0).astype(dtype) if far else x >> by
        check_node("BitShift", x, by, opset=11, expected=[left], direction="LEFT")
        check_node("BitShift", x, by, opset=11, expected=[right], direction="RIGHT")
