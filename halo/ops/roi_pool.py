"""MaxRoiPool: the largest cells in the bins of regions that data tell."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Max, Min, Select, const, i32
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Float, Int
from halo.lang.func import Func
from halo.lang.math import ceil, floor
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.empty import unless_empty
from halo.ops.functions import larger
from halo.ops.index import index, minus
from halo.ops.reduce import lowest
from halo.ops.tensor import OpInfo, OpKind, Tensor


def max_roi_pool(name: str, x: Tensor, rois: Tensor, bins: tuple[int, int], scale: float) -> Tensor:
    """Return the largest cell of `x` (N, C, H, W) in each bin of each region; 0 of an empty one.

    Parameters
    ----------
    rois
        (regions, 5): the number of the image, and the first and last column and row, the columns
        first, which times `scale` are places in `x`.
    bins
        In how many rows and columns of bins a region falls.

    Returns
    -------
    Tensor
        (regions, C, rows of bins, columns of bins)

    Rows are put together first, then columns: two Funcs ``acc``, of which each goes through the
    places of an axis that lie in the bin. R. Girshick, "Fast R-CNN" (2015).
    """
    images, channels, height, width = x.shape
    regions = rois.shape[0]
    r, c, p, w = axis_vars(4)
    tall = Func(f"{name}_tall_acc")
    target = tuple(reversed((r, c, p, w)))
    tall[target] = lowest(x.type)
    h = RDom([(0, height)])
    first, end = _bin(rois, r, p, 2, bins[0], scale, height)
    h.where((as_expr(h[0]) >= first) & (as_expr(h[0]) < end))
    image = clamp(cast_to(Int(32), rois.at(r, 0)), 0, minus(images, 1))
    found = unless_empty(x.at(image, c, h[0], w), images)
    tall[target] = larger(found, call(tall, r, c, p, w))
    info = OpInfo(OpKind.REDUCE, (x, rois), {"acc": tall})
    shape = (regions, channels, index(bins[0]), width)
    rows = computed(f"{name}_tall", x.type, shape, lambda *at: call(tall, *at), info)
    acc = Func(f"{name}_acc")
    acc[target] = lowest(x.type)
    v = RDom([(0, width)])
    first, end = _bin(rois, r, w, 1, bins[1], scale, width)
    v.where((as_expr(v[0]) >= first) & (as_expr(v[0]) < end))
    acc[target] = larger(rows.at(r, c, p, v[0]), call(acc, r, c, p, w))

    def cell(region: Any, channel: Any, row: Any, column: Any) -> Expr:
        top, bottom = _bin(rois, region, row, 2, bins[0], scale, height)
        left, right = _bin(rois, region, column, 1, bins[1], scale, width)
        some = (top < bottom) & (left < right)
        return Select(some, call(acc, region, channel, row, column), const(x.type, 0))

    op = OpInfo(OpKind.REDUCE, (rows, rois), {"acc": acc})
    shape = (regions, channels, index(bins[0]), index(bins[1]))
    return computed(name, x.type, shape, cell, op)


def _bin(
    rois: Tensor, region: Any, number: Any, column: int, count: int, scale: float, size: Expr
) -> tuple[Expr, Expr]:
    """Return the first place of a bin along an axis of `size` cells, and that behind its last."""
    begin, last = (_rounded(rois.at(region, column + i), scale) for i in (0, 2))
    step = cast_to(Float(32), Max(last - begin + 1, i32(1))) / const(Float(32), count)
    place = cast_to(Float(32), as_expr(number))
    ends = (floor(place * step), ceil((place + 1.0) * step))
    first, end = (Min(Max(cast_to(Int(32), e) + begin, i32(0)), size) for e in ends)
    return first, end


def _rounded(value: Expr, scale: float) -> Expr:
    """Return a scaled coordinate as the nearest place, half away from zero."""
    v = cast_to(Float(32), value) * const(Float(32), scale)
    return cast_to(Int(32), Select(v < 0, ceil(v - 0.5), floor(v + 0.5)))
