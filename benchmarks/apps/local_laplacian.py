"""Local Laplacian filters: contrast of detail without halos, by one pyramid for each grey level.

After Paris, Hasinoff, Kautz: Local Laplacian Filters (SIGGRAPH 2011), in the fast form of Aubry
et al. (2014). The picture is remapped around each of a few grey levels; a cell of the result's
Laplacian pyramid is interpolated between those of the two levels that its brightness lies between.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, same_shape

FINE = 256
"""Entries of the table of remapped differences from one grey level to the next."""

BRIGHTNESS = (0.299, 0.587, 0.114)


def build(hl: ModuleType, depth: int = 8) -> Program:
    """Return the filter of a 16 bit picture of three colours, with pyramids of `depth` steps.

    Its arguments are the picture (uint16, 3 dimensions), the number of grey levels (int32, at
    least 2), `alpha` and `beta` (float32): how much detail and how much of the large differences
    remains. Its Funcs: the brightness `grey`; the table `remap` of what is added to it; Gaussian
    pyramids, lists with the finest step first, of the remapped pictures over (x, y, k)
    (`remapped`), of the brightness (`bright`), and of what comes out (`result`).
    """
    x, y, c, k, i = (hl.Var(name) for name in ("x", "y", "c", "k", "i"))
    picture = hl.ImageParam(hl.UInt(16), 3, "picture")
    levels = hl.Param(hl.Int(32), "levels", 8)
    alpha = hl.Param(hl.Float(32), "alpha", 1.0 / 7)
    beta = hl.Param(hl.Float(32), "beta", 1.0)
    around = hl.BoundaryConditions.repeat_edge(picture)

    colour = hl.Func("colour")
    colour[x, y, c] = hl.f32(around[x, y, c]) / 65535.0
    grey = hl.Func("grey")
    red, green, blue = (hl.f32(w) * colour[x, y, i] for i, w in enumerate(BRIGHTNESS))
    grey[x, y] = red + green + blue

    remap = hl.Func("remap")
    distance = hl.f32(i) / float(FINE)
    remap[i] = alpha * distance * hl.exp(-distance * distance / 2.0)

    remapped = [hl.Func("remapped0")]
    level = hl.f32(k) / hl.f32(levels - 1)
    position = hl.i32(grey[x, y] * hl.f32(levels - 1) * float(FINE))
    entry = hl.clamp(position, 0, (levels - 1) * FINE) - FINE * k
    remapped[0][x, y, k] = beta * (grey[x, y] - level) + level + remap[entry]
    bright = [grey]
    narrow: dict[str, Any] = {}
    upsampled: dict[str, Any] = {}
    for j in range(1, depth):
        remapped.append(halved(hl, remapped[-1], f"remapped{j}", (k,), narrow))
        bright.append(halved(hl, bright[-1], f"bright{j}", (), narrow))

    result = [_blended(hl, remapped, bright, j, levels, upsampled) for j in range(depth)]
    for j in reversed(range(depth - 1)):
        larger = doubled(hl, result[j + 1], f"result{j}", (), upsampled)
        whole = hl.Func(f"result{j}")
        whole[x, y] = larger[x, y] + result[j][x, y]
        result[j] = whole

    output = hl.Func("local_laplacian")
    tiny = hl.f32(0.01)  # a black cell stays black
    ratio = (colour[x, y, c] + tiny) / (grey[x, y] + tiny)
    output[x, y, c] = hl.u16(hl.clamp(result[0][x, y] * ratio, 0.0, 1.0) * 65535.0)
    arguments = (picture, levels, alpha, beta)
    pyramids = {"remapped": remapped, "bright": bright, "result": result}
    steps = {"narrow": narrow, "upsampled": upsampled}
    return Program(output, arguments, {"grey": grey, "remap": remap, **pyramids, **steps})


def _blended(
    hl: ModuleType,
    remapped: list[Any],
    bright: list[Any],
    j: int,
    levels: Any,
    upsampled: dict[str, Any],
) -> Any:
    """Return step `j` of the Laplacian pyramid of the result."""
    x, y, k = (hl.Var(name) for name in ("x", "y", "k"))
    detail = remapped[j]
    if j + 1 < len(remapped):
        detail = hl.Func(f"detail{j}")
        coarse = doubled(hl, remapped[j + 1], f"detail{j}", (k,), upsampled)
        detail[x, y, k] = remapped[j][x, y, k] - coarse[x, y, k]
    blended = hl.Func(f"blended{j}")
    position = bright[j][x, y] * hl.f32(levels - 1)
    below = hl.clamp(hl.i32(position), 0, levels - 2)
    weight = position - hl.f32(below)
    blended[x, y] = (1.0 - weight) * detail[x, y, below] + weight * detail[x, y, below + 1]
    return blended


def halved(
    hl: ModuleType, f: Any, name: str, rest: tuple[Any, ...], narrow_ones: dict[str, Any]
) -> Any:
    """Return `f` at half the size, weighted 1 3 3 1 along both axes.

    What is halved along x only is put into `narrow_ones` under `name`.
    """
    x, y = hl.Var("x"), hl.Var("y")
    narrow, small = hl.Func(f"{name}_x"), hl.Func(name)
    narrow_ones[name] = narrow
    cells = [f[(2 * x + d, y, *rest)] for d in (-1, 0, 1, 2)]
    narrow[(x, y, *rest)] = (cells[0] + 3.0 * (cells[1] + cells[2]) + cells[3]) / 8.0
    cells = [narrow[(x, 2 * y + d, *rest)] for d in (-1, 0, 1, 2)]
    small[(x, y, *rest)] = (cells[0] + 3.0 * (cells[1] + cells[2]) + cells[3]) / 8.0
    return small


def doubled(
    hl: ModuleType, f: Any, name: str, rest: tuple[Any, ...], upsampled: dict[str, Any]
) -> Any:
    """Return `f` at twice the size, each cell from the nearer and the farther one, 3 to 1.

    What is doubled along x only, and the result, are put into `upsampled` under `name`.
    """
    x, y = hl.Var("x"), hl.Var("y")
    wide, large = hl.Func(f"{name}_wide"), hl.Func(f"{name}_up")
    upsampled[name] = wide, large
    near, far = x // 2, x // 2 - 1 + 2 * (x % 2)
    wide[(x, y, *rest)] = 0.25 * f[(far, y, *rest)] + 0.75 * f[(near, y, *rest)]
    near, far = y // 2, y // 2 - 1 + 2 * (y % 2)
    large[(x, y, *rest)] = 0.25 * wide[(x, far, *rest)] + 0.75 * wide[(x, near, *rest)]
    return large


def schedule(hl: ModuleType, app: Program, fine: int = 5) -> None:
    """Schedule `app` for a processor: pyramids at root, the `fine` largest steps in vectors."""
    x, y, c, k = (hl.Var(name) for name in ("x", "y", "c", "k"))
    app.remap.compute_root()
    app.output.reorder(c, x, y).parallel(y, 32).vectorize(x, 8)
    for j, (remapped, bright, result) in enumerate(
        zip(app.remapped, app.bright, app.result, strict=True)
    ):
        bright.compute_root()
        result.compute_root()
        if j:  # the first is cheaper to compute again than to keep
            remapped.compute_root().reorder_storage(x, k, y).reorder(k, y)
        if j >= fine:
            continue
        bright.parallel(y, 32).vectorize(x, 8)
        result.parallel(y, 32).vectorize(x, 8)
        if j:
            remapped.parallel(y, 8).vectorize(x, 8)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    y, x = np.mgrid[: size[1], : size[0]]
    smooth = 0.5 + 0.4 * np.sin(x / 9 + np.arange(3)[:, None, None]) * np.cos(y / 7)
    noise = rng.uniform(-0.1, 0.1, smooth.shape)
    return np.asarray((smooth + noise).clip(0, 1) * 65535, np.uint16), 8, 0.3, 0.8


@dataclass
class Cells:
    """The cells of a Func around a picture: the first axes are y and x, both from `low` on."""

    values: Array
    low: int

    def halved(self) -> Cells:
        low, high = -(-(self.low + 1) // 2), (self.low + self.values.shape[0] - 3) // 2
        at = 2 * np.arange(low, high + 1) - self.low
        a = self.values
        a = (a[:, at - 1] + 3 * (a[:, at] + a[:, at + 1]) + a[:, at + 2]) / 8
        return Cells((a[at - 1] + 3 * (a[at] + a[at + 1]) + a[at + 2]) / 8, low)

    def doubled(self) -> Cells:
        low, high = 2 * (self.low + 1), 2 * (self.low + self.values.shape[0] - 2) + 1
        x = np.arange(low, high + 1)
        near, far = x // 2 - self.low, x // 2 - 1 + 2 * (x % 2) - self.low
        a = 0.25 * self.values[:, far] + 0.75 * self.values[:, near]
        return Cells(0.25 * a[far] + 0.75 * a[near], low)

    def where(self, other: Cells) -> Array:
        """Return the values where `other`, which is smaller, has cells."""
        first, size = other.low - self.low, other.values.shape[0]
        return self.values[first : first + size, first : first + size]


def expected(picture: Array, levels: int, alpha: float, beta: float, *, depth: int = 8) -> Array:
    """Return the filtered `picture` (c, y, x), in double precision."""
    height, width = picture.shape[1:]
    around, side = 2 << depth, max(height, width)
    edges = ((0, 0), (around, around + side - height), (around, around + side - width))
    colours = np.moveaxis(np.pad(picture, edges, mode="edge") / 65535, 0, -1)
    grey = Cells(colours @ BRIGHTNESS, -around)
    k = np.arange(levels)
    entry = np.clip((grey.values * (levels - 1) * FINE).astype(int), 0, (levels - 1) * FINE)
    distance = (entry[..., None] - FINE * k) / FINE
    level = k / (levels - 1)
    detail = alpha * distance * np.exp(-(distance**2) / 2)
    remapped = [Cells(beta * (grey.values[..., None] - level) + level + detail, -around)]
    bright = [grey]
    for _ in range(depth - 1):
        remapped.append(remapped[-1].halved())
        bright.append(bright[-1].halved())
    result = _between(remapped[-1], bright[-1], levels)
    for j in reversed(range(depth - 1)):
        coarse = remapped[j + 1].doubled()
        step = Cells(remapped[j].where(coarse) - coarse.values, coarse.low)
        step = _between(step, bright[j], levels)
        result = result.doubled()
        result.values += step.where(result)
    inside = Cells(np.empty((side, side)), 0)
    ratio = (colours + 0.01) / (grey.values[..., None] + 0.01)
    ratio = Cells(ratio, -around).where(inside)
    whole = np.moveaxis(np.clip(result.where(inside)[..., None] * ratio, 0, 1) * 65535, -1, 0)
    return whole[:, :height, :width]


def _between(steps: Cells, bright: Cells, levels: int) -> Cells:
    position = bright.where(steps) * (levels - 1)
    below = np.clip(position.astype(int), 0, levels - 2)
    weight = position - below
    low, high = (np.take_along_axis(steps.values, b[..., None], -1) for b in (below, below + 1))
    return Cells((1 - weight) * low[..., 0] + weight * high[..., 0], steps.low)


def of_depth(depth: int) -> App:
    """Return the app with pyramids of `depth` steps."""
    return App(
        "local_laplacian",
        partial(build, depth=depth),
        schedule,
        inputs,
        partial(expected, depth=depth),
        same_shape,
        (2560, 1536),
        (61, 47),
        np.uint16,
        tolerance=3e-5,
        jumps=1e-3,
    )


APP = of_depth(8)
