"""Sums of halves are formed in float32 and rounded once."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from onnx import helper

from onnx_frontend import backend

RNG = np.random.default_rng(16)
Array = np.ndarray[Any, Any]
HALVES = [np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]


def run(op: str, *inputs: Array, opset: int = 20, **attributes: Any) -> Array:
    names = [f"x{i}" for i in range(len(inputs))]
    node = helper.make_node(op, names, ["y"], **attributes)
    (made,) = backend.run_node(node, list(inputs), opset_version=opset)
    assert isinstance(made, np.ndarray)
    return made


def halves(dtype: np.dtype[Any], *shape: int) -> Array:
    return np.asarray(RNG.uniform(0.5, 1.5, size=shape)).astype(dtype)


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_a_long_sum_does_not_stop_growing(dtype: np.dtype[Any]) -> None:
    # One at a time, ones cannot be added to 2048 (256) in this type.
    x = np.ones((2, 5000), dtype)
    np.testing.assert_array_equal(run("ReduceMean", x, opset=17, axes=[1], keepdims=0), [1, 1])
    np.testing.assert_array_equal(run("MatMul", x, x.T), np.full((2, 2), 5000, dtype))
    np.testing.assert_array_equal(
        run("GlobalAveragePool", x.reshape(1, 2, 50, 100)).reshape(-1), [1, 1]
    )


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_softmax_adds_up_to_one(dtype: np.dtype[Any]) -> None:
    x = np.zeros((1, 4096), dtype)
    np.testing.assert_array_equal(run("Softmax", x), np.full((1, 4096), 1 / 4096, dtype))


@pytest.mark.parametrize("dtype", HALVES, ids=str)
@pytest.mark.parametrize("op", ["Conv", "ConvTranspose"])
def test_a_convolution_is_that_of_float32_rounded(op: str, dtype: np.dtype[Any]) -> None:
    x, w, b = halves(dtype, 1, 8, 6, 6), halves(dtype, 8, 8, 3, 3), halves(dtype, 8)
    wide = run(op, *(t.astype(np.float32) for t in (x, w, b)), pads=[1, 1, 1, 1])
    np.testing.assert_allclose(
        run(op, x, w, b, pads=[1, 1, 1, 1]).astype(np.float32),
        wide.astype(dtype).astype(np.float32),
        rtol=float(ml_dtypes.finfo(dtype).eps),
    )


def test_statistics_of_a_layer_of_halves_are_float32() -> None:
    x, scale = halves(np.dtype(np.float16), 3, 40), np.ones(40, np.float16)
    node = helper.make_node("LayerNormalization", ["x", "s"], ["y", "mean", "inverse"])
    made, mean, inverse = backend.run_node(node, [x, scale])
    wide = x.astype(np.float32)
    assert mean.dtype == inverse.dtype == np.float32
    np.testing.assert_allclose(mean, wide.mean(1, keepdims=True), rtol=1e-6)
    deviation = np.sqrt(wide.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(inverse, 1 / deviation, rtol=1e-5)
    want = ((wide - mean) / deviation).astype(np.float16)
    np.testing.assert_allclose(made, want, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("size", [16, 768, 4096])
@pytest.mark.parametrize("op", ["LayerNormalization", "InstanceNormalization"])
def test_what_is_normalized_is_rounded_once(op: str, size: int) -> None:
    x = halves(np.dtype(np.float16), 1, 4, size)
    each = 4 if op == "InstanceNormalization" else size
    scale, bias = halves(np.dtype(np.float16), each), halves(np.dtype(np.float16), each)
    (made,) = backend.run_node(helper.make_node(op, ["x", "s", "b"], ["y"]), [x, scale, bias])
    wide, shape = x.astype(np.float64), (4, 1) if op == "InstanceNormalization" else (size,)
    centred = wide - wide.mean(2, keepdims=True)
    deviation = np.sqrt(wide.var(2, keepdims=True) + np.float32(1e-5))
    want = centred / deviation * scale.reshape(shape).astype(np.float64)
    want += bias.reshape(shape).astype(np.float64)
    ulp = np.spacing(np.abs(want).astype(np.float16)).astype(np.float64)
    # Sums of what nearly cancels are off by what float32 rounds before.
    assert (np.abs(made - want) <= 0.501 * ulp + 1e-6).all()


def test_a_layer_of_float64_has_statistics_of_float32_and_the_epsilon_of_the_standard() -> None:
    x = np.linspace(-2e-3, 3e-3, 48).reshape(2, 24)
    node = helper.make_node("LayerNormalization", ["x", "s"], ["y", "mean", "inverse"])
    made, mean, inverse = backend.run_node(node, [x, np.ones(24)])
    assert made.dtype == np.float64 and mean.dtype == inverse.dtype == np.float32
    epsilon = np.float64(np.float32(1e-5))  # an attribute is a float32
    deviation = np.sqrt(x.var(1, keepdims=True) + epsilon)
    np.testing.assert_allclose(made, (x - x.mean(1, keepdims=True)) / deviation, rtol=1e-12)
    np.testing.assert_allclose(mean, x.mean(1, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(inverse, 1 / deviation, rtol=1e-6)
