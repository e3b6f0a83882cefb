"""Gather: cells at places that data tell."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Select
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.lang.operators import clamp
from halo.ops.build import computed
from halo.ops.index import known, minus, narrow, plus
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis


def gather(name: str, x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """Return slices of `x` along `axis` at `indices`, whose axes replace it.

    A negative index counts from the end. One outside the axis is held at its border.
    """
    axis = normal_axis(axis, x.rank)
    size = x.shape[axis]

    def cell(*coords: Any) -> Expr:
        place = coords[axis : axis + indices.rank]
        along = place_along(indices.at(*place), size)
        return x.at(*coords[:axis], along, *coords[axis + indices.rank :])

    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    return computed(name, x.type, shape, cell, _info(x, indices, axis))


def gather_elements(name: str, x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """Return the cells of `x` at each place of `indices`, moved along `axis` to the index there."""
    axis = normal_axis(axis, x.rank)

    def cell(*coords: Any) -> Expr:
        along = place_along(indices.at(*coords), x.shape[axis])
        return x.at(*coords[:axis], along, *coords[axis + 1 :])

    return computed(name, x.type, indices.shape, cell, _info(x, indices, axis))


def gather_nd(name: str, x: Tensor, indices: Tensor, batch: int = 0) -> Tensor:
    """Return the slices of `x` at the places that `indices` ends in; `batch` axes go together."""
    depth = known(indices.shape[-1]) if indices.rank else None
    if depth is None or not 0 < depth <= x.rank - batch:
        raise DefinitionError(f"indices of {depth} coordinates into {x.name}, which has {x.rank}")
    outer = indices.rank - 1

    def cell(*coords: Any) -> Expr:
        first = [
            place_along(indices.at(*coords[:outer], k), x.shape[batch + k]) for k in range(depth)
        ]
        return x.at(*coords[:batch], *first, *coords[outer:])

    shape = (*indices.shape[:-1], *x.shape[batch + depth :])
    return computed(name, x.type, shape, cell, OpInfo(OpKind.GATHER, (x, indices)))


def reverse_sequence(name: str, x: Tensor, lengths: Tensor, batch_axis: int, axis: int) -> Tensor:
    """Return `x` with the first cells of each sequence along `axis` reversed, as many as told."""

    def cell(*coords: Any) -> Expr:
        length = cast_to(Int(32), lengths.at(coords[batch_axis]))
        place = as_expr(coords[axis])
        source = Select(place < length, length - 1 - place, place)
        held = clamp(source, 0, minus(x.shape[axis], 1))
        return x.at(*coords[:axis], held, *coords[axis + 1 :])

    return computed(name, x.type, x.shape, cell, OpInfo(OpKind.GATHER, (x, lengths)))


def _info(x: Tensor, indices: Tensor, axis: int) -> OpInfo:
    if indices.content is not None:
        # What is known needs no data: the result is an index map of x alone.
        inputs = (x,) if indices.rank == 0 else (x, indices)
        return OpInfo(OpKind.VIEW, inputs, attrs={"what": "gather", "axis": axis})
    return OpInfo(OpKind.GATHER, (x, indices), attrs={"axis": axis})


def place_along(value: Expr, size: Expr) -> Expr:
    """Return index `value` counted from the front of an axis of `size` cells, and inside it."""
    place = narrow(value)
    number, extent = known(place), known(size)
    if number is not None:
        if extent is not None and not -extent <= number < extent:
            raise DefinitionError(f"index {number} into an axis of {extent} cells")
        return plus(number, size) if number < 0 else place
    place = cast_to(Int(32), place)
    place = Select(place < 0, place + size, place)
    return as_expr(clamp(place, 0, minus(size, 1)))
