"""A model as plain data: nodes with decoded attributes, constants as arrays, opset versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import onnx

from onnx_frontend.errors import ModelError, quoted
from onnx_frontend.tensor_data import Array as Array
from onnx_frontend.tensor_data import to_array, to_dense

_KINDS = frozenset({"tensor", "sequence", "optional", "optional sequence", "map", "sequence map"})


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """An operation of the model.

    Attributes
    ----------
    op_type, domain
        Which operator; the domain is ``""`` for the standard one.
    inputs, outputs
        Names of values; ``""`` stands for one left out.
    attributes
        Decoded: ints, floats, str, lists of these, arrays for tensors.
    label
        The node's name, or its place in the model, for messages.
    """

    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        """The values that it reads, those that its bodies take from around them included."""
        bodies = [a for a in self.attributes.values() if isinstance(a, onnx.GraphProto)]
        return (*self.inputs, *(name for body in bodies for name in captured(body)))

    def __str__(self) -> str:
        return f"{self.op_type} node {self.label}"


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output: the ONNX element type and the dimensions (None: of unknown rank).

    A dimension is an int, the name of a symbol, or None if nothing is known. The kind is "tensor",
    "sequence", "optional" (a tensor), "optional sequence", "map" or "sequence map"; of maps the
    element type is that of the values, and `key_type` that of the keys.
    """

    name: str
    element_type: int
    dims: tuple[int | str | None, ...] | None
    kind: str = "tensor"
    key_type: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A model; `nodes` are in an order in which they can run.

    `declared` has the ONNX element types that the model states of tensors, where it does.
    """

    name: str
    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    opsets: Mapping[str, int]
    declared: Mapping[str, int] = field(default_factory=dict)

    def uses(self) -> Counter[str]:
        """Return how often each value is read, being a result of the model counted as well."""
        names = Counter(name for node in self.nodes for name in node.reads)
        names.update(value.name for value in self.outputs)
        return names


def read_graph(model: onnx.ModelProto) -> Graph:
    """Return the graph of `model`.

    Raises
    ------
    ModelError
        It has no nodes and no outputs, a value is read that nothing makes, or a value is made
        twice.
    """
    proto = model.graph
    constants = _constants(proto)
    inputs = tuple(_value(v) for v in proto.input if v.name not in constants)
    outputs = tuple(_value(v) for v in proto.output)
    name = short(proto.name) or "model"
    if not outputs:
        raise ModelError(f"model {name} has no outputs", hint="is the file complete?")
    opsets = {_domain(o.domain): o.version for o in model.opset_import}
    nodes = tuple(_node(n, i) for i, n in enumerate(proto.node))
    graph = Graph(name, nodes, constants, inputs, outputs, opsets, _declared(proto))
    check_values(graph)
    return graph


def _constants(proto: onnx.GraphProto) -> dict[str, Array]:
    made = {t.name: to_array(t, t.name) for t in proto.initializer}
    return made | {t.values.name: to_dense(t) for t in proto.sparse_initializer}


def _declared(proto: onnx.GraphProto) -> dict[str, int]:
    values = (*proto.value_info, *proto.output)
    types = {v.name: v.type.tensor_type.elem_type for v in values}
    return {name: kind for name, kind in types.items() if kind}


def read_body(proto: onnx.GraphProto, opsets: Mapping[str, int]) -> Graph:
    """Return the graph that is an attribute; of its inputs and outputs only the names are read."""
    constants = _constants(proto)
    inputs = tuple(Value(v.name, 0, None) for v in proto.input if v.name not in constants)
    outputs = tuple(Value(v.name, 0, None) for v in proto.output)
    nodes = tuple(_node(n, i) for i, n in enumerate(proto.node))
    name = short(proto.name) or "body"
    return Graph(name, nodes, constants, inputs, outputs, opsets, _declared(proto))


def captured(body: onnx.GraphProto) -> tuple[str, ...]:
    """Return the names that `body`, and bodies in it, take from around it."""
    own = {v.name for v in body.input} | {t.name for t in body.initializer} | {""}
    own.update(name for node in body.node for name in node.output)
    read = [v.name for v in body.output]
    for node in body.node:
        read += node.input
        for attribute in node.attribute:
            graphs = [attribute.g] if attribute.HasField("g") else attribute.graphs
            read += [name for inner in graphs for name in captured(inner)]
    return tuple(dict.fromkeys(name for name in read if name not in own))


def check_values(graph: Graph) -> None:
    """Check that every value is made once, before it is read.

    Raises
    ------
    ModelError
        One is not.
    """
    made = set(graph.constants) | {v.name for v in graph.inputs} | {""}
    for node in graph.nodes:
        for name in node.inputs:
            if name not in made:
                raise ModelError(
                    f"{node} reads {quoted(name)}, which no node before it makes",
                    hint="onnx.checker.check_model tells more; was the model cut out of another?",
                )
        for name in node.outputs:
            if name and name in made:
                raise ModelError(f"{node} makes {quoted(name)}, which exists already")
            made.add(name)
    for value in graph.outputs:
        if value.name not in made:
            raise ModelError(f"no node makes the output {quoted(value.name)}")


def short(name: str) -> str:
    """Return the name of a graph for messages, of which identifiers are made, too."""
    return quoted(name)[1:-1]


def _domain(name: str) -> str:
    return "" if name == "ai.onnx" else name


def _node(proto: onnx.NodeProto, index: int) -> Node:
    label = quoted(proto.name) if proto.name else f"#{index}"
    node = Node(
        proto.op_type, _domain(proto.domain), tuple(proto.input), tuple(proto.output), {}, label
    )
    try:
        return replace(node, attributes={a.name: _attribute(a) for a in proto.attribute})
    except ModelError as error:
        raise ModelError(f"{node}: {error.message}", hint=error.hint) from None


def _attribute(attribute: onnx.AttributeProto) -> Any:
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, onnx.TensorProto):
        return to_array(value, attribute.name)
    if isinstance(value, onnx.SparseTensorProto):
        return to_dense(value)
    if isinstance(value, Iterable) and not isinstance(value, (str, np.ndarray)):
        return [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in value]
    return value


def _value(proto: onnx.ValueInfoProto) -> Value:
    kinds: list[str] = []
    type = proto.type
    while type.WhichOneof("value") in ("optional_type", "sequence_type"):
        outer = type.WhichOneof("value")
        kinds.append(outer.removesuffix("_type"))
        type = getattr(type, outer).elem_type
    key_type = 0
    if type.WhichOneof("value") == "map_type":
        kinds.append("map")
        key_type, type = type.map_type.key_type, type.map_type.value_type
    kind = " ".join(kinds) or "tensor"
    if type.WhichOneof("value") != "tensor_type" or kind not in _KINDS:
        found = " ".join([*kinds, type.WhichOneof("value") or "value of unknown type"])
        raise ModelError(
            f"{quoted(proto.name)} is a {found.replace('_type', '')}: "
            "only tensors, sequences of them, optional ones and maps can be inputs and outputs"
        )
    tensor = type.tensor_type
    dims = tuple(_dimension(d) for d in tensor.shape.dim) if tensor.HasField("shape") else None
    return Value(proto.name, tensor.elem_type, dims, kind, key_type)


def _dimension(dim: onnx.TensorShapeProto.Dimension) -> int | str | None:
    match dim.WhichOneof("value"):
        case "dim_value":
            return dim.dim_value if dim.dim_value >= 0 else None
        case "dim_param":
            return dim.dim_param if dim.dim_param not in ("", "?") else None
        case _:
            return None
