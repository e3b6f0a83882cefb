"""Typical pipelines for the schedules that halo makes by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import halo as hl

x, y, c = hl.vars("x y c")


def blur(source: hl.ImageParam) -> hl.Func:
    across, down = hl.Func("across"), hl.Func("down")
    across[x, y] = (source[x, y] + source[x + 1, y] + source[x + 2, y]) / 3
    down[x, y] = (across[x, y] + across[x, y + 1] + across[x, y + 2]) / 3
    return down


def unsharp(source: hl.ImageParam) -> hl.Func:
    source.dim(2).set_bounds(0, 3)
    edge = hl.BoundaryConditions.repeat_edge(source)
    gray, across, down, ratio, sharp = (
        hl.Func(name) for name in ("gray", "across", "down", "ratio", "sharp")
    )
    gray[x, y] = 0.3 * edge[x, y, 0] + 0.6 * edge[x, y, 1] + 0.1 * edge[x, y, 2]
    weights = (0.25, 0.5, 0.25)
    across[x, y] = sum(w * gray[x + i - 1, y] for i, w in enumerate(weights))
    down[x, y] = sum(w * across[x, y + i - 1] for i, w in enumerate(weights))
    ratio[x, y] = (2 * gray[x, y] - down[x, y]) / gray[x, y]
    sharp[x, y, c] = ratio[x, y] * source[x, y, c]
    return sharp


def harris(source: hl.ImageParam) -> hl.Func:
    dx, dy, corner = hl.Func("dx"), hl.Func("dy"), hl.Func("corner")
    dx[x, y] = source[x + 1, y] - source[x - 1, y] + 2 * (source[x + 1, y + 1] - source[x, y + 1])
    dy[x, y] = source[x, y + 1] - source[x, y - 1] + 2 * (source[x + 1, y + 1] - source[x + 1, y])

    def around(name: str, a: hl.Func, b: hl.Func) -> Any:
        product = hl.Func(name)
        product[x, y] = a[x, y] * b[x, y]
        return sum(product[x + i, y + j] for j in (-1, 0, 1) for i in (-1, 0, 1))

    xx, yy, xy = around("xx", dx, dx), around("yy", dy, dy), around("xy", dx, dy)
    corner[x, y] = xx * yy - xy * xy - 0.04 * (xx + yy) * (xx + yy)
    return corner


def matmul(source: hl.ImageParam) -> hl.Func:
    k = hl.RDom([(0, 256)], name="k")
    product, result = hl.Func("product"), hl.Func("result")
    product[x, y] = 0.0
    product[x, y] += source[x, k.x] * source[k.x, y]
    result[x, y] = hl.max(product[x, y], 0.0)
    result.bound(x, 0, 256).bound(y, 0, 192)
    return result


def histogram(source: hl.ImageParam) -> hl.Func:
    r = hl.RDom([(0, source.width()), (0, source.height())], name="r")
    bins = hl.RDom([(1, 255)], name="bins")
    counts, sums, equal = hl.Func("counts"), hl.Func("sums"), hl.Func("equal")
    counts[x] = 0
    counts[hl.i32(source[r.x, r.y])] += 1
    sums[x] = counts[x]
    sums[bins.x] = sums[bins.x - 1] + counts[bins.x]
    equal[x, y] = hl.u8(hl.clamp(sums[hl.i32(source[x, y])] / 64, 0, 255))
    return equal


def rows_and_columns(source: hl.ImageParam) -> hl.Func:
    """Running sums down the columns, then along the rows."""
    down, along = hl.Func("down"), hl.Func("along")
    r = hl.RDom([(1, source.height() - 1)], name="r")
    q = hl.RDom([(1, source.width() - 1)], name="q")
    down[x, y] = source[x, y]
    down[x, r.x] = down[x, r.x] + 3 * down[x, r.x - 1]
    along[x, y] = down[x, y]
    along[q.x, y] = along[q.x, y] - 5 * along[q.x - 1, y]
    return along


def columns_turned(source: hl.ImageParam) -> hl.Func:
    """Running sums down and up the columns, with rows and columns exchanged."""
    sums, turned = hl.Func("sums"), hl.Func("exchanged")
    height = source.height()
    r, q = (hl.RDom([(1, height - 1)], name=name) for name in ("r", "q"))
    sums[x, y] = source[x, y]
    sums[x, r.x] = sums[x, r.x] + 3 * sums[x, r.x - 1]
    up = height - 1 - q.x
    sums[x, up] = sums[x, up] - 5 * sums[x, up + 1]
    turned[x, y] = sums[y, x] * 3
    return turned


def box(source: hl.ImageParam) -> hl.Func:
    """A sum over a window, read at several places."""
    total, edges = hl.Func("total"), hl.Func("edges")
    r = hl.RDom([(0, 3), (0, 3)], name="r")
    total[x, y] = 0
    total[x, y] += source[x + r.x, y + r.y]
    edges[x, y] = total[x, y] * 2 - total[x + 1, y] - total[x, y + 2]
    return edges


def line(source: hl.ImageParam) -> hl.Func:
    """A chain in one dimension."""
    smooth, diff = hl.Func("smooth"), hl.Func("diff")
    smooth[x] = source[x] * 3 / 4 + source[x + 1] * source[x + 2] + source[x + 3] % 7
    diff[x] = smooth[x] - smooth[x + 1] * smooth[x + 4]
    return diff


def turned(source: hl.ImageParam) -> hl.Func:
    """What is read across its rows."""
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = source[x, y] * source[x, y] / 3 + source[x, y] % 5
    g[x, y] = f[y, x] + f[y + 1, x] + f[y, x + 1]
    return g


def mean(source: hl.ImageParam) -> hl.Func:
    """One number of a picture, and the picture without it."""
    r = hl.RDom([(0, source.width()), (0, source.height())], name="r")
    total, rest = hl.Func("total"), hl.Func("rest")
    total[()] = 0
    total[()] += source[r.x, r.y]
    rest[x, y] = source[x, y] - total[()] / (source.width() * source.height())
    return rest


def halves(source: hl.ImageParam) -> hl.Func:
    """A picture at half the size, and back."""
    small, large = hl.Func("small"), hl.Func("large")
    edge = hl.BoundaryConditions.mirror_image(source)
    small[x, y] = edge[2 * x, 2 * y] + edge[2 * x + 1, 2 * y] * edge[2 * x, 2 * y + 1] / 7
    large[x, y] = small[x / 2, y / 2] + small[(x + 1) / 2, (y + 1) / 2]
    return large


def best(source: hl.ImageParam) -> hl.Func:
    """The place of the greatest cell of each column, as a Tuple."""
    r = hl.RDom([(0, source.height())], name="r")
    found, place = hl.Func("found"), hl.Func("place")
    found[x] = (0, source[x, 0])
    cell = source[x, r.x]
    better = cell > found[x][1]
    found[x] = (hl.select(better, r.x, found[x][0]), hl.select(better, cell, found[x][1]))
    place[x, y] = found[x][0] * 10 + found[x][1] + y
    return place


def triangle(source: hl.ImageParam) -> hl.Func:
    """A sum over part of its domain."""
    r = hl.RDom([(0, source.width()), (0, source.height())], name="r")
    r.where(r.x <= r.y)
    total, spread = hl.Func("total"), hl.Func("spread")
    total[x] = 0
    total[x] += source[r.x, r.y] * (x + 1)
    spread[x, y] = total[x] + y
    return spread


def shifted(source: hl.ImageParam) -> hl.Func:
    """A mean of shifted pictures, each weighted by another."""
    dx, dy = hl.vars("dx dy")
    s = hl.RDom([(-2, 5), (-1, 3)], name="s")
    unlike, patch, weight, total, mean = hl.funcs("unlike patch weight total mean")
    difference = source[x, y] - source[x + dx, y + dy]
    unlike[x, y, dx, dy] = difference * difference
    patch[x, y, dx, dy] = sum(unlike[x + i, y + j, dx, dy] for i in range(3) for j in range(3))
    weight[x, y, dx, dy] = 1.0 / (1.0 + patch[x, y, dx, dy])
    total[x, y, c] = 0.0
    total[x, y, c] += weight[x, y, s.x, s.y] * hl.mux(c, [source[x + s.x, y + s.y], 1.0])
    mean[x, y] = total[x, y, 0] / total[x, y, 1]
    return mean


def separable(source: hl.ImageParam) -> hl.Func:
    """A small matrix product of what is itself summed up over a window, channel by channel."""
    r = hl.RDom([(0, 3)], name="r")
    k = hl.RDom([(0, 32)], name="k")
    each, mixed, result = hl.funcs("each mixed result")
    each[x, y] = 0.0
    each[x, y] += source[x, r.x] * source[x, y + r.x]
    mixed[x, y] = 0.0
    mixed[x, y] += source[x, k.x] * each[k.x, y]
    result[x, y] = hl.max(mixed[x, y], 3.0)
    result.bound(x, 0, 16)
    return result


def colours(source: hl.ImageParam) -> hl.Func:
    """A few planes of one picture, read one by one, and mixed to others."""
    plane, mixed, result = hl.funcs("plane mixed result")
    value = source[x, y] * source[x + 1, y] / 3
    plane[x, y, c] = hl.mux(c, [value, value + source[x, y + 1] % 5, source[x, y] / 7])
    total = plane[x, y, 0] + plane[x, y + 1, 1] * plane[x, y, 2]
    mixed[x, y, c] = hl.mux(c, [total, total * plane[x, y, 1], plane[x, y, 2] / 3])
    result[x, y, c] = mixed[x, y, c] - mixed[x, y + 1, c] / 5
    result.bound(c, 0, 3)
    return result


@dataclass(frozen=True)
class Kernel:
    """What makes a pipeline of an input of a type, and how its size follows from the output's.

    Attributes
    ----------
    room
        Cells of the input beyond the output's, on each side.
    sizes
        Of the input where they do not depend on the output's.
    """

    make: Callable[[hl.ImageParam], hl.Func]
    type: hl.Type
    dimensions: int = 2
    room: int = 0
    sizes: tuple[int, ...] = ()

    def pipeline(self) -> tuple[hl.Func, hl.ImageParam]:
        """Return the output and the input."""
        source = hl.ImageParam(self.type, self.dimensions, "source")
        return self.make(source), source

    def cells(self, sizes: tuple[int, ...]) -> hl.Buffer:
        """Return an input for an output of `sizes`."""
        n = self.sizes or tuple(size + 2 * self.room for size in sizes)
        shape = tuple(reversed(n[: self.dimensions]))
        cells = np.random.default_rng(3).integers(1, 200, shape)
        buffer = hl.Buffer(cells.astype(self.type.dtype))
        buffer.set_min([-self.room if i < 2 else 0 for i in range(self.dimensions)])
        return buffer


KERNELS = {
    "blur": Kernel(blur, hl.UInt(16), room=2),
    "unsharp": Kernel(unsharp, hl.Float(32), 3, sizes=(90, 80, 3)),
    "harris": Kernel(harris, hl.Float(32), room=3),
    "matmul": Kernel(matmul, hl.Float(32), sizes=(256, 256)),
    "histogram": Kernel(histogram, hl.UInt(8)),
    "rows and columns": Kernel(rows_and_columns, hl.Int(32)),
    "columns turned": Kernel(columns_turned, hl.Int(32), sizes=(80, 80)),
    "box": Kernel(box, hl.Int(32), room=4),
    "line": Kernel(line, hl.Int(32), 1, room=8),
    "turned": Kernel(turned, hl.Int(32), sizes=(300, 300)),
    "mean": Kernel(mean, hl.Int(32)),
    "halves": Kernel(halves, hl.Int(32)),
    "best": Kernel(best, hl.Int(32)),
    "triangle": Kernel(triangle, hl.Int(32)),
    "shifted": Kernel(shifted, hl.Float(32), room=5),
    "separable": Kernel(separable, hl.Float(32), sizes=(80, 120)),
    "colours": Kernel(colours, hl.Int(32), room=3),
}
"""All of them, by name."""

GOLDEN = ("blur", "unsharp", "harris", "matmul", "histogram")
"""Those whose schedules are kept as texts."""
