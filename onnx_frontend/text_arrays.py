"""Arrays of strings as rows of UTF-8 bytes, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.errors import BufferError

Array = np.ndarray[Any, np.dtype[Any]]


def to_bytes(name: str, value: Array) -> Array:
    """Return strings as uint8 along a last axis as long as the longest, with zeros behind.

    Raises
    ------
    BufferError
        An element is no string, or has a zero in it.
    """
    rows: list[bytes] = []
    for item in value.reshape(-1).tolist():
        row = item if isinstance(item, bytes) else item.encode() if isinstance(item, str) else None
        if row is None or b"\0" in row:
            what = "has a zero byte in it" if row is not None else "is no string"
            raise BufferError(f"input {name!r}: {item!r} {what}")
        rows.append(row)
    longest = max([1, *map(len, rows)])
    made = np.zeros((len(rows), longest), np.uint8)
    for i, row in enumerate(rows):
        made[i, : len(row)] = np.frombuffer(row, np.uint8)
    return made.reshape(*value.shape, longest)


def from_bytes(codes: Array) -> Array:
    """Return the strings of which the last axis of `codes` has the bytes, as objects."""
    shape = codes.shape[:-1]
    made = np.empty(int(np.prod(shape)), object)
    for i, row in enumerate(codes.reshape(made.size, codes.shape[-1])):
        made[i] = row.tobytes().rstrip(b"\0").decode("utf-8", "replace")
    return made.reshape(shape)
