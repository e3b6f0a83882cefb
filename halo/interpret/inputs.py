"""What the algorithm reads from outside: images and parameters, as they are bound now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from halo.buffer import Buffer
from halo.errors import BoundsError, BufferError, SourceLocation
from halo.interpret.arithmetic import Array, from_storage
from halo.ir.expr import Variable
from halo.ir.function import Image
from halo.ir.lowered import Field, buffer_field


def constant(variable: Variable, symbols: Mapping[str, int]) -> int | float:
    """Return the value of a parameter, of a field of an image, or of a symbolic size.

    Raises
    ------
    BufferError
        It has none yet.
    """
    if variable.param is not None:
        value: int | float | None = variable.param.value
        if value is None:
            raise BufferError(
                f"Param {variable.name} has no value", hint="give it one with set(...)"
            )
        return value
    if isinstance(variable.source, Image):
        return _field(variable.source, variable.name)
    if variable.name in symbols:
        return symbols[variable.name]
    raise BufferError(
        f"the size {variable.name} has no value", hint="interpret(..., symbols={name: value})"
    )


def bound_buffer(image: Image) -> Buffer:
    """Return the Buffer bound to `image`.

    Raises
    ------
    BufferError
        There is none.
    """
    buffer: Buffer | None = image.buffer
    if buffer is None:
        raise BufferError(
            f"ImageParam {image.name} has no Buffer", hint="give it one with set(...)"
        )
    return buffer


def image_cells(
    image: Image, coordinates: Sequence[Array], mask: Array | None, where: SourceLocation | None
) -> Array:
    """Return the elements of `image` at `coordinates`, anything where `mask` does not hold.

    Raises
    ------
    BoundsError
        A coordinate that is needed lies outside.
    """
    buffer = bound_buffer(image)
    index: list[Array] = []
    for d, c in enumerate(coordinates):
        low, extent = buffer.mins[d], buffer.shape[d]
        outside = (c < low) | (c >= low + extent)
        if outside.any():
            bad = outside if mask is None else outside & mask
            if bad.any():
                first = int(np.broadcast_to(c, bad.shape)[bad][0])
                raise BoundsError(
                    f"{image.name} is read at {first} in dimension {d}, "
                    f"outside [{low}, {low + extent - 1}]",
                    where=where,
                    hint="clamp the coordinate, or use halo.BoundaryConditions",
                )
        index.append(np.clip(c, low, max(low + extent - 1, low)).astype(np.int64) - low)
    if buffer.number_of_elements() == 0:  # nothing is needed of it, or it had been refused
        return np.zeros((), from_storage(image.type, buffer.view()).dtype)
    return from_storage(image.type, buffer.view()[tuple(index)])


def _field(image: Image, name: str) -> int:
    buffer = bound_buffer(image)
    for d in range(image.dimensions):
        dim = buffer.dim(d)
        values = {Field.MIN: dim.min(), Field.EXTENT: dim.extent(), Field.STRIDE: dim.stride()}
        for what, value in values.items():
            if buffer_field(image.name, what, d).name == name:
                return value
    raise BufferError(f"{image.name} has no field {name}")
