"""Arrays to run a model on: those given, and random ones for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import onnx

from onnx_frontend.errors import ModelError
from onnx_frontend.example_lists import EXAMPLES
from onnx_frontend.example_maps import example_keys
from onnx_frontend.graph import Array, Graph, Value, read_graph
from onnx_frontend.input_sequences import DATA, KEYS, SHAPES, VALUES, is_open, part_name
from onnx_frontend.shapes import describe_dims

BATCH, SIZE = 2, 16
"""What symbolic sizes are, those of a first axis and others, where nobody says."""

_INTEGERS = 100
"""Random integers are less than this."""


def example_inputs(
    model: onnx.ModelProto,
    given: Mapping[str, Array],
    shapes: Mapping[str, tuple[int, ...]],
    seed: int = 0,
    *,
    parts: bool = False,
) -> dict[str, Array]:
    """Return an array for each input of `model`.

    Random floats are in [-1, 1), integers in [0, 100), or as many as their type holds. Of a map
    there are two arrays, as a compiled model takes it: its keys are those that nodes know. So there
    are of a sequence of open length.

    Parameters
    ----------
    given
        The arrays that are there already, by name.
    shapes
        By name of an input its shape; by name of a symbolic size of the model its value, as a
        shape of one axis.
    seed
        Of the random numbers; those of an input depend on its place, not on what else is given.
    parts
        Whether to make inputs that are maps and sequences, too.

    Raises
    ------
    ModelError
        A name is unknown, a shape does not fit, or an input is no tensor of numbers.
    """
    graph = read_graph(model)
    own = [
        v
        for v in graph.inputs
        if parts and (v.kind == "map" or (v.kind == "sequence" and is_open(v)))
    ]
    _check_names(graph, [part for v in own for part in _parts(v)], given, shapes)
    sizes = _default_sizes(graph)
    sizes |= {name: shape[0] for name, shape in shapes.items() if len(shape) == 1}
    for value in graph.inputs:  # arrays tell sizes, too
        if value.name in given:
            pairs = zip(value.dims or (), given[value.name].shape, strict=False)
            sizes |= {d: n for d, n in pairs if isinstance(d, str)}
    arrays: dict[str, Array] = {}
    for place, value in enumerate(graph.inputs):
        generator = np.random.default_rng([seed, place])
        if value.name in given:
            arrays[value.name] = given[value.name]
        elif value in own and not _are_given(value, given):
            if value.kind == "map":
                arrays |= _map(graph, value, generator)
            else:
                shape = _shape(value, shapes.get(value.name), sizes)
                arrays |= _sequence(value, shape, generator)
        elif value in own:
            arrays |= {part: given[part] for part in _parts(value)}
        else:
            shape = _shape(value, shapes.get(value.name), sizes)
            arrays[value.name] = _random(value, shape, generator)
    return arrays


def _parts(value: Value) -> tuple[str, str]:
    first, second = (KEYS, VALUES) if value.kind == "map" else (DATA, SHAPES)
    return part_name(value.name, first), part_name(value.name, second)


def _are_given(value: Value, given: Mapping[str, Array]) -> bool:
    """Whether the two arrays of a map or a sequence are given, or none of them."""
    there = [part for part in _parts(value) if part in given]
    if len(there) == 1:
        raise ModelError(
            f"of input '{value.name}', which is a {value.kind}, one array is given",
            hint="give both: {} and {}".format(*_parts(value)),
        )
    return bool(there)


def _sequence(
    value: Value, shape: tuple[int, ...], generator: np.random.Generator
) -> dict[str, Array]:
    data, shapes = _parts(value)
    drawn = _random(replace(value, kind="tensor"), (EXAMPLES, *shape), generator)
    rows = np.array([shape] * EXAMPLES, np.int64).reshape(EXAMPLES, len(shape))
    return {data: drawn.reshape(-1), shapes: rows}


def _map(graph: Graph, value: Value, generator: np.random.Generator) -> dict[str, Array]:
    keys, values = _parts(value)
    drawn = example_keys(graph, value, generator)
    if value.element_type == onnx.TensorProto.STRING:
        words = [f"value {i}" for i in generator.integers(0, _INTEGERS, len(drawn))]
        return {keys: drawn, values: np.array(words, object)}
    each = replace(value, kind="tensor")
    return {keys: drawn, values: _random(each, drawn.shape, generator)}


def _default_sizes(graph: Graph) -> dict[str, int]:
    """Return a size for each name, which may stand for the first axis of one input only."""
    places = [(d, axis) for v in graph.inputs for axis, d in enumerate(v.dims or ())]
    sizes = {d: SIZE for d, _ in places if isinstance(d, str)}
    return sizes | {d: BATCH for d, axis in places if isinstance(d, str) and not axis}


def _check_names(
    graph: Graph,
    parts: Sequence[str],
    given: Mapping[str, Array],
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    inputs = [*(v.name for v in graph.inputs), *parts]
    sizes = sorted({d for v in graph.inputs for d in v.dims or () if isinstance(d, str)})
    for name in given:
        if name not in inputs:
            raise ModelError(
                f"an array is given for '{name}', which is no input of model {graph.name}",
                hint=f"its inputs are: {', '.join(inputs) or 'none'}",
            )
    for name, shape in shapes.items():
        if name not in inputs and not (name in sizes and len(shape) == 1):
            raise ModelError(
                f"a shape is given for '{name}', which is no input and no size of model "
                f"{graph.name}",
                hint=f"its inputs are: {', '.join(inputs) or 'none'}; its symbolic sizes: "
                f"{', '.join(sizes) or 'none'}",
            )


def _shape(
    value: Value, given: tuple[int, ...] | None, sizes: Mapping[str, int]
) -> tuple[int, ...]:
    if given is None and value.dims is None:
        raise ModelError(
            f"the model does not say how many dimensions input '{value.name}' has",
            hint=f"give its shape: --shape {value.name}=1x3x224x224",
        )
    dims = value.dims if value.dims is not None else (None,) * len(given or ())
    if given is not None and (
        len(given) != len(dims)
        or any(isinstance(d, int) and d != n for d, n in zip(dims, given, strict=True))
    ):
        raise ModelError(
            f"the shape {describe_dims(given)} given for input '{value.name}' does not fit the "
            f"model's {describe_dims(dims)}"
        )
    return given or tuple(
        d if isinstance(d, int) else sizes.get(d or "", SIZE if axis else BATCH)
        for axis, d in enumerate(dims)
    )


def _random(value: Value, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    if value.kind != "tensor" or value.element_type in (onnx.TensorProto.STRING, 0):
        raise ModelError(
            f"input '{value.name}' is no tensor of numbers, so no random one can be made",
            hint=f"give one: --input {value.name}=FILE.npy",
        )
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(value.element_type))
    if dtype.kind == "b":
        return generator.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        high = min(_INTEGERS, int(np.iinfo(dtype).max) + 1)
        return generator.integers(0, high, shape).astype(dtype)
    return generator.uniform(-1, 1, shape).astype(dtype)
