"""What cells of the outputs are asked for, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from halo.buffer import Buffer
from halo.ir.function import Function, output_buffer
from halo.ir.lowered import Field, buffer_field
from halo.lang.realization import extents_for

Span = tuple[int, int]


def output_boxes(
    outputs: Sequence[Function], sizes: Any, buffers: Sequence[Buffer | None]
) -> dict[str, tuple[Span, ...]]:
    """Return the least and greatest coordinates of each output's buffer, or of `sizes` from 0."""
    boxes: dict[str, tuple[Span, ...]] = {}
    rest = list(buffers)
    for f in outputs:
        first = rest[0]
        del rest[: len(f.types)]
        if first is None:
            ends = [(0, int(n)) for n in extents_for([f], sizes)]
        else:
            ends = list(zip(first.mins, first.shape, strict=True))
        boxes[f.name] = tuple((low, low + n - 1) for low, n in ends)
    return boxes


def output_fields(
    outputs: Sequence[Function], boxes: Mapping[str, tuple[Span, ...]]
) -> dict[str, int]:
    """Return mins and extents of the output buffers, by the names they have in Exprs."""
    return {
        buffer_field(output_buffer(f.name, i, len(f.types)), what, d).name: value
        for f in outputs
        for i in range(len(f.types))
        for d, (low, high) in enumerate(boxes[f.name])
        for what, value in ((Field.MIN, low), (Field.EXTENT, high - low + 1))
    }
