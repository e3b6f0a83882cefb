"""A model of which all values can be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import onnx
from onnx import helper

from onnx_frontend.graph import captured


def with_all_values(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return `model` with every tensor that its outputs depend on being an output, too.

    Sequences and optional values are left out, and so are outputs that nobody reads. The outputs
    that it has stay the first.
    """
    made = onnx.ModelProto()
    made.CopyFrom(model)
    known = {v.name for v in model.graph.output}
    types = inferred_types(model)
    for name in live_values(model.graph):
        type = types.get(name)
        if name in known or (type is not None and type.WhichOneof("value") != "tensor_type"):
            continue
        value = helper.make_tensor_value_info(name, onnx.TensorProto.UNDEFINED, None)
        if type is not None and type.tensor_type.elem_type:
            value.type.CopyFrom(type)
        made.graph.output.append(value)
    return made


def inferred_types(model: onnx.ModelProto) -> dict[str, onnx.TypeProto]:
    """Return the types of values by name, as far as onnx can tell."""
    with suppress(Exception):  # a model without types can be looked at all the same
        model = onnx.shape_inference.infer_shapes(model)
    graph = model.graph
    return {v.name: v.type for v in (*graph.value_info, *graph.output, *graph.input)}


def live_values(graph: onnx.GraphProto) -> list[str]:
    """Return what nodes make and others, or the outputs, depend on; in the order of the nodes."""
    wanted = {v.name for v in graph.output}
    for node in reversed(graph.node):
        if not wanted.isdisjoint(node.output):
            wanted.update(reads_of(node))
    return [n for node in graph.node for n in node.output if n and n in wanted]


def reads_of(node: onnx.NodeProto) -> Iterable[str]:
    """Return the values that `node`, and bodies in it, read."""
    names = [name for name in node.input if name]
    for attribute in node.attribute:
        bodies = [attribute.g] if attribute.HasField("g") else attribute.graphs
        names += [name for body in bodies for name in captured(body)]
    return dict.fromkeys(names)
