"""Boxes: whether two overlap too much, and what an image holds in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from halo.ir.expr import Expr, Max, Min, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import sum_type
from halo.ops.index import minus
from halo.ops.reduce import lowest
from halo.ops.tensor import OpInfo, OpKind, Tensor


@dataclass(frozen=True, slots=True)
class Box:
    """The sides and the area of a box."""

    left: Expr
    right: Expr
    top: Expr
    bottom: Expr
    area: Expr


def box_of(p: Expr, q: Expr, r: Expr, s: Expr, *, centred: bool) -> Box:
    """Return the box of four numbers: two opposite corners, y first, or centre, width, height."""
    if centred:
        half, tall = r / 2, s / 2
        sides = p - half, p + half, q - tall, q + tall
    else:
        sides = Min(q, s), Max(q, s), Min(p, r), Max(p, r)
    left, right, top, bottom = sides
    return Box(left, right, top, bottom, (right - left) * (bottom - top))


def overlap_exceeds(one: Box, two: Box, limit: Expr) -> Expr:
    """Return whether what two boxes share is more than `limit` of what they cover."""
    zero = const(one.area.type, 0)
    width = Min(one.right, two.right) - Max(one.left, two.left)
    height = Min(one.bottom, two.bottom) - Max(one.top, two.top)
    shared = width * height
    union = one.area + two.area - shared
    meet = (width > zero) & (height > zero) & (shared > zero)
    proper = (one.area > zero) & (two.area > zero) & (union > zero)
    return meet & proper & (shared / union > limit)


def roi_grid(
    name: str, rois: Tensor, scale: float, sizes: Sequence[int], samples: int, half_pixel: bool
) -> tuple[Tensor, Tensor]:
    """Return (start y, start x, height, width) of the bins of each region, and samples per bin.

    `sizes` are the rows and columns of bins; `samples` per axis of a bin, 0 for one per cell.
    """
    wide = sum_type(rois.type)
    offset = 0.5 if half_pixel else 0.0

    def side(n: Any, axis: int) -> tuple[Expr, Expr]:
        first, end = (
            cast_to(wide, rois.at(n, k)) * const(wide, scale) - const(wide, offset)
            for k in (1 - axis, 3 - axis)
        )
        length = end - first
        length = length if half_pixel else Max(length, const(wide, 1))
        return first, length / const(wide, sizes[axis])

    def cell(n: Any, k: Any) -> Expr:
        (y, height), (x, width) = side(n, 0), side(n, 1)
        return Select(eq(k, 0), y, Select(eq(k, 1), x, Select(eq(k, 2), height, width)))

    count = rois.shape[0]
    bins = computed(f"{name}_bins", wide, (count, as_expr(4)), cell, OpInfo(OpKind.TABLE, (rois,)))

    def number(n: Any, axis: Any) -> Expr:
        if samples:
            return const(Int(32), samples)
        return Max(cast_to(Int(32), intrinsic("ceil", bins.at(n, as_expr(axis) + 2))), as_expr(0))

    op = OpInfo(OpKind.TABLE, (bins,))
    return bins, computed(f"{name}_samples", Int(32), (count, as_expr(2)), number, op)


def roi_align(
    name: str,
    x: Tensor,
    bins: Tensor,
    samples: Tensor,
    images: Tensor,
    sizes: Sequence[int],
    most: Expr,
    mode: str,
) -> Tensor:
    """Return the mean or the largest of the samples of `x` in each bin of each region.

    ``acc`` goes over `most` samples along either axis, of which each region uses its own number.
    """
    wide = sum_type(x.type)
    work = bins.type if bins.type.bits() > wide.bits() else wide
    n, c, y, w = axis_vars(4)
    acc = Func(f"{name}_acc")
    target = (w, y, c, n)
    acc[target] = const(wide, 0) if mode == "avg" else lowest(wide)
    r = RDom([(0, most), (0, most)])
    r.where((as_expr(r[1]) < samples.at(n, 0)) & (as_expr(r[0]) < samples.at(n, 1)))
    image = clamp(cast_to(Int(32), images.at(n)), 0, minus(x.shape[0], 1))
    rows = _between(x, bins, samples, n, y, as_expr(r[1]), 0, work)
    columns = _between(x, bins, samples, n, w, as_expr(r[0]), 1, work)
    parts = [
        cast_to(wide, cast_to(work, x.at(image, c, i, j)) * (p * q))
        for i, p in rows[1:]
        for j, q in columns[1:]
    ]
    inside = rows[0][1] & columns[0][1]
    if mode == "avg":
        found = parts[0] + parts[1] + parts[2] + parts[3]
        value = call(acc, n, c, y, w) + Select(inside, found, const(wide, 0))
    else:
        found = Max(Max(parts[0], parts[1]), Max(parts[2], parts[3]))
        value = Max(call(acc, n, c, y, w), Select(inside, found, const(wide, 0)))
    acc[target] = value

    def cell(*at: Any) -> Expr:
        total = call(acc, *at)
        number = samples.at(at[0], 0) * samples.at(at[0], 1)
        if mode == "max":
            return Select(number > 0, total, const(wide, 0))
        return total / cast_to(wide, Max(number, as_expr(1)))

    shape = (bins.shape[0], x.shape[1], as_expr(sizes[0]), as_expr(sizes[1]))
    info = OpInfo(OpKind.REDUCE, (x, bins, samples, images), {"acc": acc})
    return computed(name, x.type, shape, cell, info)


def _between(
    x: Tensor, bins: Tensor, samples: Tensor, n: Any, place: Any, step: Expr, axis: int, work: Any
) -> list[tuple[Expr, Expr]]:
    """Return whether a sample lies in the image, then the cells on both sides and their weights."""
    size = x.shape[2 + axis]
    start, length = cast_to(work, bins.at(n, axis)), cast_to(work, bins.at(n, axis + 2))
    part = (cast_to(work, step) + 0.5) * length / cast_to(work, samples.at(n, axis))
    at = start + cast_to(work, as_expr(place)) * length + part
    inside = (at >= -1.0) & (at <= cast_to(work, size))
    last = minus(size, 1)
    at = Max(at, const(work, 0))
    at = Min(at, cast_to(work, last))
    low = cast_to(Int(32), at)
    high = as_expr(Min(low + 1, last))
    share = at - cast_to(work, low)
    return [
        (low, inside),
        (as_expr(clamp(low, 0, last)), const(work, 1) - share),
        (as_expr(clamp(high, 0, last)), share),
    ]
