"""Boxes: which of them overlap too much, and what an image holds in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.expr import Expr, Max, Min, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Bool, Int
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import sum_type
from halo.ops.index import minus
from halo.ops.reduce import lowest
from halo.ops.scan import running
from halo.ops.tensor import OpInfo, OpKind, Tensor


def _corners(boxes: Tensor, b: Any, i: Any, centred: bool) -> tuple[Expr, Expr, Expr, Expr]:
    """Return (left, right, top, bottom) of box `i` of image `b`."""
    p, q, r, s = (boxes.at(b, i, k) for k in range(4))
    if not centred:  # two opposite corners, y first
        return Min(q, s), Max(q, s), Min(p, r), Max(p, r)
    half, tall = r / 2, s / 2
    return p - half, p + half, q - tall, q + tall


def overlap_exceeds(boxes: Tensor, b: Any, i: Any, j: Any, limit: Expr, centred: bool) -> Expr:
    """Return whether what boxes i and j share is more than `limit` of what they cover."""
    l1, r1, t1, b1 = _corners(boxes, b, i, centred)
    l2, r2, t2, b2 = _corners(boxes, b, j, centred)
    zero = const(boxes.type, 0)
    width, height = Min(r1, r2) - Max(l1, l2), Min(b1, b2) - Max(t1, t2)
    shared = width * height
    one, two = (r1 - l1) * (b1 - t1), (r2 - l2) * (b2 - t2)
    union = one + two - shared
    meet = (width > zero) & (height > zero) & (shared > zero)
    proper = (one > zero) & (two > zero) & (union > zero)
    return meet & proper & (shared / union > limit)


def suppressed(
    name: str,
    boxes: Tensor,
    scores: Tensor,
    order: Tensor,
    limit: Expr,
    threshold: Expr | None,
    centred: bool,
) -> Tensor:
    """Return for each place of `order` (batch, class, box) whether its box is left out (int32).

    A box is left out if its score is not above `threshold`, or if it overlaps one before it that
    is not left out by more than `limit`. ``acc`` decides place after place; its RDom runs over
    the places before, inside that over all places.
    """
    count = boxes.shape[1]
    last = minus(count, 1)
    b, c, k = axis_vars(3)
    acc = Func(f"{name}_acc")

    def box(place: Any) -> Expr:
        return as_expr(clamp(order.at(b, c, place), 0, last))

    low: Expr = const(Int(32), 0)
    if threshold is not None:
        low = Select(scores.at(b, c, box(k)) > threshold, low, const(Int(32), 1))
    acc[(k, c, b)] = low
    r = RDom([(0, count), (0, count)])
    before, place = as_expr(r[0]), as_expr(r[1])
    r.where(before < place)
    out = call(acc, b, c, place)
    covers = eq(call(acc, b, c, before), 0) & overlap_exceeds(
        boxes, b, box(place), box(before), limit, centred
    )
    acc[(r[1], c, b)] = Select(covers, const(Int(32), 1), out)
    inputs = (boxes, scores, order)
    return computed(
        name,
        Int(32),
        order.shape,
        lambda *at: call(acc, *at),
        OpInfo(OpKind.SCAN, inputs, {"acc": acc}),
    )


def kept(name: str, left_out: Tensor, most: Expr) -> Tensor:
    """Return which places of (batch, class, place) are kept, `most` of each class at most."""
    zero = const(Int(32), 0)
    op = OpInfo(OpKind.TABLE, (left_out,))
    ones = computed(f"{name}_in", Int(32), left_out.shape, lambda *at: eq(left_out.at(*at), 0), op)
    ranks = running(f"{name}_ranks", ones, 2, lambda a, b: a + b, 0, exclusive=True)

    def cell(*at: Any) -> Expr:
        return (ones.at(*at) > zero) & (ranks.at(*at) < most)

    return computed(name, Bool(), left_out.shape, cell, OpInfo(OpKind.ELEMENTWISE, (ones, ranks)))


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
