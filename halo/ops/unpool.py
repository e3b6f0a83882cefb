"""The places of maxima, what puts cells back there, and windows added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from halo.ir.expr import TRUE, Expr, Select, const, i32
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.lang.tuple import Tuple
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import sum_type
from halo.ops.index import (
    ZERO,
    floor_div,
    greatest,
    minus,
    plus,
    product,
    remainder,
    row_major_strides,
    same,
    times,
)
from halo.ops.reduce import lowest
from halo.ops.reshape import reshape
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.window import WindowAxis


def places_of_maxima(
    name: str, x: Tensor, axes: Sequence[WindowAxis], ceil_mode: bool, columns_first: bool
) -> Tensor:
    """Return where in `x`, all its cells counted, the largest cell of each window is (int64).

    Of equal cells the first counts. `columns_first` counts the spatial axes the other way round.
    ``acc`` is a Func of pairs (cell, place in the plane).
    """
    count = len(axes)
    n, c, *places = axis_vars(x.rank)
    target = tuple(reversed((n, c, *places)))
    acc = Func(f"{name}_acc")
    acc[target] = Tuple(lowest(x.type), i32(-1))
    r = RDom([(0, a.kernel) for a in reversed(axes)])
    where = [a.at(p, r[count - 1 - i]) for i, (a, p) in enumerate(zip(axes, places, strict=True))]
    spatial = x.shape[2:]
    inside: Expr = TRUE
    held: list[Any] = []
    for place, size in zip(where, spatial, strict=True):
        here = (as_expr(place) >= 0) & (as_expr(place) < size)
        inside = here if inside is TRUE else inside & here
        held.append(clamp(place, 0, minus(size, 1)))
    order = list(range(count))[::-1] if columns_first else list(range(count))
    steps = row_major_strides([spatial[i] for i in order])
    flat: Expr = i32(0)
    for i, step in zip(order, steps, strict=True):
        flat = flat + as_expr(held[i]) * step
    best, so_far = (as_expr(acc[target][i]) for i in range(2))
    cell = x.at(n, c, *held)
    wins = inside & ((cell > best) | (so_far < 0))
    acc[target] = Tuple(Select(wins, cell, best), Select(wins, flat, so_far))
    plane = product(spatial)

    def result(n: Any, c: Any, *at: Any) -> Expr:
        place = as_expr(acc[tuple(reversed((n, c, *at)))][1])
        image = as_expr(n) * x.shape[1] + c
        return cast_to(Int(64), image) * cast_to(Int(64), plane) + cast_to(Int(64), place)

    sizes = [a.places(d, ceil_mode) for a, d in zip(axes, spatial, strict=True)]
    info = OpInfo(OpKind.ARG_REDUCE, (x,), {"acc": acc})
    return computed(name, Int(64), (*x.shape[:2], *sizes), result, info)


def unpool(
    name: str, x: Tensor, places: Tensor, inner: Sequence[Expr], shape: Sequence[Expr]
) -> Tensor:
    """Return zeros of `shape` with the cells of `x` at `places`, counted in the shape `inner`.

    ``acc`` is a vector of all cells of the shape `inner`, which the update fills.
    """
    size = product(inner)
    flat_x = reshape(f"{name}_cells", x, (product(x.shape),))
    flat_places = reshape(f"{name}_places", places, (product(places.shape),))
    (k,) = axis_vars(1)
    acc = Func(f"{name}_acc")
    acc[k] = const(x.type, 0)
    r = RDom([(0, flat_x.shape[0])])
    place = flat_places.at(r[0])
    r.where((place >= 0) & (place < cast_to(place.type, size)))
    acc[clamp(cast_to(Int(32), place), 0, minus(size, 1))] = flat_x.at(r[0])
    info = OpInfo(OpKind.SCATTER, (flat_x, flat_places), {"acc": acc})
    made = computed(f"{name}_flat", x.type, (size,), lambda i: call(acc, i), info)
    steps = row_major_strides(tuple(inner))

    def cell(*at: Any) -> Expr:
        inside: Expr = TRUE
        index: Expr = i32(0)
        for coord, own, step in zip(at, inner, steps, strict=True):
            here = as_expr(coord) < own
            inside = here if inside is TRUE else inside & here
            index = index + as_expr(coord) * step
        return Select(inside, made.at(clamp(index, 0, minus(size, 1))), const(x.type, 0))

    return computed(name, x.type, shape, cell, OpInfo(OpKind.STENCIL, (made,)))


@dataclass(frozen=True, slots=True)
class Blocks:
    """Windows along one axis of an image: how large (int32), and where; see `WindowAxis`."""

    kernel: Expr
    stride: int
    dilation: int
    before: int
    after: int

    def count(self, size: Expr) -> Expr:
        """Return how many there are on an axis of `size` cells."""
        span = times(minus(self.kernel, 1), self.dilation)
        room = minus(plus(size, self.before + self.after - 1), span)
        return plus(floor_div(room, self.stride), 1)


def add_windows(name: str, x: Tensor, image: Sequence[Expr], axes: Sequence[Blocks]) -> Tensor:
    """Return the image that the columns of `x` (N, C * kernel, windows) add up to: Col2Im.

    ``acc`` adds, for each cell, the windows that it lies in; its RDom has the axes of a window.
    """
    kernel = product(a.kernel for a in axes)
    count = len(axes)
    n, c, *places = axis_vars(2 + count)
    wide = sum_type(x.type)
    acc = Func(f"{name}_acc")
    target = tuple(reversed((n, c, *places)))
    acc[target] = const(wide, 0)
    r = RDom([(0, a.kernel) for a in reversed(axes)])
    inside: Expr = TRUE
    tap: Expr = i32(0)
    column: Expr = i32(0)
    for i, (a, place, size) in enumerate(zip(axes, places, image, strict=True)):
        k = as_expr(r[count - 1 - i])
        along = as_expr(place) + a.before - k * a.dilation
        windows = a.count(size)
        at = along / a.stride
        here = (at >= 0) & (at < windows) & eq(along % a.stride, 0)
        inside = here if inside is TRUE else inside & here
        tap = tap * a.kernel + k
        column = column * windows + as_expr(clamp(at, 0, minus(windows, 1)))
    row = clamp(as_expr(c) * kernel + tap, 0, minus(x.shape[1], 1))
    held = clamp(column, 0, minus(x.shape[2], 1))
    acc[target] += Select(inside, cast_to(wide, x.at(n, row, held)), const(wide, 0))
    shape = (x.shape[0], floor_div(x.shape[1], greatest(kernel, 1)), *image)
    windows = product(a.count(d) for a, d in zip(axes, image, strict=True))
    pairs = ((x.shape[2], windows), (remainder(x.shape[1], greatest(kernel, 1)), ZERO))
    requires = tuple(pair for pair in pairs if not same(*pair))
    info = OpInfo(OpKind.REDUCE, (x,), {"acc": acc}, requires=requires)
    return computed(name, x.type, shape, lambda *at: call(acc, *at), info)
