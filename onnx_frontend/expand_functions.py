"""Operators that the standard defines by others are replaced by these, where halo has no better."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import onnx

from onnx_frontend.proto_graphs import graphs_of, nodes_within
from onnx_frontend.registry import known_versions

_DEPTH = 8
"""How deep definitions may stand inside definitions."""


def expand_functions(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return `model` with the nodes expanded that only the standard's own definition is known for.

    A model without such nodes comes back as it is. A node whose definition depends on types that
    onnx cannot infer stays, to be reported.
    """
    versions = {_domain(o.domain): o.version for o in model.opset_import}
    if not any(_schema(node, versions) for node in nodes_within(model.graph.node)):
        return model
    expanded = onnx.ModelProto()
    expanded.CopyFrom(model)
    expander = _Expander(versions)
    for _ in range(_DEPTH):
        types = _value_types(expanded, versions)
        if not expander.expand(expanded.graph, types):
            break
    return expanded


def _domain(name: str) -> str:
    return "" if name == "ai.onnx" else name


def _schema(node: onnx.NodeProto, versions: Mapping[str, int]) -> onnx.defs.OpSchema | None:
    """Return what the standard says of an operator that is to be expanded, else None."""
    domain = _domain(node.domain)
    if known_versions(domain, node.op_type):
        return None
    try:
        schema = onnx.defs.get_schema(node.op_type, versions.get(domain, 1), domain)
    except onnx.defs.SchemaError:
        return None
    return schema if schema.has_function or schema.has_context_dependent_function else None


def _value_types(model: onnx.ModelProto, versions: Mapping[str, int]) -> dict[str, onnx.TypeProto]:
    """Return the types of values by name, if a definition depends on them."""
    schemas = (_schema(node, versions) for node in nodes_within(model.graph.node))
    if not any(s is not None and s.has_context_dependent_function for s in schemas):
        return {}
    # What is wrong with it is told where it is read.
    with suppress(RuntimeError, ValueError, onnx.shape_inference.InferenceError):
        model = onnx.shape_inference.infer_shapes(model)
    graph = model.graph
    values = (*graph.value_info, *graph.output, *graph.input)
    # A type that says nothing is none: onnx reads what it says without asking whether it is there.
    types = {v.name: v.type for v in values if v.type.WhichOneof("value")}
    for t in graph.initializer:
        types[t.name] = onnx.helper.make_tensor_type_proto(t.data_type, t.dims)
    return types


class _Expander:
    """Expands the nodes of graphs, once; names that definitions bring get a prefix of their own."""

    def __init__(self, versions: Mapping[str, int]) -> None:
        self.versions = versions
        self.count = 0

    def expand(self, graph: onnx.GraphProto, types: Mapping[str, onnx.TypeProto]) -> bool:
        """Replace what can be; return whether anything was."""
        nodes: list[onnx.NodeProto] = []
        changed = False
        for node in graph.node:
            for inner in graphs_of(node):
                changed |= self.expand(inner, types)
            schema = _schema(node, self.versions)
            body = None if schema is None else _definition(node, schema, self.versions, types)
            if schema is None or body is None:
                nodes.append(node)
                continue
            changed = True
            self.count += 1
            nodes += _instance(body, node, schema, f"{node.op_type}_{self.count}__")
        if changed:
            copies = [onnx.NodeProto.FromString(n.SerializeToString()) for n in nodes]
            del graph.node[:]
            graph.node.extend(copies)
        return changed


def _definition(
    node: onnx.NodeProto,
    schema: onnx.defs.OpSchema,
    versions: Mapping[str, int],
    types: Mapping[str, onnx.TypeProto],
) -> onnx.FunctionProto | None:
    """Return the definition of `node`, None if there is none for what is known of it."""
    newest = versions.get(_domain(node.domain), 1)
    if schema.has_function:
        fitting = [v for v in schema.function_opset_versions if v <= newest]
        if fitting:
            text = schema.get_function_with_opset_version(max(fitting))
            return onnx.FunctionProto.FromString(text)
    given = [types.get(name) if name else onnx.TypeProto() for name in _trimmed(node.input)]
    known = [t.SerializeToString() for t in given if t is not None]
    fitting = [v for v in schema.context_dependent_function_opset_versions if v <= newest]
    if len(known) < len(given) or not fitting:
        return None
    full = onnx.NodeProto()
    full.CopyFrom(node)
    del full.input[:]
    full.input.extend(_trimmed(node.input))
    full.attribute.extend(_defaults(node, schema))
    try:
        text = schema.get_context_dependent_function_with_opset_version(
            max(fitting), full.SerializeToString(), known
        )
    except (RuntimeError, ValueError):  # the node itself makes no sense
        return None
    return onnx.FunctionProto.FromString(text)


def _trimmed(names: Iterable[str]) -> list[str]:
    """Return `names` without the empty ones at the end."""
    result = list(names)
    while result and not result[-1]:
        result.pop()
    return result


def _defaults(node: onnx.NodeProto, schema: onnx.defs.OpSchema) -> Iterator[onnx.AttributeProto]:
    """Yield the attributes that have their default: definitions refer to them."""
    given = {a.name for a in node.attribute}
    for name, attribute in schema.attributes.items():
        if name not in given and attribute.default_value.name:
            yield attribute.default_value


def _instance(
    body: onnx.FunctionProto, node: onnx.NodeProto, schema: onnx.defs.OpSchema, prefix: str
) -> list[onnx.NodeProto]:
    """Return the nodes of `body` with the operands and attributes of `node`."""
    names = {"": ""}
    names |= dict.fromkeys(body.input, "")
    names |= dict(zip(body.input, node.input, strict=False))
    names |= {f: n for f, n in zip(body.output, node.output, strict=False) if n}
    values = {a.name: a for a in (*node.attribute, *_defaults(node, schema))}
    copies = [onnx.NodeProto.FromString(n.SerializeToString()) for n in body.node]
    for copy in copies:
        _bind(copy, names, values, prefix)
    return copies


def _bind(
    node: onnx.NodeProto,
    names: Mapping[str, str],
    values: Mapping[str, onnx.AttributeProto],
    prefix: str,
) -> None:
    """Put the names and attributes of a use into a node of a definition, in place."""

    def renamed(name: str) -> str:
        return names.get(name, f"{prefix}{name}")

    for field in (node.input, node.output):
        new = [renamed(name) for name in field]
        del field[:]
        field.extend(new)
    if node.name:
        node.name = f"{prefix}{node.name}"
    attributes = [_bound(a, values) for a in node.attribute]
    del node.attribute[:]
    node.attribute.extend(a for a in attributes if a is not None)
    for graph in graphs_of(node):
        for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
            value.name = renamed(value.name)
        for inner in graph.node:
            _bind(inner, names, values, prefix)


def _bound(
    attribute: onnx.AttributeProto, values: Mapping[str, onnx.AttributeProto]
) -> onnx.AttributeProto | None:
    """Return an attribute with the value it refers to; None if that is not given."""
    if not attribute.ref_attr_name:
        return attribute
    given = values.get(attribute.ref_attr_name)
    if given is None:
        return None
    made = onnx.AttributeProto()
    made.CopyFrom(given)
    made.name = attribute.name
    return made
