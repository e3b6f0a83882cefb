"""How much is evaluated when a model is compiled: a file of a hundred bytes can ask for all memory.

What is not evaluated then is computed when the model runs, where entry checks bound its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import onnx
from onnx import numpy_helper

from onnx_frontend.tensor_data import Array

LARGEST = 1 << 26
"""Elements that results may have which are more than their operands."""

_GROWTH = 4
"""How many times the elements of the operands results may have in any case."""

_SLOW = 1 << 18
"""Elements that an operator may read and make which the reference computes one by one."""

_TOLD = 64
"""Elements of an operand up to which it may tell the size of results."""

_ONE_BY_ONE = frozenset(
    {"AveragePool", "GlobalLpPool", "LpPool", "LRN", "MaxPool", "MaxRoiPool", "MaxUnpool"}
    | {"Col2Im", "Conv", "ConvInteger", "ConvTranspose", "DeformConv", "QLinearConv", "STFT"}
    | {"AffineGrid", "Attention", "Det", "GridSample", "Resize", "RoiAlign", "Upsample"}
    | {"GRU", "LSTM", "RNN", "MatMulInteger", "QLinearMatMul", "TfIdfVectorizer", "TreeEnsemble"}
    | {"NonMaxSuppression", "ReverseSequence", "ScatterElements", "ScatterND", "TopK", "Unique"}
)
"""Operators that the reference evaluates by loops of Python."""


def is_small(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> bool:
    """Whether the one node of `model` is to be evaluated for `feeds`, its inputs."""
    read = sum(x.size for x in feeds.values())
    made = _results(model, feeds)
    if model.graph.node[0].op_type in _ONE_BY_ONE and read + made > _SLOW:
        return False
    return made <= max(LARGEST, _GROWTH * read)


def _results(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> int:
    """Return how many elements the results have, as far as shapes and small operands tell."""
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    told = {name: x for name, x in feeds.items() if x.size <= _TOLD and x.dtype != object}
    asked.graph.initializer.extend(numpy_helper.from_array(x, name) for name, x in told.items())
    try:
        inferred = onnx.shape_inference.infer_shapes(asked).graph
    except (RuntimeError, ValueError, onnx.shape_inference.InferenceError):
        return 0  # what is wrong is told where it is translated
    values = {v.name: v for v in (*inferred.output, *inferred.value_info)}
    return sum(_elements(v.type) for v in values.values())


def _elements(type: onnx.TypeProto) -> int:
    dims = type.tensor_type.shape.dim
    return prod(max(d.dim_value, 0) if d.HasField("dim_value") else 1 for d in dims)
