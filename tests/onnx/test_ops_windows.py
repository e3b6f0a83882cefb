"""Convolutions, pools, products, reductions and normalizations against onnx's reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

RNG = np.random.default_rng(9)
Check = Callable[..., Any]


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(RNG.normal(size=shape), np.float32)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"pads": [1, 1, 1, 1]},
        {"pads": [0, 2, 1, 0], "strides": [2, 1]},
        {"dilations": [2, 1], "pads": [2, 0, 2, 0]},
        {"strides": [2, 3]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
        {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
        {"auto_pad": "VALID"},
    ],
)
def test_convolution_with_pads_strides_and_dilations(
    check_node: Check, attributes: dict[str, Any]
) -> None:
    x, w, b = floats(2, 3, 7, 6), floats(4, 3, 3, 2), floats(4)
    check_node("Conv", x, w, b, constants=[1, 2], rtol=1e-4, atol=1e-5, **attributes)


@pytest.mark.parametrize(("groups", "channels"), [(4, 4), (4, 8), (2, 6)])
def test_convolution_in_groups(check_node: Check, groups: int, channels: int) -> None:
    x, w = floats(1, 4, 5, 5), floats(channels, 4 // groups, 3, 3)
    pads = [1, 1, 1, 1]
    check_node("Conv", x, w, constants=[1], group=groups, pads=pads, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(9,), (4, 3, 5)])
def test_convolution_in_one_and_three_axes(check_node: Check, shape: tuple[int, ...]) -> None:
    x, w = floats(2, 3, *shape), floats(2, 3, *[2] * len(shape))
    pads = [1] * 2 * len(shape)
    check_node("Conv", x, w, constants=[1], pads=pads, rtol=1e-4, atol=1e-5)


POOLS = [
    {"kernel_shape": [2, 3]},
    {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 0, 1]},
    {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
]


@pytest.mark.parametrize("attributes", POOLS)
def test_max_pool(check_node: Check, attributes: dict[str, Any]) -> None:
    check_node("MaxPool", floats(2, 3, 7, 8), opset=12, **attributes)


def test_max_pool_with_dilation(check_node: Check) -> None:
    x = floats(1, 1, 6, 7)
    want = np.max([x[..., i : i + 4, j : j + 3] for i in (0, 2) for j in (0, 2, 4)], axis=0)
    check_node("MaxPool", x, kernel_shape=[2, 3], dilations=[2, 2], opset=12, expected=[want])


@pytest.mark.parametrize("count_include_pad", [0, 1])
@pytest.mark.parametrize("attributes", POOLS)
def test_average_pool(
    check_node: Check, attributes: dict[str, Any], count_include_pad: int
) -> None:
    x = floats(2, 3, 7, 8)
    check_node("AveragePool", x, opset=19, count_include_pad=count_include_pad, **attributes)


@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (1, 2, 7)])
def test_global_pools(check_node: Check, shape: tuple[int, ...]) -> None:
    x = floats(*shape)
    axes = tuple(range(2, len(shape)))
    check_node("GlobalAveragePool", x, expected=[x.mean(axis=axes, keepdims=True)])
    check_node("GlobalMaxPool", x, expected=[x.max(axis=axes, keepdims=True)])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 4), (4, 5)),
        ((2, 3, 4), (4, 5)),
        ((2, 1, 3, 4), (5, 4, 2)),
        ((4,), (4, 5)),
        ((3, 4), (4,)),
        ((4,), (4,)),
        ((2, 3, 4), (4,)),
        ((4,), (2, 4, 3)),
        ((1, 3, 4), (2, 4, 1)),
    ],
)
def test_matmul_broadcasts_as_numpy(
    check_node: Check, a: tuple[int, ...], b: tuple[int, ...]
) -> None:
    check_node("MatMul", floats(*a), floats(*b), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("c", [None, (5,), (3, 1), (3, 5), ()])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (0.5, 2.0), (1.0, 0.5)])
def test_gemm_adds_what_broadcasts(
    check_node: Check, c: tuple[int, ...] | None, alpha: float, beta: float
) -> None:
    addend = None if c is None else floats(*c)
    operands = (floats(3, 4), floats(4, 5), addend)
    check_node("Gemm", *operands, alpha=alpha, beta=beta, rtol=1e-4, atol=1e-5)


def test_gemm_transposes(check_node: Check) -> None:
    check_node("Gemm", floats(4, 3), floats(5, 4), floats(5), transA=1, transB=1, rtol=1e-4)


REDUCTIONS = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1"]
REDUCTIONS += ["ReduceL2", "ReduceSumSquare"]


@pytest.mark.parametrize("op", REDUCTIONS)
@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("axes", [[0], [1, -1], [0, 1, 2]])
def test_reductions_along_axes(check_node: Check, op: str, keepdims: int, axes: list[int]) -> None:
    x = floats(3, 1, 5)
    check_node(op, x, np.array(axes), constants=[1], keepdims=keepdims, opset=18, rtol=1e-4)


def test_a_reduction_before_version_18_has_its_axes_as_attribute(check_node: Check) -> None:
    check_node("ReduceMean", floats(3, 4), axes=[-1], opset=12)
    check_node("ReduceMax", floats(3, 4), opset=12)


def test_a_reduction_over_no_axes_is_over_all_or_none(check_node: Check) -> None:
    check_node("ReduceSum", floats(3, 4), rtol=1e-4)
    check_node("ReduceSum", floats(3, 4), noop_with_empty_axes=1)


def test_a_reduction_of_integers_stays_integral(check_node: Check) -> None:
    check_node("ReduceSum", RNG.integers(-9, 9, (3, 4)), np.array([1]), constants=[1])
    check_node("ReduceMax", RNG.integers(-9, 9, (3, 4)).astype(np.int32), axes=[0], opset=12)


@pytest.mark.parametrize("keepdims", [0, 1])
def test_the_logarithm_of_a_sum_of_powers_does_not_overflow(
    check_node: Check, keepdims: int
) -> None:
    x = floats(3, 4) + np.float32(200)
    want = np.log(np.exp(x.astype(np.float64)).sum(axis=1, keepdims=bool(keepdims)))
    expected = [want.astype(np.float32)]
    check_node("ReduceLogSumExp", x, axes=[1], keepdims=keepdims, opset=13, expected=expected)
    axes = np.array([-1])
    options = {"constants": [1], "keepdims": keepdims, "opset": 18, "expected": expected}
    check_node("ReduceLogSumExp", x, axes, **options)


@pytest.mark.parametrize("op", ["ArgMax", "ArgMin"])
@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("last", [0, 1])
def test_the_place_of_an_extremum(check_node: Check, op: str, keepdims: int, last: int) -> None:
    x = np.round(floats(4, 3, 6))
    check_node(op, x, axis=-1, keepdims=keepdims, select_last_index=last)
    check_node(op, x, axis=0, keepdims=keepdims, select_last_index=last)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_softmax_is_along_one_axis_from_version_13_on(check_node: Check, axis: int) -> None:
    check_node("Softmax", floats(2, 3, 4), axis=axis, opset=13)
    check_node("LogSoftmax", floats(2, 3, 4), axis=axis, opset=13, rtol=1e-4)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_softmax_before_version_13_takes_the_rest_together(check_node: Check, axis: int) -> None:
    x = floats(2, 3, 4)
    flat = x.reshape(int(np.prod(x.shape[:axis])), -1)
    powers = np.exp(flat - flat.max(axis=1, keepdims=True))
    want = (powers / powers.sum(axis=1, keepdims=True)).reshape(x.shape)
    check_node("Softmax", x, axis=axis, opset=11, expected=[want])


def test_softmax_does_not_overflow(check_node: Check) -> None:
    x = np.array([[1000.0, 1000.0], [-1000.0, 0.0]], np.float32)
    check_node("Softmax", x, expected=[np.array([[0.5, 0.5], [0.0, 1.0]], np.float32)])


@pytest.mark.parametrize("constants", [[1, 2, 3, 4], []])
def test_batch_normalization_by_known_and_by_given_statistics(
    check_node: Check, constants: list[int]
) -> None:
    statistics = (floats(3), floats(3), floats(3), np.abs(floats(3)) + np.float32(0.1))
    x = floats(2, 3, 4, 5)
    check_node("BatchNormalization", x, *statistics, constants=constants, rtol=1e-3, atol=1e-5)


def test_batch_normalization_of_a_matrix(check_node: Check) -> None:
    statistics = (floats(3), floats(3), floats(3), np.abs(floats(3)) + np.float32(0.1))
    check_node("BatchNormalization", floats(4, 3), *statistics, rtol=1e-3, atol=1e-5)


def test_instance_normalization(check_node: Check) -> None:
    x, scale, bias = floats(2, 3, 4, 5), floats(3), floats(3)
    check_node("InstanceNormalization", x, scale, bias, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("axis", [-1, 1])
def test_layer_normalization(check_node: Check, axis: int) -> None:
    x = floats(2, 3, 4)
    size = (4,) if axis == -1 else (3, 4)
    scale, bias = floats(*size), floats(*size)
    check_node("LayerNormalization", x, scale, bias, axis=axis, rtol=1e-3, atol=1e-4)


def test_local_response_normalization(check_node: Check) -> None:
    x = floats(2, 5, 3, 3)
    squares = np.pad(x * x, [(0, 0), (1, 2), (0, 0), (0, 0)])
    total = sum(squares[:, i : i + 5] for i in range(4))
    want = x / (np.float32(1.5) + np.float32(0.1 / 4) * total) ** np.float32(0.6)
    check_node("LRN", x, size=4, alpha=0.1, beta=0.6, bias=1.5, expected=[want], rtol=1e-4)


def test_products_of_halves_are_summed_in_float32(check_node: Check) -> None:
    a, b = floats(2, 600).astype(np.float16), np.abs(floats(600, 3)).astype(np.float16)
    want = (a.astype(np.float32) @ b.astype(np.float32)).astype(np.float16)
    check_node("MatMul", a, b, expected=[want], rtol=2e-3, atol=2e-2)
    check_node("Gemm", a, b, expected=[want], rtol=2e-3, atol=2e-2)
