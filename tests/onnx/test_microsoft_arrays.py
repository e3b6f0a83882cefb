"""Operators of com.microsoft on arrays, and those that the standard has, too."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from runtime_nodes import RNG, Case, check_cases, floats, same_numbers

numbers_begin_anew = same_numbers(41)
Array = np.ndarray[Any, np.dtype[Any]]
NEAR: dict[str, Any] = {"rtol": 1e-4, "atol": 2e-6}


def numbers(*values: int) -> Array:
    return np.array(values, np.int64)


def test_what_the_standard_has_too() -> None:
    x = floats(3, 4)
    step, zero = np.array(0.1, np.float32), np.array(7, np.uint8)
    codes = RNG.integers(0, 256, (2, 3)).astype(np.uint8)
    per_row = np.array([0.1, 0.2], np.float32), np.array([3, 4], np.uint8)
    one = np.array([1], np.int32)
    grid = (RNG.random((1, 2, 2, 2)) * 2 - 1).astype(np.float32)
    check_cases(
        Case("QuantizeLinear", (x, step, zero)),
        Case("DequantizeLinear", (codes, step, zero)),
        Case("DequantizeLinear", (codes, *per_row), {"axis": 0}),
        Case("GatherND", (x, numbers(0, 2).reshape(2, 1)), symbolic=False),
        Case("GatherND", (x, np.array([[0, 1], [2, 3]], np.int32)), {}, (1,)),
        Case("Trilu", (x, np.array(1, np.int64)), {"upper": 0}, (1,)),
        Case("Pad", (x, numbers(1, 0, 0, 2), np.array([0.5], np.float32)), {}, (1, 2)),
        Case("Pad", (x, numbers(1, 0, 0, 2).reshape(1, 4)), {"mode": "edge"}, (1,)),
        Case("ExpandDims", (x, np.array(-1, np.int32)), {}, (1,)),
        Case("ExpandDims", (x, np.array(1, np.int32)), {}, (1,)),
        Case("Range", (one, np.array([5], np.int32)), {}, (0, 1)),
        Case("Range", tuple(np.array(v, np.float32) for v in (1, 3, 0.5)), {}, (0, 2)),
        Case("GridSample", (floats(1, 2, 3, 4), grid), {"mode": "bilinear"}, **NEAR),
    )


def test_what_differs_in_a_vector_comes_in_the_order_of_appearance() -> None:
    check_cases(
        Case("Unique", (np.array([2, 1, 1, 3, 4, 3], np.float32),), outputs=3),
        Case("Unique", (floats(1),), outputs=3),
    )


def test_distances_inverses_and_pieces() -> None:
    a, b = floats(3, 5), floats(4, 5)
    square = floats(2, 3, 3) + 3 * np.eye(3, dtype=np.float32)
    total = floats(2, 3, 4)
    bias = floats(2, 1, 4)
    powers = np.exp(total + bias)
    check_cases(
        Case("CDist", (a, b), {"metric": "euclidean"}, rtol=1e-4, atol=1e-5),
        Case("CDist", (a, b), {"metric": "sqeuclidean"}, rtol=1e-4, atol=1e-5),
        Case("CDist", (a.astype(np.float64), b.astype(np.float64))),
        Case("Inverse", (square,), symbolic=False, rtol=1e-4, atol=1e-5),
        Case("Inverse", (np.array([[4.0]], np.float32),)),
        Case("UnfoldTensor", (floats(2, 7, 3),), {"dim": 1, "size": 3, "step": 2}),
        Case("UnfoldTensor", (numbers(1, 2, 3),), {"size": 3}),
        Case(
            "BiasSoftmax",
            (total, bias),
            {"axis": 2, "is_inner_broadcast": 1},
            expected=[powers / powers.sum(2, keepdims=True)],
            **NEAR,
        ),
    )


@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_parts_of_images_are_brought_to_one_size(mode: str) -> None:
    boxes = np.array([[0, 0, 1, 1], [0.2, 0.3, 0.7, 0.4], [-0.5, 0.5, 1.5, 0.1]], np.float32)
    images = np.array([0, 1, 0], np.int32)
    options = {"mode": mode, "extrapolation_value": 9.0}
    size, flat = np.array([3, 4], np.int32), np.array([1, 1], np.int32)
    check_cases(
        Case("CropAndResize", (floats(2, 3, 5, 6), boxes, images, size), options, (3,), **NEAR),
        Case(
            "CropAndResize",
            (floats(2, 1, 5, 6), boxes[:1], images[:1], flat),
            options,
            (3,),
            **NEAR,
        ),
    )


def packed(values: Array, bits: int) -> Array:
    """Return numbers of `bits`, the low bits of a byte first."""
    parts = values.reshape(*values.shape[:-1], -1, 8 // bits).astype(np.uint8)
    return np.bitwise_or.reduce(parts << (np.arange(8 // bits) * bits).astype(np.uint8), axis=-1)


@pytest.mark.parametrize("bits", [4, 8])
def test_products_with_numbers_of_few_bits(bits: int) -> None:
    n, k, block = 5, 40, 16
    blocks = 3
    codes = RNG.integers(0, 1 << bits, (n, blocks, block))
    weights = packed(codes, bits)
    scales = np.asarray(RNG.random((n, blocks)) * 0.1 + 0.05, np.float32)
    per_byte = 8 // bits
    padded = -(-blocks // per_byte) * per_byte
    zeros = RNG.integers(0, 1 << bits, (n, padded))
    zeros[:, blocks:] = 0
    options = {"K": k, "N": n, "bits": bits, "block_size": block}
    flat = {**options, "accuracy_level": 1}
    a, bias = floats(2, 3, k), floats(n)
    near: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}
    fixed = (1, 2, 3, 5)
    op = "MatMulNBits"
    check_cases(
        Case(op, (a, weights, scales), options, fixed, **near),
        Case(op, (a, weights, scales, packed(zeros, bits)), flat, fixed, **near),
        Case(op, (a[0], weights, scales, None, None, bias), options, fixed, **near),
        Case(
            op, (a[:1, :1], weights, scales, packed(zeros, bits)), options, symbolic=False, **near
        ),
    )


def blocks_of(codes: Array, step: Array, zero: Array | int, along: int, block: int) -> Array:
    """Return the numbers of codes of which each block along an axis has a scale."""
    size = codes.shape[along]

    def spread(x: Array) -> Array:
        return np.take(np.repeat(x, block, axis=along), np.arange(size), axis=along)

    zeros = spread(zero) if isinstance(zero, np.ndarray) else zero
    return ((codes.astype(np.int32) - zeros) * spread(step)).astype(step.dtype)


@pytest.mark.parametrize("bits", [4, 8])
def test_rows_of_bytes_are_decoded(bits: int) -> None:
    codes = RNG.integers(0, 1 << bits, (6, 40)).astype(np.uint8)
    zeros = RNG.integers(0, 1 << bits, (6, 4)).astype(np.uint8)
    steps = np.abs(floats(6, 3)) + np.float32(0.1)
    packed = [v if bits == 8 else (v[:, ::2] | v[:, 1::2] << 4) for v in (codes, zeros)]
    given = {"bits": bits, "block_size": 16, "gather_axis": 0, "quantize_axis": 1}
    if bits == 8:
        packed[1] = packed[1][:, :3]
    for places in (np.array([3, -1, 0]), np.array([[5], [2]], np.int32)):
        plain = blocks_of(codes, steps, 1 << (bits - 1), 1, 16)[places]
        moved = blocks_of(codes, steps, zeros[:, :3].astype(np.int32), 1, 16)[places]
        inputs = (packed[0], places, steps)
        for want in ((), (plain,)):  # onnxruntime's, and our own
            check_cases(Case("GatherBlockQuantized", inputs, given, (0, 2), expected=want))
        inputs = (*inputs, packed[1])
        for want in ((), (moved,)):
            check_cases(Case("GatherBlockQuantized", inputs, given, (0, 2, 3), expected=want))


@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (-1, 0)])
@pytest.mark.parametrize("type", ["int4", "uint4"])
def test_slices_of_numbers_of_4_bits_are_decoded(axes: tuple[int, int], type: str) -> None:
    dtype = np.dtype(getattr(ml_dtypes, type))
    low = -8 if type == "int4" else 0
    codes = RNG.integers(low, low + 16, (20, 34)).astype(np.int32)
    along = axes[1]
    count = [20, 34]
    count[along] = -(-count[along] // 16)
    zeros = RNG.integers(low, low + 16, count).astype(np.int32)
    steps = floats(*count)
    given = {"block_size": 16, "gather_axis": axes[0], "quantize_axis": along}
    places = np.array([[3, -2], [0, 19]])
    for zero in (None, zeros):
        whole = blocks_of(codes, steps, 0 if zero is None else zero, along, 16)
        more = () if zero is None else (zero.astype(dtype),)
        inputs = (codes.astype(dtype), places, steps, *more)
        want = [np.take(whole, places, axis=axes[0])]
        fixed = (0, 2, 3)[: len(inputs) - 1]
        check_cases(Case("GatherBlockQuantized", inputs, given, fixed, expected=want))
