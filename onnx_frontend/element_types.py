"""ONNX's element types, halo's, and numpy's."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import onnx

from halo.ir.types import Type, UInt, type_of_dtype
from halo.ops.build import constant
from halo.ops.encoded import ENCODINGS
from halo.ops.tensor import Tensor
from halo.ops.text import TEXT
from onnx_frontend.errors import Unsupported
from onnx_frontend.tensor_data import Array
from onnx_frontend.text_arrays import to_bytes


def element_type(number: int, where: str) -> tuple[Type, str | None]:
    """Return the halo type of an ONNX element type, and the encoding of what is stored in it.

    Raises
    ------
    Unsupported
        There is none (complex numbers, 6-bit floats).
    """
    if number == onnx.TensorProto.STRING:
        return UInt(8), TEXT
    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(number))
    except (KeyError, ValueError):
        dtype = np.dtype(object)
    if dtype.name in ENCODINGS:
        return UInt(8), dtype.name
    made = type_of_dtype(dtype)
    if made is None:
        raise Unsupported(f"elements of type {type_name(number)} ({where})")
    return made, None


def text_constant(name: str, value: Array) -> Tensor:
    """Return the bytes of an array of strings as a tensor; see `halo.ops.text`."""
    made = constant(name, to_bytes(name, value))
    made.content = None
    made.encoding = TEXT
    return made


def constant_tensor(name: str, value: Array) -> Tensor:
    """Return the tensor that is `value`, encoded if its type is.

    Raises
    ------
    Unsupported
        Its elements have no halo type.
    """
    encoding = value.dtype.name
    if encoding in ENCODINGS:
        made = constant(name, value.view(np.uint8))
        made.encoding = encoding
        made.content = None
        return made
    if type_of_dtype(value.dtype) is None:
        raise Unsupported(f"a constant of type {value.dtype}")
    return constant(name, value)


def dtype_of(type: Type, encoding: str | None) -> np.dtype[Any]:
    """Return the numpy dtype of elements that are stored as `type`."""
    if encoding in ENCODINGS:
        made: np.dtype[Any] = np.dtype(getattr(ml_dtypes, str(encoding)))
        return made
    return np.dtype(ml_dtypes.bfloat16) if type.is_bfloat() else type.dtype


def type_number(x: Tensor) -> int:
    """Return the ONNX element type of `x`."""
    if x.encoding == TEXT:
        return int(onnx.TensorProto.STRING)
    return int(onnx.helper.np_dtype_to_tensor_dtype(dtype_of(x.type, x.encoding)))


def type_name(number: int) -> str:
    """Return the name of an ONNX element type as the standard writes it: ``float``, ``int64``."""
    kinds = onnx.TensorProto.DataType
    return str(kinds.Name(number).lower()) if number in kinds.values() else str(number)
