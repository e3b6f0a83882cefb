"""Graph pass: a batch normalization behind a convolution goes into its weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from onnx_frontend.graph import Graph, Node
from onnx_frontend.registry import is_foreign
from onnx_frontend.tensor_data import Array


def fold_batch_norm(graph: Graph) -> Graph:
    """Return `graph` with each BatchNormalization that can be merged into its Conv merged.

    Requires: constants folded. The Conv's weights and bias and the normalization's four operands
    are constants, nothing else reads the Conv's result, and both operators are halo's.
    Ensures: outputs are the same up to rounding: ``w' = w*s`` and ``b' = (b - mean)*s + bias`` with
    ``s = scale / sqrt(variance + epsilon)``, computed in float64.

    Before: ``y = Conv(x, w); z = BatchNormalization(y, ...)``; after: ``z = Conv(x, w', b')``.
    """
    uses = graph.uses()
    makers = {name: node for node in graph.nodes for name in node.outputs}
    constants = dict(graph.constants)
    merged: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph.nodes:
        conv = makers.get(node.inputs[0]) if node.op_type == "BatchNormalization" else None
        if conv is None or not _can_merge(conv, node, graph) or uses[node.inputs[0]] != 1:
            continue
        merged[node.outputs[0]] = _merge(conv, node, constants)
        gone.add(node.inputs[0])
    if not merged:
        return graph
    nodes = [merged.get(n.outputs[0], n) for n in graph.nodes if n.outputs[0] not in gone]
    return replace(graph, nodes=tuple(nodes), constants=constants)


def _can_merge(conv: Node, norm: Node, graph: Graph) -> bool:
    known = graph.constants
    return (
        conv.op_type == "Conv"
        and conv.domain == norm.domain == ""
        and not any(is_foreign("", node.op_type) for node in (conv, norm))
        and all(name in known for name in (*conv.inputs[1:], *norm.inputs[1:]) if name)
        and known[conv.inputs[1]].dtype in (np.float32, np.float64)
        and not norm.attributes.get("training_mode")
        and norm.attributes.get("spatial", 1) == 1
        and sum(1 for name in norm.outputs if name) == 1
    )


def _merge(conv: Node, norm: Node, constants: dict[str, Array]) -> Node:
    weights = constants[conv.inputs[1]]
    scale, bias, mean, variance = (constants[n].astype(np.float64) for n in norm.inputs[1:5])
    factor = scale / np.sqrt(variance + norm.attributes.get("epsilon", 1e-5))
    has_bias = len(conv.inputs) > 2 and conv.inputs[2]
    first = constants[conv.inputs[2]] if has_bias else np.zeros(len(factor))
    shape = (-1, *[1] * (weights.ndim - 1))
    made = {
        f"{norm.outputs[0]}.weights": weights * factor.reshape(shape),
        f"{norm.outputs[0]}.bias": (first - mean) * factor + bias,
    }
    constants |= {name: value.astype(weights.dtype) for name, value in made.items()}
    return replace(conv, inputs=(conv.inputs[0], *made), outputs=norm.outputs[:1])
