"""Random tensors: the numbers of onnx's reference, or what is as probable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

import onnx_frontend
from onnx_frontend.errors import ModelError, UnsupportedOp

Array = np.ndarray[Any, np.dtype[Any]]
FLOATS = [TensorProto.FLOAT16, TensorProto.FLOAT, TensorProto.DOUBLE]
ATTRIBUTES: dict[str, dict[str, float]] = {
    "RandomUniform": {"low": -2.0, "high": 3.5},
    "RandomNormal": {"mean": 1.5, "scale": 0.25},
}


def model_of(op: str, dims: Sequence[int | str] | None, **attributes: Any) -> Any:
    names = [] if dims is None else ["x"]
    node = helper.make_node(op, names, ["y"], name="dice", **attributes)
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)] if names else []
    out = helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)
    graph = helper.make_graph([node], "random", given, [out])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])


def both(model: Any, feeds: dict[str, Array]) -> tuple[Array, Array]:
    """Return what halo and the reference give."""
    (wanted,) = ReferenceEvaluator(model).run(None, feeds)
    return onnx_frontend.compile(model).run(feeds)["y"], np.asarray(wanted)


@pytest.mark.parametrize("shape", [(3, 5), (1,), (2, 0, 3)])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", ATTRIBUTES)
def test_numbers_are_those_of_the_reference(op: str, dtype: int, shape: Sequence[int]) -> None:
    more = {**ATTRIBUTES[op], "dtype": dtype, "seed": 11.0}
    made, wanted = both(model_of(op, None, shape=shape, **more), {})
    assert made.dtype == wanted.dtype and made.shape == wanted.shape
    np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize("dtype", [None, *FLOATS])
@pytest.mark.parametrize("op", ATTRIBUTES)
def test_a_tensor_like_another_one(op: str, dtype: int | None) -> None:
    more: dict[str, Any] = {**ATTRIBUTES[op], "seed": 3.0}
    if dtype is not None:
        more["dtype"] = dtype
    model, x = model_of(f"{op}Like", [4, 6], **more), np.zeros((4, 6), np.float32)
    made, wanted = both(model, {"x": x})
    assert made.dtype == wanted.dtype
    np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.INT32, TensorProto.BOOL])
def test_ones_come_as_often_as_they_are_probable(dtype: int) -> None:
    shares = np.array([0.0, 0.25, 0.9, 1.0], np.float32)
    model = onnx_frontend.compile(model_of("Bernoulli", [20000, 4], seed=5.0, dtype=dtype))
    feeds = {"x": np.broadcast_to(shares, (20000, 4)).copy()}
    made = model.run(feeds)["y"]
    assert made.dtype == helper.tensor_dtype_to_np_dtype(dtype)
    assert set(np.unique(made).tolist()) == {0, 1}
    # Four deviations of a share.
    np.testing.assert_allclose(made.mean(0), shares, atol=4 * 0.5 / np.sqrt(20000))
    assert not made[:, 0].any() and made[:, 3].all()
    np.testing.assert_array_equal(made, model.run(feeds)["y"])


def test_choices_are_those_of_the_reference() -> None:
    shares = np.random.default_rng(2).random((50, 40), np.float32)
    made, wanted = both(model_of("Bernoulli", [50, 40], seed=9.0), {"x": shares})
    np.testing.assert_array_equal(made, wanted)


def test_what_is_not_reproducible_is_refused() -> None:
    with pytest.raises(UnsupportedOp, match="a seed"):
        onnx_frontend.compile(model_of("RandomNormal", None, shape=[2]))
    with pytest.raises(UnsupportedOp, match="a shape that is known"):
        onnx_frontend.compile(model_of("RandomUniformLike", ["n"], seed=1.0))
    with pytest.raises(ModelError, match=r"its shape is \[2, -1\]"):
        onnx_frontend.compile(model_of("RandomUniform", None, shape=[2, -1], seed=1.0))
    with pytest.raises(ModelError, match="at most 67108864 numbers are drawn"):
        onnx_frontend.compile(model_of("RandomUniform", None, shape=[1 << 20, 65], seed=1.0))
    with pytest.raises(ModelError, match="not a number below"):
        onnx_frontend.compile(model_of("RandomUniform", None, shape=[2], seed=-1.0))
