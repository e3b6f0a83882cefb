"""Sums of many float32 cells are as exact as their type allows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import helper

from onnx_frontend import backend

Array = np.ndarray[Any, Any]
X = np.random.default_rng(3).uniform(100, 101, (1, 3, 300, 400)).astype(np.float32)
WIDE = X.astype(np.float64)


def run(op: str, *inputs: Array, opset: int = 17, **attributes: Any) -> Array:
    names = [f"x{i}" for i in range(len(inputs))]
    node = helper.make_node(op, names, ["y"], **attributes)
    (made,) = backend.run_node(node, list(inputs), opset_version=opset)
    assert isinstance(made, np.ndarray)
    return made


@pytest.mark.parametrize(
    ("op", "want"),
    [
        ("ReduceMean", WIDE.mean((2, 3))),
        ("ReduceL2", np.sqrt((WIDE**2).sum((2, 3)))),
        ("ReduceLogSum", np.log(WIDE.sum((2, 3)))),
        ("ReduceSumSquare", (WIDE**2).sum((2, 3))),
    ],
)
def test_a_sum_of_many_cells_is_rounded_once(op: str, want: Array) -> None:
    made = run(op, X, axes=[2, 3], keepdims=0)
    np.testing.assert_allclose(made, want, rtol=2e-7)


def test_cells_far_from_zero_are_normalized() -> None:
    ones = np.ones(3, np.float32)
    made = run("InstanceNormalization", X, ones, 0 * ones, epsilon=1e-5)
    mean = WIDE.mean((2, 3), keepdims=True).astype(np.float32)
    variance = ((X - mean).astype(np.float64) ** 2).mean((2, 3), keepdims=True)
    np.testing.assert_allclose(made, (X - mean) / np.sqrt(variance + 1e-5), rtol=1e-5, atol=1e-6)
