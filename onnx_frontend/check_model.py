"""Looking at a model before anything is made of it: what every part of it may rely on.

What a node means is looked at where it is translated (`check_nodes.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import onnx

from onnx_frontend.errors import ModelError, quoted
from onnx_frontend.proto_graphs import graphs_of

DEEPEST = 32
"""Bodies inside bodies: protobuf reads no more, so no file has them."""

_Field = dict[int, str]
_A = onnx.AttributeProto
_FIELDS: _Field = {
    _A.FLOAT: "f",
    _A.INT: "i",
    _A.STRING: "s",
    _A.TENSOR: "t",
    _A.GRAPH: "g",
    _A.SPARSE_TENSOR: "sparse_tensor",
    _A.TYPE_PROTO: "tp",
    _A.FLOATS: "floats",
    _A.INTS: "ints",
    _A.STRINGS: "strings",
    _A.TENSORS: "tensors",
    _A.GRAPHS: "graphs",
    _A.SPARSE_TENSORS: "sparse_tensors",
    _A.TYPE_PROTOS: "type_protos",
}
_WHOLE = frozenset({_A.TENSOR, _A.GRAPH, _A.SPARSE_TENSOR, _A.TYPE_PROTO})
_ABOUT = frozenset({"name", "type", "doc_string", "ref_attr_name"})


def check_model(model: onnx.ModelProto) -> None:
    """Check names, attributes, versions, and how deep bodies stand.

    Raises
    ------
    ModelError
        A name is missing, stands twice or is no text; an attribute is not what it says; versions
        contradict each other; bodies stand too deep in each other.
    """
    _check_versions(model.opset_import)
    _check_graph(model.graph, "the model")
    _unique([v.name for v in model.graph.output], "the model has two outputs called")
    _check_bodies(model.graph.node, "", refer=False)
    for function in model.functions:
        name = f"function {quoted(_text(function.name, 'a function'))}"
        for what in (function.input, function.output, function.attribute):
            for one in what:
                _text(one, name)
        _check_versions(function.opset_import)
        _check_bodies(function.node, f"{name}, ", refer=True)


def _check_versions(imports: Iterable[onnx.OperatorSetIdProto]) -> None:
    versions: dict[str, int] = {}
    for one in imports:
        domain, version = _text(one.domain, "a domain") or "ai.onnx", one.version
        if versions.setdefault(domain, version) != version:
            raise ModelError(
                f"the model imports two versions of {quoted(domain)}, {versions[domain]} and "
                f"{version}"
            )
        newest = onnx.defs.onnx_opset_version()
        if not 1 <= version < 1 << 31 or (domain == "ai.onnx" and version > newest):
            raise ModelError(
                f"the model imports version {version} of {quoted(domain)}",
                hint=f"versions are known from 1 to {newest}; newer ones with a newer onnx package"
                if domain == "ai.onnx"
                else "versions begin with 1",
            )


def _check_bodies(nodes: Iterable[onnx.NodeProto], place: str, refer: bool) -> None:
    """Check `nodes` and the bodies in them; `refer` says that attributes may be those of a use."""
    open_ = [(iter(enumerate(nodes)), place)]
    while open_:
        rest, within = open_[-1]
        number, node = next(rest, (0, None))
        if node is None:
            open_.pop()
            continue
        label = _check_node(node, number, within, refer)
        for graph in graphs_of(node):
            if len(open_) > DEEPEST:
                raise ModelError(f"{label}: bodies stand more than {DEEPEST} deep in each other")
            _check_graph(graph, f"{label}: its body")
            open_.append((iter(enumerate(graph.node)), f"{label}, "))


def _check_graph(graph: onnx.GraphProto, title: str) -> None:
    _text(graph.name, title)
    sparse = [t.values.name for t in graph.sparse_initializer]
    for values, what in (
        ([v.name for v in graph.input], "an input"),
        ([v.name for v in graph.output], "an output"),
        ([t.name for t in graph.initializer] + sparse, "an initializer"),
        ([v.name for v in graph.value_info], "a declaration"),
    ):
        for name in values:
            if not _text(name, f"{title}: {what}") and what != "a declaration":
                raise ModelError(f"{title} has {what} without a name")
    _unique([v.name for v in graph.input], f"{title} has two inputs called")
    _unique([t.name for t in graph.initializer] + sparse, f"{title} has two initializers called")
    for value in (*graph.input, *graph.output):
        for dim in value.type.tensor_type.shape.dim:
            _text(dim.dim_param, f"{title}: a dimension of {quoted(value.name)}")


def _check_node(node: onnx.NodeProto, number: int, within: str, refer: bool) -> str:
    """Check a node and return what messages call it."""
    title = f"{within}node #{number}"
    operator = _text(node.op_type, title)
    name = _text(node.name, title)
    label = f"{within}{operator} node {quoted(name) if name else f'#{number}'}"
    for text in (node.domain, *node.input, *node.output):
        _text(text, label)
    _unique([a.name for a in node.attribute], f"{label} has two attributes called")
    for attribute in node.attribute:
        _check_attribute(attribute, label, refer)
    return label


def _check_attribute(attribute: onnx.AttributeProto, label: str, refer: bool) -> None:
    title = f"{label}: attribute {quoted(_text(attribute.name, label))}"
    if attribute.ref_attr_name:
        _text(attribute.ref_attr_name, title)
        if not refer:
            raise ModelError(f"{title} refers to one of a function, in which it does not stand")
        return
    wanted = _FIELDS.get(attribute.type)
    if wanted is None:
        raise ModelError(f"{title} does not say what it is: its type is {attribute.type}")
    found = {field.name for field, _ in attribute.ListFields()} - _ABOUT
    if found - {wanted} or (attribute.type in _WHOLE and not found):
        kind = _A.AttributeType.Name(attribute.type)
        raise ModelError(
            f"{title} is said to be {kind} ('{wanted}'), but "
            + (f"{_listed(found)} given" if found else "nothing is given")
        )


def _listed(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in sorted(names)) + " is"


def _text(value: Any, place: str) -> str:
    """Return a text; what is not UTF-8 comes from protobuf as bytes."""
    if not isinstance(value, str):
        raise ModelError(f"{place} has a name that is not UTF-8: {quoted(value)}")
    return value


def _unique(names: Iterable[str], title: str) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ModelError(f"{title} {quoted(name)}")
