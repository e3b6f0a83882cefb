"""Sequences as a compiled model takes and gives them, of which only a run tells the length."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.errors import BufferError

Array = np.ndarray[Any, np.dtype[Any]]


def to_arrays(
    name: str, items: Any, types: tuple[np.dtype[Any], ...], rank: int
) -> tuple[Array, Array]:
    """Return the cells of arrays one behind the other, and their shapes, one a row (int64).

    Parameters
    ----------
    name
        Of the input.
    items
        The arrays, a list or a tuple.
    types
        What their elements may be, the first if there are none.
    rank
        How many axes each has.

    Raises
    ------
    BufferError
        It is no list, or an array has another type or number of axes.
    """
    if not isinstance(items, (list, tuple)):
        raise BufferError(
            f"input {name!r} is a sequence, got {type(items).__name__}",
            hint="give a list of arrays",
        )
    arrays = [np.asarray(item) for item in items]
    for i, array in enumerate(arrays):
        if array.dtype not in types:
            raise BufferError(
                f"input {name!r}: array {i} has elements of type {array.dtype}, "
                f"expected {types[0]}",
                hint=f"convert it: array.astype(np.{types[0]})",
            )
        if array.ndim != rank:
            raise BufferError(
                f"input {name!r}: array {i} has {array.ndim} dimensions {array.shape}, "
                f"expected {rank}"
            )
    flat = [array.reshape(-1).view(types[-1]) for array in arrays]
    data = np.concatenate(flat) if flat else np.empty(0, types[0])
    shapes = np.array([array.shape for array in arrays], np.int64)
    return data, shapes.reshape(len(arrays), rank)


def from_arrays(data: Array, shapes: Array) -> list[Array]:
    """Return the arrays of which `data` has all cells and `shapes` the shapes."""
    sizes = [tuple(int(n) for n in row) for row in shapes]
    ends = np.cumsum([0, *(int(np.prod(size, dtype=np.int64)) for size in sizes)])
    return [
        data[start:end].reshape(size)
        for start, end, size in zip(ends[:-1], ends[1:], sizes, strict=True)
    ]
