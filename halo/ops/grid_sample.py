"""Sampling at places that a grid tells, and the grids of affine maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import TRUE, Expr, Max, Min, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Float, Int, Type
from halo.lang.operators import clamp
from halo.ops.broadcast import shape_text
from halo.ops.build import computed
from halo.ops.index import known, minus, same, times
from halo.ops.resize import cubic_weight, linear_weight
from halo.ops.tensor import OpInfo, OpKind, Tensor

PADDINGS = ("zeros", "border", "reflection")
MODES = ("nearest", "linear", "cubic")


def _wide(type: Type) -> Type:
    return type if type.is_float() and type.bits() >= 32 else Float(32)


def grid_sample(
    name: str, x: Tensor, grid: Tensor, mode: str, padding: str, align_corners: bool
) -> Tensor:
    """Return the cells of `x` (N, C, ...) at the places of `grid` (N, ..., axes), as GridSample.

    A place has a coordinate per spatial axis, the last axis first, from -1 to 1. Coordinates in
    cells, after padding, are a tensor of their own: all channels share them.
    """
    axes = x.rank - 2
    if axes < 1 or grid.rank != x.rank or known(grid.shape[-1]) not in (axes, None):
        raise DefinitionError(
            f"a grid of shape {shape_text(grid.shape)} into {x.name} of {shape_text(x.shape)}"
        )
    if mode not in MODES or padding not in PADDINGS:
        raise DefinitionError(f"mode {mode!r}, padding {padding!r}: known are {MODES + PADDINGS}")
    places = _places(f"{name}_places", x, grid, mode, padding, align_corners)
    wide = _wide(x.type)

    def pixel(n: Any, c: Any, where: Sequence[Expr]) -> Expr:
        inside: Expr = TRUE
        held: list[Any] = []
        for place, size in zip(where, x.shape[2:], strict=True):
            if padding == "zeros":
                here = (place >= 0) & (place < size)
                inside = here if inside is TRUE else inside & here
            elif padding == "reflection":
                place = _reflected_cell(place, size, align_corners)
            held.append(clamp(place, 0, minus(size, 1)))
        cell = cast_to(wide, x.at(n, c, *held))
        return cell if inside is TRUE else Select(inside, cell, const(wide, 0))

    def cell(n: Any, c: Any, *out: Any) -> Expr:
        at = [places.at(n, *out, i) for i in range(axes)]
        firsts = [cast_to(Int(32), intrinsic("floor", p)) for p in at]
        if mode == "nearest":
            return pixel(n, c, firsts)
        reach, weight = _KERNELS[mode]

        def along(axis: int, where: list[Expr]) -> Expr:
            if axis == axes:
                return pixel(n, c, where)
            total: Expr | None = None
            for k in range(1 - reach, reach + 1):
                place = firsts[axis] + k
                share = cast_to(wide, weight(cast_to(at[axis].type, place) - at[axis]))
                term = share * along(axis + 1, [*where, place])
                total = term if total is None else total + term
            assert total is not None
            return total

        return along(0, [])

    shape = (*x.shape[:2], *grid.shape[1:-1])
    pairs = ((x.shape[0], grid.shape[0]), (grid.shape[-1], as_expr(axes)))
    requires = tuple(pair for pair in pairs if not same(*pair))
    info = OpInfo(OpKind.STENCIL, (x, places), requires=requires)
    return computed(name, x.type, shape, cell, info)


_KERNELS: dict[str, tuple[int, Callable[[Expr], Expr]]] = {
    "linear": (1, linear_weight),
    "cubic": (2, lambda distance: cubic_weight(distance, -0.75)),
}
"""How many cells to a side count, and the weight of one at a distance."""


def _places(
    name: str, x: Tensor, grid: Tensor, mode: str, padding: str, align_corners: bool
) -> Tensor:
    """Return the coordinates in cells, an axis of `x` after the other along the last axis."""
    axes = x.rank - 2
    wide = _wide(grid.type)

    def cell(*coords: Any) -> Expr:
        result: Expr | None = None
        for axis in reversed(range(axes)):
            v = cast_to(wide, grid.at(*coords[:-1], axes - 1 - axis))
            size = cast_to(wide, x.shape[2 + axis])
            if align_corners:
                v = (v + 1.0) / 2.0 * (size - 1.0)
                low, high = const(wide, 0), size - 1.0
            else:
                v = ((v + 1.0) * size - 1.0) / 2.0
                low, high = const(wide, -0.5), size - 0.5
            if mode == "nearest":
                v = intrinsic("round", v)
            if padding == "border":
                # Between the outer border and the middle of a cell it stays where it is.
                v = Select(v < low, const(wide, 0), Select(v > high, size - 1.0, v))
            elif padding == "reflection":
                v = _reflected(v, low, high)
            # What lies further outside is all the same.
            v = as_expr(clamp(v, const(wide, -4), size + 4.0))
            result = v if result is None else Select(eq(coords[-1], axis), v, result)
        assert result is not None
        return result

    return computed(name, wide, grid.shape, cell, OpInfo(OpKind.TABLE, (grid,)))


def _reflected(v: Expr, low: Expr, high: Expr) -> Expr:
    """Return `v` reflected at the borders until it lies between them."""
    span = high - low
    beyond = Max(low - v, v - high)
    turns = intrinsic("floor", beyond / span)
    rest = beyond - turns * span
    even = eq(intrinsic("floor", turns / 2.0) * 2.0, turns)
    below = Select(even, low + rest, high - rest)
    above = Select(even, high - rest, low + rest)
    return Select(v < low, below, Select(v > high, above, v))


def _reflected_cell(place: Expr, size: Expr, align_corners: bool) -> Expr:
    """Return the cell that reflection at the borders makes of `place`."""
    period = times(size, 2)
    if align_corners:
        period = minus(period, 2)
        turned = place % Max(period, as_expr(1))
        return Min(turned, period - turned)
    turned = place % period
    return Min(turned, period - 1 - turned)


def affine_grid(name: str, theta: Tensor, sizes: Sequence[Expr], align_corners: bool) -> Tensor:
    """Return the grid of places that the matrices `theta` (N, axes, axes + 1) map a plane to.

    `sizes` are the spatial extents. The cells of an axis lie at even distances from -1 to 1:
    the outer ones at the ends, or their outer borders.
    """
    axes = len(sizes)
    wide = theta.type

    def position(place: Any, size: Expr) -> Expr:
        count = cast_to(wide, size)
        if align_corners:
            step: Expr = Select(count > 1.0, const(wide, 2) / (count - 1.0), const(wide, 0))
            start: Expr = const(wide, -1)
        else:
            step = const(wide, 2) / count
            start = step / 2.0 - 1.0
        return start + cast_to(wide, as_expr(place)) * step

    def cell(n: Any, *rest: Any) -> Expr:
        *coords, row = rest
        result: Expr = theta.at(n, row, axes)
        for axis in range(axes):
            column = axes - 1 - axis
            result = result + theta.at(n, row, column) * position(coords[axis], sizes[axis])
        return result

    shape = (theta.shape[0], *sizes, as_expr(axes))
    return computed(name, wide, shape, cell, OpInfo(OpKind.STENCIL, (theta,)))
