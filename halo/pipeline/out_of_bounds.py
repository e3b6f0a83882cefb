"""Errors about cells outside a buffer, with the chain of definitions that needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from halo.buffer import Buffer
from halo.errors import BoundsError, user_location
from halo.ir.function import Function, Image, output_buffer
from halo.pipeline.asked import output_boxes, output_fields
from halo.pipeline.parts import Parts
from halo.polyhedral.chain import Box
from halo.provenance.chain import chain_to
from halo.provenance.reads import functions_first_read_first


def explained(
    error: BoundsError, outputs: Sequence[Function], buffers: Sequence[Buffer]
) -> BoundsError:
    """Return `error`, raised by the code of `outputs`, with a cell that is missing and its users.

    The code checks a box; here the definitions are asked for one access outside it.
    """
    boxes = output_boxes(outputs, None, buffers)
    fields = output_fields(outputs, boxes)
    where = user_location()
    functions = functions_first_read_first(outputs)
    for name, goal, mend in _outside(outputs, buffers):
        steps = chain_to(functions, boxes, name, goal, fields)
        if steps:
            hint = "\n  ".join([*map(str, steps), mend])
            return BoundsError(error.message, where=where, hint=hint)
    return BoundsError(error.message, where=where, hint=error.hint)


def _outside(
    outputs: Sequence[Function], buffers: Sequence[Buffer]
) -> Iterator[tuple[str, Box, str]]:
    """Yield for each buffer the boxes next to it, dimension by dimension, and what to do."""
    for image in Parts.of(outputs).images:
        if isinstance(image.buffer, Buffer):
            mend = _for_input(image)
            yield from ((image.name, box, mend) for box in _around(image.buffer))
    rest = list(buffers)
    for f in outputs:
        mend = f"give a Buffer for {output_buffer(f.name, 0, len(f.types))} that holds it"
        yield from ((f.name, box, mend) for box in _around(rest[0]))
        del rest[: len(f.types)]


def _for_input(image: Image) -> str:
    return (
        f"give {image.name} a Buffer that holds it, "
        f"or read halo.BoundaryConditions.repeat_edge({image.name}) or its kin instead"
    )


def _around(b: Buffer) -> Iterator[Box]:
    anywhere: list[tuple[int | None, int | None]] = [(None, None)] * b.dimensions()
    for d, (low, n) in enumerate(zip(b.mins, b.shape, strict=True)):
        for beyond in ((None, low - 1), (low + n, None)):
            yield (*anywhere[:d], beyond, *anywhere[d + 1 :])
