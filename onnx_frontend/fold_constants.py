"""Graph pass: nodes of constants become constants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from onnx_frontend.errors import ModelError
from onnx_frontend.fold_limits import is_small
from onnx_frontend.graph import Graph, Node
from onnx_frontend.registry import is_foreign
from onnx_frontend.tensor_data import Array

_RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial"}
    | {"Bernoulli", "Dropout"}
)

_MISTAKEN = frozenset({"BatchNormalization"})
"""What the evaluator gets wrong in some version."""

_CONSTANTS: dict[str, type] = {
    "value_int": np.int64,
    "value_ints": np.int64,
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_string": object,
    "value_strings": object,
}
"""Attributes of Constant and the type of what they give."""


def fold_unscaled_constants(graph: Graph) -> Graph:
    """Return `graph` with constants folded, but for weights that are kept as scaled integers."""
    return fold_constants(graph, frozenset({"DequantizeLinear"}))


def fold_constants(graph: Graph, kept_operators: frozenset[str] = frozenset()) -> Graph:
    """Return `graph` with every node that reads constants only replaced by its results.

    Nodes of `kept_operators` stay.

    Requires: nodes in an order in which they can run.
    Ensures: outputs and their values are the same. A node that fails stays, to be reported where
    it is translated; so does one that makes random numbers, except that a seed is given, and one
    that a plugin defines, and one whose result would be large (`fold_limits.py`).

    Before: ``w = ConstantOfShape([64, 3])``; after: `w` is a constant.
    """
    constants = dict(graph.constants)
    kept: list[Node] = []
    for node in graph.nodes:
        stays = node.op_type in kept_operators
        results = None if stays else _evaluate(node, graph, constants)
        if results is None:
            kept.append(node)
        else:
            constants |= results
    if len(kept) == len(graph.nodes):
        return graph
    return replace(graph, nodes=tuple(kept), constants=constants)


def _evaluate(node: Node, graph: Graph, constants: dict[str, Array]) -> dict[str, Array] | None:
    if node.op_type in _MISTAKEN:
        return None
    if node.op_type == "Constant" and not node.outputs:
        raise ModelError(f"{node}: it has no output")
    random = node.op_type in _RANDOM and "seed" not in node.attributes
    if random or is_foreign(node.domain, node.op_type):
        return None
    names = [name for name in node.inputs if name]
    if any(name not in constants for name in names) or _has_graph(node):
        return None
    whole = node.attributes.get("value", node.attributes.get("sparse_value"))
    if node.op_type == "Constant" and whole is not None:
        return {node.outputs[0]: whole}
    if node.op_type == "Constant":
        value = next((v for k, v in node.attributes.items() if k in _CONSTANTS), None)
        kind = next((_CONSTANTS[k] for k in node.attributes if k in _CONSTANTS), None)
        return None if value is None else {node.outputs[0]: np.asarray(value, kind)}
    if node.domain not in graph.opsets and node.domain:
        return None
    outputs = [name for name in node.outputs if name]
    feeds = {name: constants[name] for name in names}
    try:
        model = _model_of(node, graph, feeds)
        if not is_small(model, feeds):
            return None
        values = ReferenceEvaluator(model).run(outputs, feeds)
    except Exception:  # whatever the reference cannot do is reported by the translation
        return None
    if not all(isinstance(v, (np.ndarray, np.generic)) for v in values):
        return None
    return {name: np.asarray(v) for name, v in zip(outputs, values, strict=True)}


def _has_graph(node: Node) -> bool:
    return any(isinstance(v, onnx.GraphProto) for v in node.attributes.values())


def _model_of(node: Node, graph: Graph, feeds: dict[str, Array]) -> onnx.ModelProto:
    attributes = {
        name: numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for name, value in node.attributes.items()
    }
    proto = helper.make_node(
        node.op_type, list(node.inputs), list(node.outputs), domain=node.domain, **attributes
    )
    inputs = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for n, v in feeds.items()
    ]
    outputs = [helper.make_empty_tensor_value_info(n) for n in node.outputs if n]
    made = helper.make_graph([proto], "constants", inputs, outputs)
    opsets = [helper.make_opsetid(d, v) for d, v in graph.opsets.items()]
    return helper.make_model(made, opset_imports=opsets)
