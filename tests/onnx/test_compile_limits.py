"""What the entry functions refuse: windows that do not fit, sizes that nothing can hold."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import onnx_frontend
from halo.errors import BufferError
from onnx_frontend import CompiledModel


@pytest.fixture(scope="module")
def pooling() -> CompiledModel:
    """Windows of five along the width, their number squared: a product of W by W cells."""
    nodes = [
        helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[5]),
        helper.make_node("Transpose", ["p"], ["t"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["t", "p"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "pooling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, "W"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    return onnx_frontend.compile(model, name="pooling")


def test_an_input_of_one_window_is_enough(pooling: CompiledModel) -> None:
    y = pooling.run({"x": np.arange(5, dtype=np.float32).reshape(1, 1, 5)})["y"]
    assert y.tolist() == [[[16.0]]]


@pytest.mark.parametrize("width", [1, 3, 4])
def test_an_input_smaller_than_the_window_is_refused(pooling: CompiledModel, width: int) -> None:
    with pytest.raises(BufferError, match="the model needs at least 5: these inputs are too small"):
        pooling.run({"x": np.zeros((1, 1, width), np.float32)})


def test_tensors_that_coordinates_could_not_address_are_refused(pooling: CompiledModel) -> None:
    x = np.zeros((1, 1, 50_000), np.float32)
    with pytest.raises(BufferError, match="a tensor of more than 2147483647 elements"):
        pooling.workspace_bytes({"x": x})
