"""Gather: cells at places that data tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Select
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.lang.operators import clamp
from halo.ops.build import computed
from halo.ops.empty import unless_empty
from halo.ops.index import ZERO, greatest, known, minus, narrow, plus, product, surely
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis


def gather(name: str, x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """Return slices of `x` along `axis` at `indices`, whose axes replace it.

    A negative index counts from the end. One outside the axis is held at its border.

    Raises
    ------
    DefinitionError
        The axis has no cells, and there are indices.
    """
    axis = normal_axis(axis, x.rank)
    size = x.shape[axis]
    requires = _check_axis(x, size, indices)

    def cell(*coords: Any) -> Expr:
        place = coords[axis : axis + indices.rank]
        along = place_along(indices.at(*place), size)
        return unless_empty(x.at(*coords[:axis], along, *coords[axis + indices.rank :]), size)

    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    info = replace(_info(x, indices, axis), requires=requires)
    return computed(name, x.type, shape, cell, info)


def gather_elements(name: str, x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """Return the cells of `x` at each place of `indices`, moved along `axis` to the index there."""
    axis = normal_axis(axis, x.rank)
    if indices.rank != x.rank:
        raise DefinitionError(f"indices of {indices.rank} axes into {x.name}, which has {x.rank}")
    requires = (*_check_axis(x, x.shape[axis], indices), *within(indices, x, axis))

    def cell(*coords: Any) -> Expr:
        along = place_along(indices.at(*coords), x.shape[axis])
        found = x.at(*coords[:axis], along, *coords[axis + 1 :])
        return unless_empty(found, x.shape[axis])

    info = replace(_info(x, indices, axis), requires=requires)
    return computed(name, x.type, indices.shape, cell, info)


def within(part: Tensor, whole: Tensor, axis: int) -> tuple[tuple[Expr, Expr], ...]:
    """Return which sizes must be equal so that `part` has no more cells along axes but `axis`."""
    pairs = zip(part.shape, whole.shape, strict=True)
    return tuple((greatest(p, w), w) for a, (p, w) in enumerate(pairs) if a != axis)


def _check_axis(x: Tensor, size: Expr, indices: Tensor) -> tuple[tuple[Expr, Expr], ...]:
    """Return what must be equal so that there are no indices into an axis without cells."""
    count = product(indices.shape)
    if known(size) == 0 and known(count):
        raise DefinitionError(f"indices into an axis of {x.name}, which has no cells")
    if surely(size > 0):
        return ()
    return ((count if known(size) == 0 else Select(size < 1, count, ZERO), ZERO),)


def gather_nd(name: str, x: Tensor, indices: Tensor, batch: int = 0) -> Tensor:
    """Return the slices of `x` at the places that `indices` ends in; `batch` axes go together."""
    depth = known(indices.shape[-1]) if indices.rank else None
    if depth is None or not 0 < depth <= x.rank - batch:
        raise DefinitionError(f"indices of {depth} coordinates into {x.name}, which has {x.rank}")
    outer = indices.rank - 1
    if not 0 <= batch <= outer:
        raise DefinitionError(f"{batch} axes go together, of indices with {indices.rank}")
    needs = [r for size in x.shape[batch : batch + depth] for r in _check_axis(x, size, indices)]

    def cell(*coords: Any) -> Expr:
        first = [
            place_along(indices.at(*coords[:outer], k), x.shape[batch + k]) for k in range(depth)
        ]
        found = x.at(*coords[:batch], *first, *coords[outer:])
        return unless_empty(found, *x.shape[batch : batch + depth])

    shape = (*indices.shape[:-1], *x.shape[batch + depth :])
    together = tuple(zip(indices.shape[:batch], x.shape[:batch], strict=True))
    info = OpInfo(OpKind.GATHER, (x, indices), requires=(*together, *needs))
    return computed(name, x.type, shape, cell, info)


def reverse_sequence(name: str, x: Tensor, lengths: Tensor, batch_axis: int, axis: int) -> Tensor:
    """Return `x` with the first cells of each sequence along `axis` reversed, as many as told."""
    if x.rank < 2 or lengths.rank != 1:
        raise DefinitionError(f"lengths of {lengths.rank} axes for {x.name}, which has {x.rank}")

    def cell(*coords: Any) -> Expr:
        length = cast_to(Int(32), lengths.at(coords[batch_axis]))
        place = as_expr(coords[axis])
        source = Select(place < length, length - 1 - place, place)
        held = clamp(source, 0, minus(x.shape[axis], 1))
        return x.at(*coords[:axis], held, *coords[axis + 1 :])

    requires = ((lengths.shape[0], x.shape[batch_axis]),)
    info = OpInfo(OpKind.GATHER, (x, lengths), requires=requires)
    return computed(name, x.type, x.shape, cell, info)


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
