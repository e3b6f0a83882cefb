"""Convolutions that read between cells, at places that data tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.expr import Expr, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int, Type
from halo.lang.operators import clamp
from halo.ops.build import computed
from halo.ops.functions import sum_type
from halo.ops.index import minus
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.window import WindowAxis


def moved_windows(
    name: str,
    x: Tensor,
    offset: Tensor,
    mask: Tensor | None,
    axes: Sequence[WindowAxis],
    groups: int,
    channels: int,
) -> Tensor:
    """Return the cells of each window of `x` (N, C, H, W) as (N, C, taps, places).

    A cell is read at its place plus `offset` (N, groups * taps * 2, ...), between cells, zero
    outside, and multiplied with `mask`. Each of `groups` of the `channels` has its own.
    """
    wide = sum_type(x.type)
    rows, columns = axes
    taps = rows.kernel * columns.kernel
    own = channels // groups
    height, width = offset.shape[2:]

    def cell(n: Any, c: Any, tap: Any, place: Any) -> Expr:
        group = as_expr(c) / own
        row, column = as_expr(tap) / columns.kernel, as_expr(tap) % columns.kernel
        y, z = as_expr(place) / width, as_expr(place) % width
        first = (group * taps + tap) * 2
        at = [
            cast_to(wide, window.at(p, k)) + cast_to(wide, offset.at(n, first + i, y, z))
            for i, (window, p, k) in enumerate(((rows, y, row), (columns, z, column)))
        ]
        value = _between(x, n, c, at, wide)
        if mask is not None:
            value = value * cast_to(wide, mask.at(n, group * taps + tap, y, z))
        return value

    inputs = (x, offset) if mask is None else (x, offset, mask)
    shape = (x.shape[0], x.shape[1], as_expr(taps), height * width)
    return computed(name, x.type, shape, cell, OpInfo(OpKind.STENCIL, inputs))


def _between(x: Tensor, n: Any, c: Any, at: Sequence[Expr], type: Type) -> Expr:
    """Return the plane of `x` interpolated at a place, zero outside."""
    total: Expr | None = None
    # What is further outside is all zero.
    held = [
        as_expr(clamp(p, const(type, -2), cast_to(type, d) + 2.0))
        for p, d in zip(at, x.shape[2:], strict=True)
    ]
    low = [cast_to(Int(32), intrinsic("floor", p)) for p in held]
    for dy in (0, 1):
        for dx in (0, 1):
            y, z = low[0] + dy, low[1] + dx
            inside = (y >= 0) & (y < x.shape[2]) & (z >= 0) & (z < x.shape[3])
            share = const(type, 1)
            for p, place in zip(held, (y, z), strict=True):
                share = share * (const(type, 1) - intrinsic("abs", p - cast_to(type, place)))
            read = x.at(n, c, clamp(y, 0, minus(x.shape[2], 1)), clamp(z, 0, minus(x.shape[3], 1)))
            term = Select(inside, cast_to(type, read) * share, const(type, 0))
            total = term if total is None else total + term
    assert total is not None
    return total
