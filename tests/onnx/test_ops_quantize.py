"""Numbers as scaled integers and back: per tensor, per axis, per block, at the limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from onnx_frontend import ModelError
from onnx_frontend.importer import import_graph

RNG = np.random.default_rng(13)
Check = Callable[..., Any]
X = np.array([[0.0, 0.5, 1.5, 2.5], [-0.5, 9e4, -9e4, 63.7]], np.float32)


@pytest.mark.parametrize("type", [np.uint8, np.int8, np.uint16, np.int16])
def test_quotients_are_rounded_to_even_and_held_in_range(check_node: Check, type: Any) -> None:
    scale = np.array(0.5, np.float32)
    check_node("QuantizeLinear", X, scale, np.array(3, type), opset=21)


def test_without_a_zero_point_the_result_is_uint8(check_node: Check) -> None:
    check_node("QuantizeLinear", X, np.array(0.25, np.float32), opset=19)


@pytest.mark.parametrize("axis", [0, 1, -2])
def test_an_axis_may_have_scales_of_its_own(check_node: Check, axis: int) -> None:
    count = X.shape[axis]
    scale = np.abs(RNG.normal(size=count)).astype(np.float32) + np.float32(0.1)
    zero = np.arange(count, dtype=np.int8)
    check_node("QuantizeLinear", X, scale, zero, axis=axis, opset=19)
    x = RNG.integers(-100, 100, X.shape).astype(np.int8)
    check_node("DequantizeLinear", x, scale, zero, axis=axis, opset=19)


def test_a_block_may_have_a_scale_of_its_own(check_node: Check) -> None:
    scale = np.array([[0.5, 2.0], [1.0, 0.25]], np.float32)
    options = {"axis": 1, "block_size": 2, "opset": 21, "symbolic": False}
    check_node("QuantizeLinear", X, scale, np.zeros((2, 2), np.int8), **options)
    x = RNG.integers(-100, 100, X.shape).astype(np.int8)
    check_node("DequantizeLinear", x, scale, np.ones((2, 2), np.int8), **options)


def test_int32_is_dequantized_without_a_zero_point(check_node: Check) -> None:
    x = RNG.integers(-1000, 1000, (3, 1)).astype(np.int32)
    check_node("DequantizeLinear", x, np.array(0.5, np.float32), opset=19)


def test_scales_of_another_rank_are_refused() -> None:
    values = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 4]),
        helper.make_tensor_value_info("s", TensorProto.FLOAT, [2, 2, 2]),
    ]
    made = helper.make_tensor_value_info("y", TensorProto.UINT8, [2, 4])
    node = helper.make_node("QuantizeLinear", ["x", "s"], ["y"], name="q")
    graph = helper.make_graph([node], "bad", values, [made])
    with pytest.raises(ModelError, match="node 'q': its scale has 3 axes, its input 2"):
        import_graph(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]))
