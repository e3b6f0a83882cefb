"""Multinomial: classes drawn by a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

import onnx_frontend
from halo.target import Target
from onnx_frontend import backend
from onnx_frontend.errors import ModelError, UnsupportedOp

Array = np.ndarray[Any, np.dtype[Any]]


def draw(x: Array, **attributes: Any) -> Array:
    node = helper.make_node("Multinomial", ["x"], ["y"], **attributes)
    (made,) = backend.run_node(node, [x])
    assert isinstance(made, np.ndarray)
    return made


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("to", [TensorProto.INT32, TensorProto.INT64])
def test_classes_are_drawn_as_a_seed_tells(dtype: Any, to: int) -> None:
    x = (np.random.default_rng(1).normal(size=(3, 5)) * 2).astype(dtype)
    made = draw(x, sample_size=40, seed=7.0, dtype=to)
    assert made.dtype == helper.tensor_dtype_to_np_dtype(to)
    powers = np.exp(x.astype(np.float64) - x.max(1, keepdims=True))
    sums = np.cumsum(powers, axis=1)
    bounds = np.random.RandomState(7).random_sample((3, 40)) * sums[:, -1:]
    np.testing.assert_array_equal(made, (sums[:, None] <= bounds[..., None]).sum(-1))
    np.testing.assert_array_equal(made, draw(x, sample_size=40, seed=7.0, dtype=to))
    assert (made != draw(x, sample_size=40, seed=8.0, dtype=to)).any()


@pytest.mark.parametrize("target", ["host", "host-llvm"])
def test_how_many_rows_there_are_may_be_open(target: str) -> None:
    node = helper.make_node("Multinomial", ["x"], ["y"], sample_size=41, seed=7.0)
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "m"])]
    made = [helper.make_tensor_value_info("y", TensorProto.INT32, None)]
    graph = helper.make_graph([node], "classes", given, made)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    compiled = onnx_frontend.compile(model, target=Target(target))
    for shape in [(0, 3), (1, 1), (40, 5)]:
        x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
        np.testing.assert_array_equal(
            compiled.run({"x": x})["y"], draw(x, sample_size=41, seed=7.0)
        )


def test_classes_come_as_often_as_they_are_probable() -> None:
    shares = np.array([[0.5, 0.0, 0.3, 0.2], [0.05, 0.9, 0.0, 0.05]])
    with np.errstate(divide="ignore"):
        x = (np.log(shares) + 3).astype(np.float32)  # of what is not normalized, too
    made = draw(x, sample_size=20000, seed=1.0)
    found = np.stack([(made == k).mean(1) for k in range(4)], axis=1)
    # Four deviations of a share.
    np.testing.assert_allclose(found, shares, atol=4 * 0.5 / np.sqrt(20000))
    assert (found[shares == 0] == 0).all()


def test_what_is_not_reproducible_is_refused() -> None:
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(UnsupportedOp, match="a seed"):
        draw(x, sample_size=2)
    with pytest.raises(ModelError, match="3 axes, not 2"):
        draw(x[None], sample_size=2, seed=1.0)
