"""The data of tensors as arrays, having looked whether it is what the tensor says."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NoReturn

import numpy as np
import onnx
from onnx import numpy_helper

from halo.ops.tensor import LARGEST
from onnx_frontend.errors import ModelError, quoted

Array = np.ndarray[Any, np.dtype[Any]]

MOST_AXES = 64
"""Axes that an array can have."""

_DENSE_LIMIT = 1 << 28
"""Bytes that a sparse tensor may become: its file says nothing of how much it will take."""

_FIELDS = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")
_PACKED = {"UINT2": 2, "INT2": 2, "UINT4": 4, "INT4": 4, "FLOAT4E2M1": 4} | {
    "FLOAT6E2M3": 6,
    "FLOAT6E3M2": 6,
}
_HINT = "is the file complete?"


def bits_of(data_type: int) -> int | None:
    """Return how many bits an element takes among raw bytes; None if it does not lie there."""
    if data_type not in onnx.TensorProto.DataType.values():
        return None
    name = onnx.TensorProto.DataType.Name(data_type)
    if name in ("UNDEFINED", "STRING"):
        return None
    if name in _PACKED:
        return _PACKED[name]
    return int(np.dtype(onnx.helper.tensor_dtype_to_np_dtype(data_type)).itemsize) * 8


def check_dims(tensor: onnx.TensorProto) -> None:
    """Check that an array can have the dimensions of `tensor`.

    Raises
    ------
    ModelError
        It cannot.
    """
    _check_dims(tensor.dims, f"tensor {quoted(tensor.name)}")


def _check_dims(dims: Sequence[int], title: str) -> None:
    if len(dims) > MOST_AXES:
        raise ModelError(f"{title} has {len(dims)} dimensions, {MOST_AXES} at most can be")
    text = "x".join(map(str, dims))
    if any(d < 0 for d in dims):
        raise ModelError(f"{title} has the dimensions {text}: none can be negative", hint=_HINT)
    if max(dims, default=0) > LARGEST or prod(dims) > LARGEST:
        raise ModelError(
            f"{title} has the dimensions {text}: tensors have {LARGEST} elements at most"
        )


def to_array(tensor: onnx.TensorProto, name: str) -> Array:
    """Return the value of a tensor, which is called `name` in messages.

    Raises
    ------
    ModelError
        It has not as much data as its dimensions ask for, or has it in another place or twice.
    """
    title = f"tensor {quoted(name)}"
    _check_dims(tensor.dims, title)
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise ModelError(f"the data of {title} lies in another file, which was not loaded")
    if tensor.HasField("segment"):
        _refuse(title, "it is one of several segments, which the standard no longer has")
    bits = bits_of(tensor.data_type)
    if bits is None and tensor.data_type != onnx.TensorProto.STRING:
        _refuse(title, f"its element type is {_type_name(tensor.data_type)}")
    _check_amount(tensor, title, bits)
    try:
        made: Array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        _refuse(title, str(error))
    # Any byte other than 0 stands for true; numpy takes it for a bool as it is.
    return np.asarray(made.view(np.uint8) != 0) if made.dtype == np.bool_ else made


def _refuse(title: str, why: str) -> NoReturn:
    raise ModelError(f"the data of {title} cannot be read: {why}", hint=_HINT)


def _type_name(data_type: int) -> str:
    kinds = onnx.TensorProto.DataType
    return kinds.Name(data_type).lower() if data_type in kinds.values() else str(data_type)


def _check_amount(tensor: onnx.TensorProto, title: str, bits: int | None) -> None:
    """Check that there is data in one place only, and as much as the dimensions ask for."""
    cells = prod(tensor.dims)
    what = f"{_type_name(tensor.data_type)}[{', '.join(map(str, tensor.dims))}]"
    found = [f for f in _FIELDS if len(getattr(tensor, f))]
    if tensor.HasField("raw_data"):
        if bits is None:
            _refuse(title, "strings are given as raw bytes")
        if found:
            _refuse(title, f"it is given twice, in raw_data and in {found[0]}")
        count, wanted = len(tensor.raw_data), (cells * bits + 7) // 8
        if count != wanted:
            _refuse(title, f"{count} bytes are given, {what} has {wanted}")
        return
    field = onnx.helper.tensor_dtype_to_field(tensor.data_type)
    if any(f != field for f in found):
        _refuse(title, f"it is given in {' and '.join(found)}, {what} has it in {field}")
    wanted = cells * (2 if _type_name(tensor.data_type).startswith("complex") else 1)
    if bits is not None and bits < 8 and bits != 6:
        wanted = (cells * bits + 7) // 8
    count = len(getattr(tensor, field))
    if count != wanted:
        _refuse(title, f"{count} elements are given in {field}, {what} has {wanted}")


def to_dense(sparse: onnx.SparseTensorProto) -> Array:
    """Return the value of a sparse tensor: zeros, and values at places.

    Raises
    ------
    ModelError
        Its values and indices do not fit, or it would be too large.
    """
    name = sparse.values.name
    title = f"sparse tensor {quoted(name)}"
    _check_dims(sparse.dims, title)
    values, indices = to_array(sparse.values, name), to_array(sparse.indices, f"{name} indices")
    dims, cells = tuple(sparse.dims), prod(sparse.dims)
    if values.ndim != 1 or indices.dtype != np.int64 or values.dtype == object:
        _refuse(title, "its values are no list of numbers, or its indices no int64")
    if cells * values.dtype.itemsize > _DENSE_LIMIT:
        _refuse(title, f"it has {cells} elements, which is too many to be stored all")
    if indices.shape == (values.size, len(dims)):
        inside = bool(np.all((indices >= 0) & (indices < np.array(dims))))
        places = np.ravel_multi_index(tuple(indices.T), dims) if inside and dims else indices
    elif indices.shape == values.shape:
        inside = bool(np.all((indices >= 0) & (indices < cells)))
        places = indices
    else:
        _refuse(title, f"{values.size} values are given at places of shape {indices.shape}")
    if not inside:
        _refuse(title, f"a value lies outside of its {'x'.join(map(str, dims))} elements")
    made = np.zeros(cells, values.dtype)
    made[places.reshape(-1)[: values.size]] = values
    return made.reshape(dims)
