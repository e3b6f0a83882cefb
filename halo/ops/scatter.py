"""Scatter: cells of an array replaced or combined at places that data tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr
from halo.lang.func import Func
from halo.lang.rdom import RDom
from halo.ops.broadcast import Requirement
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import larger, smaller
from halo.ops.gather import place_along, within
from halo.ops.index import known
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis

SCATTER_MODES: dict[str, Callable[[Expr, Expr], Expr]] = {
    "none": lambda old, new: new,
    "add": lambda old, new: old + new,
    "mul": lambda old, new: old * new,
    "max": larger,
    "min": smaller,
}
"""What becomes of the cell that was there and the one that comes; the last comes last."""


def scatter_elements(
    name: str, x: Tensor, indices: Tensor, updates: Tensor, axis: int, mode: str
) -> Tensor:
    """Return `x` with each cell of `updates` put in at its place, moved along `axis` to its index.

    ``acc`` is the array; its RDom runs over `updates`, the last axis first.
    """
    axis = normal_axis(axis, x.rank)
    if indices.rank != x.rank or updates.rank != x.rank:
        raise DefinitionError(f"indices of {indices.rank} axes into {x.name}, which has {x.rank}")

    def place(r: Sequence[Any]) -> list[Any]:
        along = place_along(indices.at(*r), x.shape[axis])
        return [*r[:axis], along, *r[axis + 1 :]]

    alike = zip(updates.shape, indices.shape, strict=True)
    requires = (*alike, *within(indices, x, axis))
    return _scattered(name, x, updates, place, indices, mode, requires)


def scatter_nd(name: str, x: Tensor, indices: Tensor, updates: Tensor, mode: str) -> Tensor:
    """Return `x` with the slices of `updates` put in at the places that `indices` ends in."""
    depth = known(indices.shape[-1]) if indices.rank else None
    if depth is None or depth > x.rank:
        raise DefinitionError(f"indices of {depth} coordinates into {x.name}, which has {x.rank}")
    outer = indices.rank - 1
    if updates.rank != outer + x.rank - depth:
        raise DefinitionError(f"updates of {updates.rank} axes, expected {outer + x.rank - depth}")

    def place(r: Sequence[Any]) -> list[Any]:
        first = [place_along(indices.at(*r[:outer], k), x.shape[k]) for k in range(depth)]
        return [*first, *r[outer:]]

    slices = (*indices.shape[:-1], *x.shape[depth:])
    requires = tuple(zip(updates.shape, slices, strict=True))
    return _scattered(name, x, updates, place, indices, mode, requires)


def _scattered(
    name: str,
    x: Tensor,
    updates: Tensor,
    place: Callable[[Sequence[Any]], list[Any]],
    indices: Tensor,
    mode: str,
    requires: tuple[Requirement, ...],
) -> Tensor:
    if mode not in SCATTER_MODES:
        raise DefinitionError(f"scatter mode {mode!r}: known are {', '.join(SCATTER_MODES)}")
    coords = axis_vars(x.rank)
    acc = Func(f"{name}_acc")
    acc[tuple(reversed(coords))] = x.at(*coords)
    if updates.rank:
        r = RDom([(0, d) for d in reversed(updates.shape)])
        cells: list[Any] = [r[updates.rank - 1 - i] for i in range(updates.rank)]
    else:
        cells = []
    where = place(cells)
    old = call(acc, *where)
    acc[tuple(reversed(where))] = SCATTER_MODES[mode](old, updates.at(*cells))
    inputs, attrs = (x, indices, updates), {"mode": mode}
    info = OpInfo(OpKind.SCATTER, inputs, {"acc": acc}, attrs, requires)
    return computed(name, x.type, x.shape, lambda *at: call(acc, *at), info)
