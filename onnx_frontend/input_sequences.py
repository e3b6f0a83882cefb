"""Inputs that are sequences, optional or maps: the tensors they consist of become inputs.

A map becomes the vectors of its keys and of its values, a sequence its tensors where their shapes
are given when the model is compiled. Else it becomes the vector of all their cells and the matrix
of their shapes (see `OpenSequence`): only a run tells how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import onnx

from onnx_frontend.errors import ModelError
from onnx_frontend.graph import Graph, Value
from onnx_frontend.pictures import CHANNELS, encoded_inputs, encoding_of
from onnx_frontend.shapes import Dimension, Shapes

_STRING = onnx.TensorProto.STRING

Shape = Sequence[Dimension]
Given = Mapping[str, Shape | Sequence[Shape] | None]
"""Per input its shape, of a sequence those of its tensors, None for an optional one not there."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What an input consists of: tensors by name, which are a sequence or one; or nothing.

    Of a map its keys and its values; of an open sequence its cells and its shapes, and `dims` are
    the sizes that the model says all tensors have. With `is_optional` the last says whether it is
    there at all.
    """

    names: tuple[str, ...]
    is_sequence: bool
    is_map: bool = False
    is_open: bool = False
    dims: tuple[int | None, ...] = ()
    is_optional: bool = False


KEYS, VALUES = "keys", "values"
"""The parts of a map."""

THERE = "there"
"""The part of an optional input or output that says whether it is there."""


DATA, SHAPES = "data", "shapes"
"""The parts of a sequence of which only a run tells the length."""


def part_name(name: str, number: int | str) -> str:
    """Return the name of a tensor of a sequence, or of a part of one, a map or an optional."""
    return f"{name}[{number}]"


def split_inputs(
    graph: Graph, given: Given | None
) -> tuple[Graph, Shapes | None, Mapping[str, Parts]]:
    """Return `graph` with tensors for inputs only, their shapes, and what the inputs were.

    Raises
    ------
    ModelError
        It is not told what a sequence or an optional input consists of.
    """
    shapes: dict[str, Any] = dict(given or {})
    parts: dict[str, Parts] = {}
    values: list[Value] = []
    images = encoded_inputs(graph)
    for value in graph.inputs:
        if value.name in images:
            pixels = images[value.name]
            shapes.pop(value.name, None)  # of the bytes, whose number does not matter
            dims = (None, None, CHANNELS.get(pixels))
            values.append(replace(value, dims=dims, kind=encoding_of(pixels)))
            continue
        if value.kind == "tensor":
            values.append(_with_bytes(value, shapes) if value.element_type == _STRING else value)
            continue
        if value.kind == "map":
            own_names = tuple(part_name(value.name, part) for part in (KEYS, VALUES))
            parts[value.name] = Parts(own_names, False, is_map=True)
            size = f"{value.name} entries"
            for name, type in zip(own_names, (value.key_type, value.element_type), strict=True):
                vector = Value(name, type, (size,))
                values.append(_with_bytes(vector, shapes) if type == _STRING else vector)
            continue
        if value.kind == "sequence map":
            raise ModelError(f"input '{value.name}' is a sequence of maps: not supported")
        if value.name not in shapes and is_open(value):
            made, parts[value.name] = _open_parts(value)
            values += made
            continue
        if value.name not in shapes:
            raise ModelError(
                f"input '{value.name}' is a {value.kind}: it is not known what it consists of",
                hint=f"give its shapes, for example shapes={{{value.name!r}: [[2, 3], [4, 3]]}}"
                ", or None for an optional input that is not there",
            )
        own = shapes.pop(value.name)
        is_sequence = own is None or all(isinstance(d, (list, tuple)) for d in own)
        if own is None:
            parts[value.name] = Parts((), False)
            continue
        if value.element_type == _STRING:
            raise ModelError(f"input '{value.name}' is a {value.kind} of strings: not supported")
        if value.kind == "sequence" and not is_sequence:
            raise ModelError(f"the shape {list(own)} is given for the sequence '{value.name}'")
        each: list[Any] = list(own) if is_sequence and value.kind != "optional" else [own]
        is_sequence = value.kind != "optional"
        names = [part_name(value.name, i) if is_sequence else value.name for i in range(len(each))]
        parts[value.name] = Parts(tuple(names), is_sequence)
        for name, shape in zip(names, each, strict=True):
            # One name of a dimension may stand for other sizes in each tensor.
            values.append(Value(name, value.element_type, None))
            shapes[name] = _flat(name, shape)
    flat = {name: _flat(name, shape) for name, shape in shapes.items()}
    return replace(graph, inputs=tuple(values)), flat or None, parts


def is_open(value: Value) -> bool:
    """Whether a run may tell what an input consists of: the model tells a type and a rank.

    It is a sequence, of any length, or optional, and of numbers.
    """
    is_told = value.dims is not None and value.element_type not in (0, _STRING)
    return value.kind in ("sequence", "optional", "optional sequence") and is_told


def _open_parts(value: Value) -> tuple[list[Value], Parts]:
    """Return the tensors that an input consists of that `is_open`, and what they are of it."""
    dims = tuple(d if isinstance(d, int) else None for d in value.dims or ())
    if value.kind == "optional":
        # A name that it shares with others says nothing of it where it is not there.
        made = [replace(value, kind="tensor", dims=dims)]
    else:
        data, shapes = (part_name(value.name, part) for part in (DATA, SHAPES))
        rows = (None, len(dims))
        made = [
            Value(data, value.element_type, (None,)),
            Value(shapes, onnx.TensorProto.INT64, rows),
        ]
    is_optional = value.kind != "sequence"
    if is_optional:
        made.append(Value(part_name(value.name, THERE), onnx.TensorProto.BOOL, ()))
    names = tuple(v.name for v in made)
    is_sequence = value.kind != "optional"
    return made, Parts(names, is_sequence, False, is_sequence, dims, is_optional)


def _with_bytes(value: Value, shapes: dict[str, Any]) -> Value:
    """Return an input of strings with an axis more, for their bytes."""
    own = shapes.get(value.name)
    if own is not None:
        shapes[value.name] = [*own, None]
    return value if value.dims is None else replace(value, dims=(*value.dims, None))


def _flat(name: str, shape: Shape | Sequence[Shape] | None) -> Shape:
    dims: list[Dimension] = []
    for d in shape if shape is not None else [()]:
        if isinstance(d, (list, tuple)):
            raise ModelError(f"shapes of a sequence are given for '{name}', which is a tensor")
        assert d is None or isinstance(d, (int, str))
        dims.append(d)
    return dims
