"""Buffers as constants of the code, for what is compiled to files."""

from __future__ import annotations

import numpy as np

from halo.buffer import Buffer
from halo.errors import BufferError, user_location
from halo.ir.function import Image
from halo.ir.lowered import Constant
from halo.lowering import Lowered


def constants_of(lowered: Lowered) -> tuple[Constant, ...]:
    """Return the arrays that are part of the code."""
    return (*map(embedded_constant, lowered.embedded), *lowered.constants)


def embedded_constant(image: Image) -> Constant:
    """Return the memory from the first to the last cell of the buffer behind `image`.

    Raises
    ------
    BufferError
        It runs backwards through its memory.
    """
    buffer: Buffer = image.buffer
    if any(n > 1 and s < 0 for n, s in zip(buffer.shape, buffer.strides, strict=True)):
        raise BufferError(
            f"the Buffer {image.name} has a negative stride and cannot become part of the code",
            where=user_location(),
            hint="use its copy(), or list it among the arguments",
        )
    view = buffer.view()
    cells = (
        0
        if view.size == 0
        else 1 + sum((n - 1) * s for n, s in zip(buffer.shape, buffer.strides, strict=True))
    )
    flat = np.lib.stride_tricks.as_strided(view, (cells,), (view.itemsize,))
    return Constant(image.name, image.type, np.array(flat))
