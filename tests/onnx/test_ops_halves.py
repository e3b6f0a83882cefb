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
