"""Making the sizes of a model smaller, its inputs and weights with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import onnx
from onnx import numpy_helper

from onnx_frontend.errors import ModelError
from onnx_frontend.failures import Case
from onnx_frontend.graph import Array
from onnx_frontend.reference import reference_values


def shrink_sizes(case: Case, holds: Callable[[Case], bool], tell: Callable[[str], None]) -> Case:
    """Return `case` with the smallest sizes for which `holds` is true.

    All axes of one size, of inputs and weights, are made shorter together. What the reference
    cannot evaluate any more is not tried. `tell` is told of each step.
    """
    for size in sorted(_sizes(case), reverse=True):
        for new in sorted({1, 2, 3, size // 4, size // 2, size - 1} - {0}):
            smaller = _with_size(case, size, new) if new < size else None
            if smaller is not None and holds(smaller):
                tell(f"size {size} becomes {new}")
                case = smaller
                break
    return case


def _arrays(case: Case) -> dict[str, Array]:
    weights = case.model.graph.initializer
    return {**case.inputs, **{t.name: numpy_helper.to_array(t) for t in weights}}


def _sizes(case: Case) -> set[int]:
    return {n for array in _arrays(case).values() for n in array.shape if n > 1}


def _with_size(case: Case, size: int, new: int) -> Case | None:
    """Return `case` with `new` in the place of `size`, if the reference can evaluate it."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    arrays = {name: _cut(array, size, new) for name, array in _arrays(case).items()}
    inputs = {name: arrays[name] for name in case.inputs}
    for tensor in model.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(arrays[tensor.name], tensor.name))
    for port in (*model.graph.input, *model.graph.output):
        for dim in port.type.tensor_type.shape.dim:
            if dim.dim_value == size:
                dim.dim_value = new
    try:
        values = reference_values(model, inputs).values
    except ModelError:
        return None
    wanted = {name: np.asarray(values[name]) for name in case.wanted}
    return replace(case, model=model, inputs=inputs, wanted=wanted)


def _cut(array: Array, size: int, new: int) -> Array:
    return np.array(array[tuple(slice(new if n == size else n) for n in array.shape)])
