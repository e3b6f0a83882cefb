"""Arrays of other libraries as numpy arrays on the same memory, never a copy."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.errors import BufferError, TypeMismatch, user_location
from halo.ir.types import Type, type_of_dtype

Array = np.ndarray[Any, np.dtype[Any]]

_ALIGNMENT = 64

MOST_DIMENSIONS = 64
"""Of an array of numpy."""


def as_array(source: Any) -> Array:
    """Return a numpy array on the memory of `source`.

    Parameters
    ----------
    source
        A numpy array, or anything with DLPack, ``__array_interface__`` or the buffer
        protocol.

    Raises
    ------
    BufferError
        `source` is no array, or its elements could only be had by copying them.
    """
    if isinstance(source, np.ndarray):
        return source
    if hasattr(source, "__dlpack__"):
        try:
            return np.from_dlpack(source)
        except (TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise BufferError(
                f"a {type(source).__name__} cannot be taken over by DLPack: {error}",
                where=user_location(),
                hint="arrays must lie in the CPU's memory and be of a type numpy knows",
            ) from error
    if any(hasattr(source, n) for n in ("__array_interface__", "__array__", "__array_struct__")):
        try:
            return np.asarray(source, copy=False)
        except ValueError as error:
            raise _not_an_array(source) from error
    try:
        return np.asarray(memoryview(source))
    except (TypeError, ValueError) as error:
        raise _not_an_array(source) from error


def element_type(array: Array) -> Type:
    """Return the type of the elements of `array`.

    Raises
    ------
    TypeMismatch
        halo has no such type.
    """
    found = type_of_dtype(array.dtype) if array.dtype.isnative else None
    if found is None:
        raise TypeMismatch(
            f"halo has no type for arrays of {array.dtype}",
            where=user_location(),
            hint="convert it: array.astype('float32'), for instance",
        )
    return found


def element_strides(array: Array) -> tuple[int, ...]:
    """Return the strides of `array` counted in elements.

    Raises
    ------
    BufferError
        A stride is no multiple of the element's size.
    """
    size = array.itemsize
    for extent, stride in zip(array.shape, array.strides, strict=True):
        if stride % size and extent > 1:
            raise BufferError(
                f"an array of {array.dtype} with a stride of {stride} bytes",
                where=user_location(),
                hint="elements must lie at multiples of their size: array.copy()",
            )
    return tuple(stride // size for stride in array.strides)


def zeros(type: Type, shape: tuple[int, ...]) -> Array:
    """Return a C-ordered array of zeros that starts at a multiple of 64 bytes."""
    dtype = type.dtype
    size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    raw = np.zeros(size + _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def like(type: Type, view: Array) -> Array:
    """Return new zeros in the shape of `view`, the axes as far apart in memory, in its order."""
    outermost_first = sorted(range(view.ndim), key=lambda i: (-abs(view.strides[i]), -i))
    array = zeros(type, tuple(view.shape[i] for i in outermost_first))
    return array.transpose([outermost_first.index(i) for i in range(view.ndim)])


def _not_an_array(source: Any) -> BufferError:
    return BufferError(
        f"a {type(source).__name__} is not an array whose memory can be used in place",
        where=user_location(),
        hint="numpy.asarray(...) makes an array of it, by copying",
    )
