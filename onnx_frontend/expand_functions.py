"""Operators that the standard defines by others are replaced by these, where halo has no better."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import onnx
from onnx import inliner

from onnx_frontend.registry import known_versions, supported_operators


def expand_functions(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return `model` with the nodes expanded that only the standard's own definition is known for.

    A model without such nodes comes back as it is.
    """
    versions = {o.domain: o.version for o in model.opset_import}
    if not any(_function(node, versions) for node in _nodes(model.graph)):
        return model
    explicit = onnx.ModelProto()
    explicit.CopyFrom(model)
    for node in _nodes(explicit.graph):
        _add_defaults(node, _function(node, versions))
    try:
        expanded: onnx.ModelProto = inliner.inline_selected_functions(
            explicit, list(supported_operators()), exclude=True, inline_schema_functions=True
        )
    except RuntimeError:  # types that onnx cannot infer; the nodes are reported as they are
        return model
    return expanded


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            graphs: Iterable[onnx.GraphProto] = (
                [attribute.g] if attribute.HasField("g") else attribute.graphs
            )
            for inner in graphs:
                yield from _nodes(inner)


def _function(node: onnx.NodeProto, versions: dict[str, int]) -> onnx.defs.OpSchema | None:
    """Return what the standard says of an operator that is to be expanded, else None."""
    domain = "" if node.domain == "ai.onnx" else node.domain
    if known_versions(domain, node.op_type):
        return None
    try:
        schema = onnx.defs.get_schema(node.op_type, versions.get(domain, 1), domain)
    except onnx.defs.SchemaError:
        return None
    return schema if schema.has_function or schema.has_context_dependent_function else None


def _add_defaults(node: onnx.NodeProto, schema: onnx.defs.OpSchema | None) -> None:
    """Write out the attributes that have their default: definitions refer to them."""
    given = {a.name for a in node.attribute}
    for name, attribute in schema.attributes.items() if schema is not None else ():
        if name not in given and attribute.default_value.name:
            node.attribute.append(attribute.default_value)
