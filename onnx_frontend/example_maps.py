"""Inputs and outputs that are maps: the arrays of a compiled model, and the dicts of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from onnx_frontend.graph import Array, Graph, Value
from onnx_frontend.input_sequences import KEYS, VALUES, part_name

_ENTRIES = 16
"""As many keys are drawn from where no node tells which it knows."""


def example_keys(graph: Graph, value: Value, generator: np.random.Generator) -> Array:
    """Return keys for an input that is a map: some of those that nodes know, in any order.

    Returns
    -------
    Array
        A vector of int64 or of strings, each there once.
    """
    strings = value.key_type == onnx.TensorProto.STRING
    name = "string_vocabulary" if strings else "int64_vocabulary"
    known = [k for n in graph.nodes if value.name in n.inputs for k in n.attributes.get(name, ())]
    if not known:
        known = [f"key {i}" if strings else i for i in range(_ENTRIES)]
    keys = np.array(list(dict.fromkeys(known)), object if strings else np.int64)
    return generator.permutation(keys)[: max(1, len(keys) * 3 // 4)]


def with_dicts(model: onnx.ModelProto, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Return the inputs of `model`, a dict for each that is a map; its values keep their type."""
    result: dict[str, Any] = dict(arrays)
    for value in model.graph.input:
        parts = [part_name(value.name, part) for part in (KEYS, VALUES)]
        if all(part in result for part in parts):
            keys, values = (result.pop(part) for part in parts)
            result[value.name] = dict(zip(keys.tolist(), values, strict=True))
    return result


def dicts_of(name: str, results: Mapping[str, Array]) -> list[dict[Any, Any]] | None:
    """Return the maps that output `name` consists of; None if it does not of maps."""
    keys, rows = (results.get(part_name(name, part)) for part in (KEYS, VALUES))
    if keys is None or rows is None:
        return None
    return [dict(zip(keys.tolist(), row.tolist(), strict=True)) for row in rows]


def rows_of(maps: Any, keys: Array, type: np.dtype[Any]) -> Array:
    """Return maps as a matrix with a column for each of `keys`; NaN where one has none."""
    rows = [[row.get(key, np.nan) for key in keys.tolist()] for row in maps]
    return np.array(rows, type).reshape(len(rows), len(keys))
