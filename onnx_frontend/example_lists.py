"""Sequences of open length: the two arrays of a compiled model, and the lists of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from onnx_frontend.graph import Array
from onnx_frontend.input_sequences import DATA, SHAPES, part_name
from onnx_frontend.sequence_arrays import from_arrays

EXAMPLES = 3
"""Tensors in a random sequence."""


def list_of(name: str, results: Mapping[str, Array]) -> list[Array] | None:
    """Return the tensors that sequence `name` consists of; None if it is none of open length."""
    data, shapes = (results.get(part_name(name, part)) for part in (DATA, SHAPES))
    return None if data is None or shapes is None else from_arrays(data, shapes)


def with_lists(model: onnx.ModelProto, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of `model`, a list for each that is a sequence of open length."""
    result = dict(arrays)
    for value in model.graph.input:
        items = list_of(value.name, result)
        if items is not None:
            for part in (DATA, SHAPES):
                del result[part_name(value.name, part)]
            result[value.name] = items
    return result


def parts_of(name: str, items: Sequence[Array], found: Mapping[str, Array]) -> dict[str, Array]:
    """Return what the arrays of `found` should be that the sequence `name` is among these.

    Those are its cells and its shapes, or each of its tensors where their number is known.
    """
    data, shapes = part_name(name, DATA), part_name(name, SHAPES)
    if data not in found or shapes not in found:
        return {n: x for i, x in enumerate(items) if (n := part_name(name, i)) in found}
    kind, rank = found[data].dtype, found[shapes].shape[1]
    flat = [np.asarray(x).reshape(-1) for x in items]
    rows = [np.shape(x) for x in items]
    fits = all(len(row) == rank for row in rows)
    return {
        shapes: np.array(rows, np.int64).reshape(len(rows), rank) if fits else np.array(-1),
        data: np.concatenate(flat) if flat else np.zeros(0, kind),
    }
