"""Local Laplacian filters: contrast of detail without halos, by one pyramid for each grey level.

After Paris, Hasinoff, Kautz: Local Laplacian Filters (SIGGRAPH 2011), in the fast form of Aubry
et al. (2014). The picture is remapped around each of a few grey levels; a cell of the result's
Laplacian pyramid is interpolated between those of the two levels that its brightness lies between.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

FINE = 256
"""Entries of the table of remapped differences from one grey level to the next."""


@dataclass(frozen=True, slots=True)
class LocalLaplacian:
    """The filter as Funcs of one language module, for a 16 bit picture of three colours.

    Attributes
    ----------
    output
        Func of (x, y, c).
    arguments
        The picture (uint16, 3 dimensions), the number of grey levels (int32, at least 2), `alpha`
        and `beta` (float32): how much detail and how much of the large differences remains.
    grey, remap
        The brightness, and the table of what is added to it.
    remapped, bright, result
        Gaussian pyramids, the finest first: of the remapped pictures over (x, y, k), of the
        brightness, and of what comes out.
    """

    output: Any
    arguments: tuple[Any, ...]
    grey: Any
    remap: Any
    remapped: list[Any]
    bright: list[Any]
    result: list[Any]


def local_laplacian(hl: ModuleType, depth: int = 8) -> LocalLaplacian:
    """Return the filter with pyramids of `depth` steps, made with `hl`: halo or Halide."""
    x, y, c, k, i = (hl.Var(name) for name in ("x", "y", "c", "k", "i"))
    picture = hl.ImageParam(hl.UInt(16), 3, "picture")
    levels = hl.Param(hl.Int(32), "levels", 8)
    alpha = hl.Param(hl.Float(32), "alpha", 1.0 / 7)
    beta = hl.Param(hl.Float(32), "beta", 1.0)
    around = hl.BoundaryConditions.repeat_edge(picture)

    colour = hl.Func("colour")
    colour[x, y, c] = hl.f32(around[x, y, c]) / 65535.0
    grey = hl.Func("grey")
    grey[x, y] = 0.299 * colour[x, y, 0] + 0.587 * colour[x, y, 1] + 0.114 * colour[x, y, 2]

    remap = hl.Func("remap")
    distance = hl.f32(i) / float(FINE)
    remap[i] = alpha * distance * hl.exp(-distance * distance / 2.0)

    remapped = [hl.Func("remapped0")]
    level = hl.f32(k) / hl.f32(levels - 1)
    position = hl.i32(grey[x, y] * hl.f32(levels - 1) * float(FINE))
    entry = hl.clamp(position, 0, (levels - 1) * FINE) - FINE * k
    remapped[0][x, y, k] = beta * (grey[x, y] - level) + level + remap[entry]
    bright = [grey]
    for j in range(1, depth):
        remapped.append(halved(hl, remapped[-1], f"remapped{j}", (k,)))
        bright.append(halved(hl, bright[-1], f"bright{j}", ()))

    result = [_blended(hl, remapped, bright, j, levels) for j in range(depth)]
    for j in reversed(range(depth - 1)):
        larger = doubled(hl, result[j + 1], f"result{j}", ())
        whole = hl.Func(f"result{j}")
        whole[x, y] = larger[x, y] + result[j][x, y]
        result[j] = whole

    output = hl.Func("local_laplacian")
    tiny = 0.01  # a black cell stays black
    ratio = (colour[x, y, c] + tiny) / (grey[x, y] + tiny)
    output[x, y, c] = hl.u16(hl.clamp(result[0][x, y] * ratio, 0.0, 1.0) * 65535.0)
    arguments = (picture, levels, alpha, beta)
    return LocalLaplacian(output, arguments, grey, remap, remapped, bright, result)


def _blended(hl: ModuleType, remapped: list[Any], bright: list[Any], j: int, levels: Any) -> Any:
    """Return step `j` of the Laplacian pyramid of the result."""
    x, y, k = (hl.Var(name) for name in ("x", "y", "k"))
    detail = remapped[j]
    if j + 1 < len(remapped):
        detail = hl.Func(f"detail{j}")
        coarse = doubled(hl, remapped[j + 1], f"detail{j}", (k,))
        detail[x, y, k] = remapped[j][x, y, k] - coarse[x, y, k]
    blended = hl.Func(f"blended{j}")
    position = bright[j][x, y] * hl.f32(levels - 1)
    below = hl.clamp(hl.i32(position), 0, levels - 2)
    weight = position - hl.f32(below)
    blended[x, y] = (1.0 - weight) * detail[x, y, below] + weight * detail[x, y, below + 1]
    return blended


def halved(hl: ModuleType, f: Any, name: str, rest: tuple[Any, ...]) -> Any:
    """Return `f` at half the size, weighted 1 3 3 1 along both axes."""
    x, y = hl.Var("x"), hl.Var("y")
    narrow, small = hl.Func(f"{name}_x"), hl.Func(name)
    cells = [f[(2 * x + d, y, *rest)] for d in (-1, 0, 1, 2)]
    narrow[(x, y, *rest)] = (cells[0] + 3.0 * (cells[1] + cells[2]) + cells[3]) / 8.0
    cells = [narrow[(x, 2 * y + d, *rest)] for d in (-1, 0, 1, 2)]
    small[(x, y, *rest)] = (cells[0] + 3.0 * (cells[1] + cells[2]) + cells[3]) / 8.0
    return small


def doubled(hl: ModuleType, f: Any, name: str, rest: tuple[Any, ...]) -> Any:
    """Return `f` at twice the size, each cell from the nearer and the farther one, 3 to 1."""
    x, y = hl.Var("x"), hl.Var("y")
    wide, large = hl.Func(f"{name}_wide"), hl.Func(f"{name}_up")
    near, far = x // 2, x // 2 - 1 + 2 * (x % 2)
    wide[(x, y, *rest)] = 0.25 * f[(far, y, *rest)] + 0.75 * f[(near, y, *rest)]
    near, far = y // 2, y // 2 - 1 + 2 * (y % 2)
    large[(x, y, *rest)] = 0.25 * wide[(x, far, *rest)] + 0.75 * wide[(x, near, *rest)]
    return large


def schedule(hl: ModuleType, app: LocalLaplacian, fine: int = 5) -> None:
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
