"""A small ONNX model with the kernels that matter: convolution, pool, matrix product, softmax."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import codegen
from halo.target import Target
from onnx_frontend.compiler import lower_model
from onnx_frontend.importer import import_graph


def small_model() -> onnx.ModelProto:
    """Return conv, relu, max pool, gemm, softmax on an image of 3 channels, any batch."""
    rng = np.random.default_rng(0)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(rng.normal(0, 0.25, shape).astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("MaxPool", ["relu"], ["pool"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w2", "b2"], ["gemm"], transB=1),
        helper.make_node("Softmax", ["gemm"], ["y"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 9, 11])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])],
        [
            weights("w1", 8, 3, 3, 3),
            weights("b1", 8),
            weights("w2", 10, 160),
            weights("b2", 10),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def small_model_c(target: Target) -> codegen.CSource:
    """Return `small_model` as C."""
    graph = import_graph(small_model(), None)
    assembled, _ = lower_model(graph, "small", target, lambda phase, done, total: None)
    return codegen.emit_c(assembled.module, target)
