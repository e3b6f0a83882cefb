"""Inputs whose values are fixed when a model is compiled: they become constants of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from onnx_frontend.errors import ModelError, quoted
from onnx_frontend.tensor_data import Array


def fix_values(model: onnx.ModelProto, values: Mapping[str, Any] | None) -> onnx.ModelProto:
    """Return `model` with constants in the place of inputs.

    Parameters
    ----------
    model
        It is not changed.
    values
        The value of each such input: numbers, or an array of its type and shape.

    Raises
    ------
    ModelError
        There is no such input, it is no tensor, or the value does not fit it.
    """
    if not values:
        return model
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    own = {t.name for t in graph.initializer}
    inputs = {v.name: v for v in graph.input if v.name not in own}
    for name, value in values.items():
        if name not in inputs:
            raise ModelError(
                f"a value is given for {quoted(name)}, which is no input of the model",
                hint=f"its inputs are: {', '.join(sorted(inputs)) or 'none'}",
            )
        graph.initializer.append(numpy_helper.from_array(_fitting(inputs[name], value), name))
        graph.input.remove(inputs[name])
    return made


def _fitting(declared: onnx.ValueInfoProto, value: Any) -> Array:
    """Return `value` as an array of the type and the shape that are declared."""
    name = quoted(declared.name)
    if declared.type.WhichOneof("value") != "tensor_type":
        raise ModelError(f"a value is given for {name}, which is no tensor")
    tensor = declared.type.tensor_type
    try:
        dtype = helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    except KeyError:
        raise ModelError(f"a value is given for {name}, whose type the model leaves open") from None
    array = _of_type(name, value, dtype)
    if tensor.HasField("shape"):
        sizes = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
        pairs = zip(sizes, array.shape, strict=False)
        if len(sizes) != array.ndim or any(own not in (None, n) for own, n in pairs):
            shown = "x".join("?" if n is None else str(n) for n in sizes) or "scalar"
            raise ModelError(
                f"the value given for {name} has the shape {array.shape}, the model's is {shown}"
            )
    return array


def _of_type(name: str, value: Any, dtype: np.dtype[Any]) -> Array:
    """Return `value` in `dtype`: numbers as floats are rounded, else nothing may change."""
    given = np.asarray(value)
    rounds = given.dtype.kind in "iufb" and dtype.kind not in "iub"
    try:
        with np.errstate(all="ignore"):
            array: Array = given.astype(dtype)
        same = rounds or given.dtype == dtype or np.array_equal(array, given)
    except (TypeError, ValueError):
        same = False
    if not same:
        raise ModelError(f"the value given for {name} has elements that are no {dtype}")
    return array
