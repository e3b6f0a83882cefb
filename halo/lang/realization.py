"""What the language asks of the driver, with its arguments checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.buffer import Buffer
from halo.errors import BufferError, DefinitionError, TypeMismatch, user_location
from halo.ir.function import Function
from halo.lang.driver import get_driver
from halo.target import Target


def realize(
    outputs: Sequence[Function], destination: Any, target: Target | None
) -> Buffer | tuple[Buffer, ...] | None:
    """Compute `outputs`; see `halo.lang.func.Func.realize`."""
    kept, buffers = destination_buffers(outputs, destination)
    get_driver().realize(outputs, buffers, target)
    for function in outputs:
        function.frozen = True
    if kept:
        return None
    extents = extents_for(outputs, destination)
    made = tuple(_cropped(b, extents) for b in buffers)
    return made[0] if len(made) == 1 else made


def _cropped(b: Buffer, extents: Sequence[Any]) -> Buffer:
    """Return the part of `b` that was asked for, where it was made larger."""
    for d, n in enumerate(extents):
        if b.dim(d).extent() != n:
            b = b.cropped(d, 0, n)
    return b


def destination_buffers(outputs: Sequence[Function], destination: Any) -> tuple[bool, list[Buffer]]:
    """Return whether `destination` gives Buffers, and the Buffers to fill: those or new ones."""
    check_defined(outputs)
    kept = given_buffers(destination)
    buffers = kept if kept is not None else _new_buffers(outputs, destination)
    _check_buffers(outputs, buffers)
    return kept is not None, buffers


def check_defined(outputs: Sequence[Function]) -> None:
    """Refuse outputs that have no definition."""
    for function in outputs:
        if not function.is_defined:
            raise DefinitionError(
                f"{function.name} is realized before it is defined",
                where=user_location(),
                hint=f"define {function.name}[...] = ... first",
            )


def given_buffers(destination: Any) -> list[Buffer] | None:
    """Return the Buffers that are given to be computed into, None if they are to be made."""
    if isinstance(destination, Buffer):
        return [destination]
    listed = isinstance(destination, (list, tuple)) and len(destination) > 0
    if listed and all(isinstance(b, Buffer) for b in destination):
        return list(destination)
    return None


def extents_for(outputs: Sequence[Function], sizes: Any) -> tuple[Any, ...]:
    """Return the extents that `outputs` are to be computed over, from 0, having checked them."""
    extents: tuple[Any, ...] = ()
    if sizes is not None:
        extents = tuple(sizes) if isinstance(sizes, (list, tuple)) else (sizes,)
    for function in outputs:
        if function.dimensions != len(extents):
            raise DefinitionError(
                f"{function.name} has {function.dimensions} dimensions, realized with sizes "
                f"for {len(extents)}",
                where=user_location(),
                hint=f"give one size for each of {', '.join(function.args) or 'no dimension: []'}",
            )
    return extents


def _new_buffers(outputs: Sequence[Function], sizes: Any) -> list[Buffer]:
    extents = extents_for(outputs, sizes)
    padded = get_driver().padded_extents
    return [Buffer(t, padded(f, extents)) for f in outputs for t in f.types]


def _check_buffers(outputs: Sequence[Function], buffers: Sequence[Buffer]) -> None:
    wanted = [(f, t) for f in outputs for t in f.types]
    if len(wanted) != len(buffers):
        raise BufferError(f"{len(buffers)} Buffers for {len(wanted)} values", where=user_location())
    for (function, type), buffer in zip(wanted, buffers, strict=True):
        if buffer.type() != type:
            raise TypeMismatch(
                f"{function.name} of {type} is realized into a Buffer of {buffer.type()}",
                where=user_location(),
            )
        if buffer.dimensions() != function.dimensions:
            raise BufferError(
                f"{function.name} of {function.dimensions} dimensions is realized into a Buffer "
                f"of {buffer.dimensions()}",
                where=user_location(),
            )
        if not buffer.writable:
            raise BufferError(
                f"{function.name} is realized into a Buffer that cannot be written",
                where=user_location(),
                hint="its array is read-only, or several elements share a place: copy it",
            )
