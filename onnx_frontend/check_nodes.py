"""What the standard says of a node: how many operands, which attributes, elements of which types.

It is asked where it knows the operator; what plugins and other domains define, it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import onnx

from halo.ops.tensor import Tensor
from onnx_frontend.element_types import type_name, type_number
from onnx_frontend.errors import ModelError, quoted
from onnx_frontend.graph import Graph, Node
from onnx_frontend.registry import is_foreign
from onnx_frontend.values import Text, Value

_Kinds = onnx.defs.OpSchema.AttrType
_Options = onnx.defs.OpSchema.FormalParameterOption


def _all(type: type) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, list) and all(isinstance(x, type) for x in v)


_IS: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    _Kinds.FLOAT: ("a number", lambda v: isinstance(v, float)),
    _Kinds.INT: ("an integer", lambda v: isinstance(v, int)),
    _Kinds.STRING: ("a string", lambda v: isinstance(v, str)),
    _Kinds.TENSOR: ("a tensor", lambda v: isinstance(v, np.ndarray)),
    _Kinds.SPARSE_TENSOR: ("a tensor", lambda v: isinstance(v, np.ndarray)),
    _Kinds.GRAPH: ("a graph", lambda v: isinstance(v, onnx.GraphProto)),
    _Kinds.FLOATS: ("a list of numbers", _all(float)),
    _Kinds.INTS: ("a list of integers", _all(int)),
    _Kinds.STRINGS: ("a list of strings", _all(str)),
}


def check_nodes(graph: Graph) -> Graph:
    """Return `graph`, having checked each node against the standard.

    Raises
    ------
    ModelError
        A node has too many or too few operands, or an attribute that is missing, unknown or of
        another type.
    """
    for node in graph.nodes:
        schema = schema_of(node, graph.opsets.get(node.domain, 1))
        if schema is not None:
            _check_operands(node, schema)
            _check_attributes(node, schema)
    return graph


def schema_of(node: Node, version: int) -> onnx.defs.OpSchema | None:
    """Return what the standard says of the operator of `node`, None if it does not know it."""
    if is_foreign(node.domain, node.op_type):
        return None
    return _schema(node.op_type, version, node.domain)


@cache
def _schema(operator: str, version: int, domain: str) -> onnx.defs.OpSchema | None:
    try:
        schema = onnx.defs.get_schema(operator, version, domain)
    except onnx.defs.SchemaError:
        return None
    return None if schema.deprecated else schema


def _check_operands(node: Node, schema: onnx.defs.OpSchema) -> None:
    inputs, outputs = _given(node.inputs), _given(node.outputs)
    if not schema.min_input <= inputs <= schema.max_input:
        raise ModelError(f"{node}: {inputs} inputs do not fit the operator")
    if outputs > schema.max_output:
        raise ModelError(f"{node}: {outputs} outputs do not fit the operator")
    for i, name in enumerate(node.inputs):
        formal = schema.inputs[min(i, len(schema.inputs) - 1)] if schema.inputs else None
        if formal is not None and not name and formal.option != _Options.Optional:
            raise ModelError(f"{node}: its input {quoted(formal.name)} is left out")


def _given(names: Sequence[str]) -> int:
    """Return how many there are up to the last that is not left out."""
    return max((i + 1 for i, name in enumerate(names) if name), default=0)


def _check_attributes(node: Node, schema: onnx.defs.OpSchema) -> None:
    for name, value in node.attributes.items():
        known = schema.attributes.get(name)
        if known is None:
            names = ", ".join(sorted(schema.attributes)) or "none"
            raise ModelError(
                f"{node}: the operator has no attribute {quoted(name)} in version "
                f"{schema.since_version}",
                hint=f"it has: {names}",
            )
        what, fits = _IS.get(known.type, ("", lambda _: True))
        if not fits(value):
            raise ModelError(f"{node}: attribute {quoted(name)} is {_shown(value)}, not {what}")
    for name, known in schema.attributes.items():
        if known.required and name not in node.attributes:
            raise ModelError(f"{node}: attribute {quoted(name)} is missing")


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return "a tensor"
    if isinstance(value, (onnx.GraphProto, onnx.TypeProto)):
        return "a graph" if isinstance(value, onnx.GraphProto) else "a type"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def check_types(node: Node, version: int, operands: Sequence[Value | None]) -> None:
    """Check that the elements of a node's operands are of types that go together.

    Raises
    ------
    ModelError
        One is of a type that the operator does not take, or two that must be equal differ.
    """
    schema = schema_of(node, version)
    if schema is None or not schema.inputs:
        return
    bound: dict[str, str] = {}
    for i, value in enumerate(operands):
        if not isinstance(value, (Tensor, Text)):
            continue
        x = value.codes if isinstance(value, Text) else value
        formal = schema.inputs[min(i, len(schema.inputs) - 1)]
        own, takes = (
            type_name(type_number(x)),
            _takes(node.op_type, schema.since_version, node.domain),
        )
        allowed = takes[min(i, len(takes) - 1)]
        if allowed and _kind(own) not in map(_kind, allowed):
            raise ModelError(
                f"{node}: its input {quoted(formal.name)} has elements of type {own}, which the "
                "operator does not take",
                hint=f"it takes {', '.join(sorted(allowed))}",
            )
        other = bound.setdefault(formal.type_str, own)
        # First versions say so also of operands that no model gives in one type (Tile's).
        if formal.is_homogeneous and other != own and schema.since_version > 1:
            raise ModelError(
                f"{node}: its operands have elements of types {other} and {own}, which must be "
                "equal",
                hint="a Cast in front of it makes them equal",
            )


def _kind(type: str) -> str:
    """Return what the elements of a type are; operators take more widths than the standard says."""
    kinds = {"string": "string", "bool": "bool", "complex": "complex", "int": "integer"}
    return next(
        (k for word, k in kinds.items() if type.removeprefix("u").startswith(word)), "float"
    )


@cache
def _takes(operator: str, version: int, domain: str) -> tuple[frozenset[str], ...]:
    """Return the element types that each input takes if it is a tensor; none where any will do.

    Later versions take more types, and so do the earlier ones here. What later versions do not
    have, the first may take in types that no model gives it in (Tile's).
    """
    own, newest = (
        onnx.defs.get_schema(operator, version, domain),
        onnx.defs.get_schema(operator, domain),
    )
    later = own.inputs if newest.deprecated else newest.inputs
    unions = ({*formal.types, *same.types} for formal, same in zip(own.inputs, later, strict=False))
    takes = [
        frozenset(t[len("tensor(") : -1] for t in types if t.startswith("tensor("))
        for types in unions
    ]
    return (*takes, *[frozenset()] * (len(own.inputs) - len(takes)))


def check_declared(value: Value | None, declared: int, title: str) -> None:
    """Check that a tensor has the ONNX element type that the model declares, if it is one.

    Raises
    ------
    ModelError
        It has another.
    """
    x = value.codes if isinstance(value, Text) else value
    if declared and isinstance(x, Tensor) and type_number(x) != declared:
        raise ModelError(
            f"{title} has elements of type {type_name(type_number(x))}; the model declares "
            f"{type_name(declared)}"
        )
