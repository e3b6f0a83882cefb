"""Blur by depth from two pictures: depth by matching them, then each cell spreads over its disc.

The costs of shifts between the pictures are weighted by how sure they are and smoothed over a
pyramid; the cheapest shift is the depth. A cell of the result is the mean of the cells at points of
a disc whose own discs reach it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, same_shape
from apps.local_laplacian import doubled, halved

SHIFTS, LEVELS, POINTS = 32, 8, 32
"""Depths that are told apart, steps of the pyramid, and points of a disc."""

FOCUS, SCALE = 13, 0.5
"""The depth that stays sharp, and the radius of a disc for each step away from it."""

WIDEST = int(max(SHIFTS - FOCUS, FOCUS) * SCALE)


def build(hl: ModuleType) -> Program:
    x, y, z, c = (hl.Var(name) for name in ("x", "y", "z", "c"))
    left, right = (hl.ImageParam(hl.UInt(8), 3, name) for name in ("left", "right"))
    points = hl.ImageParam(hl.Float(32), 2, "points")
    around = [hl.BoundaryConditions.repeat_edge(picture) for picture in (left, right)]

    cost, sure = hl.Func("cost"), hl.Func("sure")
    total = None
    for i in range(3):
        here = around[0][x, y, i]
        steps = [hl.absd(here, around[1][x + 2 * z + j, y, i]) for j in (0, 1)]
        step = hl.f32(hl.min(*steps))
        total = step * step if total is None else total + step * step
    cost[x, y, z] = hl.sqrt(hl.sqrt(total))
    r = hl.RDom([(0, SHIFTS)], name="r")
    square = hl.sum(cost[x, y, r.x] * cost[x, y, r.x]) / SHIFTS
    mean = hl.sum(cost[x, y, r.x]) / SHIFTS
    sure[x, y] = square - mean * mean + 1.0

    push = [hl.Func("push0")]
    narrow: dict[str, Any] = {}
    upsampled: dict[str, Any] = {}
    arounds = [push[0]]
    push[0][x, y, z, c] = hl.mux(c, [cost[x, y, z] * sure[x, y], sure[x, y]])
    width, height = left.width(), left.height()
    reads = push[0]
    for i in range(1, LEVELS):
        width, height = width / 2, height / 2
        push.append(halved(hl, reads, f"push{i}", (z, c), narrow))
        reads = hl.Func(f"push{i}_around")
        column, row = (hl.clamp(v, 0, hl.max(n, 1) - 1) for v, n in ((x, width), (y, height)))
        reads[x, y, z, c] = push[i][column, row, z, c]
        arounds.append(reads)
    pull, pulls = arounds[-1], []
    for i in reversed(range(LEVELS - 1)):
        up = doubled(hl, pull, f"pull{i}", (z, c), upsampled)
        pull = hl.Func(f"pull{i}")
        pull[x, y, z, c] = hl.lerp(up[x, y, z, c], arounds[i][x, y, z, c], 0.5)
        pulls.append(pull)

    nearest, depth = hl.Func("nearest"), hl.Func("depth")
    smooth = pull[x, y, r.x, 0] / pull[x, y, r.x, 1]
    nearest[x, y] = (0, hl.f32(np.inf))
    found, least = (nearest[x, y][i] for i in (0, 1))
    nearest[x, y] = (hl.select(smooth < least, r.x, found), hl.min(smooth, least))
    depth[x, y] = nearest[x, y][0]
    output, funcs = _blurred(hl, depth, around[0], points)
    made = {"cost": cost, "sure": sure, "push": push, "pulls": pulls, "nearest": nearest}
    steps = {"narrow": narrow, "upsampled": upsampled, "edges": around}
    made |= {"depth": depth, "r": r}
    return Program(output, (left, right, points), {**made, **steps, **funcs})


def _blurred(hl: ModuleType, depth: Any, picture: Any, points: Any) -> tuple[Any, dict[str, Any]]:
    """Return the blurred picture and the Funcs that it is made of."""
    x, y, c = (hl.Var(name) for name in ("x", "y", "c"))
    names = ("reach", "colour", "total", "lens_blur")
    reach, colour, total, output = (hl.Func(name) for name in names)
    radius = hl.abs(hl.f32(depth[x, y] - FOCUS)) * SCALE
    reach[x, y] = radius * radius
    colour[x, y, c] = hl.mux(c, [*(picture[x, y, i] for i in range(3)), hl.u8(1)])
    k = hl.RDom([(0, POINTS)], name="k")
    u, v = (hl.clamp(hl.i32(points[i, k.x] * WIDEST), -WIDEST, WIDEST) for i in (0, 1))
    there = reach[x + u, y + v]
    weight = hl.select(there >= hl.f32(u * u + v * v), 1.0 / hl.max(there, 1.0), 0.0)
    total[x, y, c] = 0.0
    total[x, y, c] += weight * hl.f32(colour[x + u, y + v, c])
    output[x, y, c] = hl.u8(hl.clamp(total[x, y, c] / total[x, y, 3] + 0.5, 0.0, 255.0))
    return output, {"reach": reach, "colour": colour, "total": total, "k": k}


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, z, c = (hl.Var(name) for name in ("x", "y", "z", "c"))
    first, *steps = app.push
    first.compute_root().reorder(c, z, x, y).bound(c, 0, 2).unroll(c)
    first.parallel(y, 4).vectorize(x, 16)
    app.cost.compute_at(first, x).vectorize(x, 16)
    app.sure.compute_at(first, x).vectorize(x, 16)
    for i, f in enumerate(steps):
        f.compute_root().bound(c, 0, 2)
        if i < LEVELS // 2:
            f.parallel(z).vectorize(x, 8)
    for i, f in enumerate(reversed(app.pulls)):
        f.compute_root().bound(c, 0, 2)
        if i < LEVELS // 2:
            f.parallel(z).vectorize(x, 8)
    app.depth.compute_root().parallel(y, 8).vectorize(x, 16)
    app.nearest.compute_at(app.depth, x).vectorize(x, 16)
    app.nearest.update().vectorize(x, 16)
    app.colour.compute_root().reorder(c, x, y).bound(c, 0, 4).unroll(c)
    app.colour.parallel(y, 8).vectorize(x, 16)
    app.reach.compute_root().parallel(y, 8).vectorize(x, 16)
    app.output.reorder(c, x, y).bound(c, 0, 3).unroll(c).parallel(y, 8).vectorize(x, 16)
    app.total.compute_at(app.output, x).reorder(c, x, y).bound(c, 0, 4)
    app.total.unroll(c).vectorize(x, 16)
    app.total.update().reorder(c, x, app.k.x, y).unroll(c).vectorize(x, 16)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    width, height = size
    left = rng.integers(0, 256, (3, height, width + 2 * SHIFTS)).astype(np.float64)
    left = (left[:, :, :-1] + left[:, :, 1:]) / 2
    shift = (np.indices((height, width)).sum(0) // 16) % SHIFTS
    column = np.arange(width) + 2 * SHIFTS - 2 - 2 * shift
    right = np.take_along_axis(left, np.broadcast_to(column, (3, height, width)), 2)
    turn = np.arange(POINTS) * 2.4
    points = np.sqrt(np.arange(POINTS) / POINTS) * np.stack([np.cos(turn), np.sin(turn)])
    pictures = left[:, :, 2 * SHIFTS - 2 : 2 * SHIFTS - 2 + width], right
    made = (np.asarray(p, np.uint8).copy() for p in pictures)
    return (*made, np.ascontiguousarray(points.T, np.float32))


def expected(left: Array, right: Array, points: Array) -> Array:
    height, width = left.shape[1:]
    margin = WIDEST + 2
    ys, xs = (np.arange(-margin, n + margin) for n in (height, width))
    cost = np.sqrt(np.sqrt(_differences(left, right, xs, ys)))
    sure = (cost**2).mean(-1, keepdims=True) - cost.mean(-1, keepdims=True) ** 2 + 1
    first = np.stack([cost * sure, np.broadcast_to(sure, cost.shape)], -1)
    steps = [Step(first, -margin)]
    for i in range(1, LEVELS):
        rows, columns = (np.arange(max(n >> i, 1)) * 2 for n in (height, width))
        steps.append(Step(steps[-1].halved(rows, columns), 0))
    smooth = _smooth(steps, *(np.arange(-WIDEST, n + WIDEST) for n in (height, width)))
    depth = (smooth[..., 0] / smooth[..., 1]).argmin(-1)
    return _spread(left, (np.abs(depth - FOCUS) * SCALE) ** 2, points)


@dataclass
class Step:
    """A step of the pyramid: its cells from `low` on along y and x; the edge repeats outside."""

    values: Array
    low: int

    def at(self, rows: Array, columns: Array) -> Array:
        height, width = self.values.shape[:2]
        y, x = np.clip(rows - self.low, 0, height - 1), np.clip(columns - self.low, 0, width - 1)
        return self.values[y][:, x]

    def halved(self, rows: Array, columns: Array) -> Array:
        """Return the mean around (rows, columns), weighted 1 3 3 1 along both axes."""
        total: Any = 0.0
        for (j, v), (i, w) in product(enumerate((1, 3, 3, 1), -1), repeat=2):
            total = total + v * w * self.at(rows + j, columns + i)
        return total / 64


def _smooth(steps: list[Step], *places: Array) -> Array:
    """Return the pyramid put together, finest first, at `places` along y and x."""
    here = steps[0].at(*places)
    if len(steps) == 1:
        return here
    nearer = [(v // 2, v // 2 - 1 + 2 * (v % 2)) for v in places]
    spans = [np.arange(np.min(pair), np.max(pair) + 1) for pair in nearer]
    up = _smooth(steps[1:], *spans)
    for axis, ((near, far), span) in enumerate(zip(nearer, spans, strict=True)):
        up = 0.75 * up.take(near - span[0], axis) + 0.25 * up.take(far - span[0], axis)
    return (up + here) / 2


def _differences(left: Array, right: Array, xs: Array, ys: Array) -> Array:
    """Return the squared differences of the colours for each cell (first axes) and shift."""
    height, width = left.shape[1:]
    rows = np.clip(ys, 0, height - 1)
    a, b = (p.astype(np.float64)[:, rows] for p in (left, right))
    here = a[:, :, np.clip(xs, 0, width - 1)]
    found = []
    for z in range(SHIFTS):
        steps = [np.abs(here - b[:, :, np.clip(xs + 2 * z + j, 0, width - 1)]) for j in (0, 1)]
        found.append((np.minimum(*steps) ** 2).sum(0))
    return np.stack(found, -1)


def _spread(picture: Array, reach: Array, points: Array) -> Array:
    """Return the picture with each cell spread as far as the square root of `reach`."""
    height, width = picture.shape[1:]
    edges = ((0, 0), (WIDEST, WIDEST), (WIDEST, WIDEST))
    around = np.pad(picture, edges, mode="edge").astype(np.float64)
    total, weights = np.zeros(picture.shape), np.zeros(picture.shape[1:])
    for u, v in (points * np.float32(WIDEST)).astype(int):
        rows, columns = (slice(WIDEST + d, WIDEST + d + n) for d, n in ((v, height), (u, width)))
        there = reach[rows, columns]
        weight = np.where(there >= u * u + v * v, 1 / np.maximum(there, 1), 0)
        total += weight * around[:, rows, columns]
        weights += weight
    return np.clip(total / weights + 0.5, 0, 255).astype(np.uint8)


APP = App(
    "lens_blur",
    build,
    schedule,
    inputs,
    expected,
    same_shape,
    (768, 512),
    (61, 47),
    np.uint8,
    tolerance=0.006,
    jumps=1e-3,
)
