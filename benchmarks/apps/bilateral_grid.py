"""The bilateral grid: a picture is smoothed where it is smooth, and keeps its edges.

After Chen, Paris, Durand: Real-time Edge-aware Image Processing with the Bilateral Grid (SIGGRAPH
2007). Cells are gathered in a coarse grid over place and brightness, the grid is blurred along its
three axes, and each cell of the result is interpolated in it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, same_shape

CELL = 8
"""Width and height, in cells of the picture, of a cell of the grid."""

WEIGHTS = (1.0, 4.0, 6.0, 4.0, 1.0)


def build(hl: ModuleType) -> Program:
    x, y, z, c = (hl.Var(name) for name in ("x", "y", "z", "c"))
    source = hl.ImageParam(hl.Float(32), 2, "source")
    step = hl.Param(hl.Float(32), "step", 0.1)
    around = hl.BoundaryConditions.repeat_edge(source)

    grid, output = hl.Func("grid"), hl.Func("bilateral_grid")
    r = hl.RDom([(0, CELL), (0, CELL)], name="r")
    value = around[x * CELL + r.x - CELL // 2, y * CELL + r.y - CELL // 2]
    value = hl.clamp(value, 0.0, 1.0)
    grid[x, y, z, c] = 0.0
    grid[x, y, hl.i32(value / step + 0.5), c] += hl.select(c == 0, value, 1.0)

    blurs = [grid]
    for axis in (2, 0, 1):
        blurs.append(_blurred(hl, blurs[-1], axis))

    position = hl.clamp(source[x, y], 0.0, 1.0) / step
    zi, xi, yi = hl.i32(position), x // CELL, y // CELL
    zf, xf, yf = position - hl.f32(zi), hl.f32(x % CELL) / CELL, hl.f32(y % CELL) / CELL
    inside = hl.Func("inside")

    def along_x(j: int, k: int) -> Any:
        return hl.lerp(blurs[3][xi, yi + j, zi + k, c], blurs[3][xi + 1, yi + j, zi + k, c], xf)

    flat = [hl.lerp(along_x(0, k), along_x(1, k), yf) for k in (0, 1)]
    inside[x, y, c] = hl.lerp(flat[0], flat[1], zf)
    output[x, y] = inside[x, y, 0] / inside[x, y, 1]
    names = ("grid", "blur_z", "blur_x", "blur_y")
    funcs = {**dict(zip(names, blurs, strict=True)), "around": around, "r": r}
    return Program(output, (source, step), funcs)


def _blurred(hl: ModuleType, f: Any, axis: int) -> Any:
    """Return `f` blurred along the dimension `axis`."""
    variables = [hl.Var(name) for name in ("x", "y", "z", "c")]
    blurred = hl.Func(f"blur_{'xyz'[axis]}")
    total: Any = None
    for offset, weight in enumerate(WEIGHTS):
        at: list[Any] = list(variables)
        at[axis] = at[axis] + (offset - 2)
        term = f[tuple(at)] * weight
        total = term if total is None else total + term
    blurred[tuple(variables)] = total
    return blurred


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, z, c = (hl.Var(name) for name in ("x", "y", "z", "c"))
    r = app.funcs["r"]
    app.blur_z.compute_root().reorder(c, z, x, y).bound(c, 0, 2)
    app.blur_z.parallel(y).vectorize(x, 8).unroll(c)
    app.grid.compute_at(app.blur_z, y)
    app.grid.update().reorder(c, r.x, r.y, x, y).unroll(c)
    for blur in (app.blur_x, app.blur_y):
        blur.compute_root().bound(c, 0, 2).reorder(c, x, y, z)
        blur.parallel(z).vectorize(x, 8).unroll(c)
    app.output.parallel(y).vectorize(x, 8)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    y, x = np.mgrid[: size[1], : size[0]]
    edge = np.where((x // 40 + y // 30) % 2, 0.7, 0.3)
    noise = rng.uniform(-0.1, 0.1, edge.shape)
    return np.asarray(edge + noise, np.float32), 0.1


def expected(source: Array, step: float) -> Array:
    height, width = source.shape
    # int(value / step + 0.5) is not continuous: it is worked out in the precision of the program
    value = np.clip(source, 0, 1)
    depth = int(1 / step + 0.5) + 1
    columns, rows = (width - 1) // CELL + 2, (height - 1) // CELL + 2
    low = 2 * CELL + CELL // 2
    edges = ((low, (rows + 2) * CELL - height), (low, (columns + 2) * CELL - width))
    value = np.pad(value, edges, mode="edge")[: (rows + 4) * CELL, : (columns + 4) * CELL]
    at_z = (value / np.float32(step) + np.float32(0.5)).astype(int) + 2
    at_y, at_x = (i // CELL for i in np.indices(value.shape))
    grid = np.zeros((rows + 4, columns + 4, depth + 5, 2))
    np.add.at(grid, (at_y, at_x, at_z), np.stack([value, np.ones_like(value)], -1))
    for axis in (0, 1, 2):
        grid = np.apply_along_axis(lambda a: np.convolve(a, WEIGHTS, "valid"), axis, grid)
    y, x = np.indices(source.shape)
    position = np.clip(source, 0, 1) / np.float32(step)
    z = position.astype(int)
    total: Any = 0.0
    for j, i, k in np.ndindex(2, 2, 2):
        weight = _share(y % CELL / CELL, j) * _share(x % CELL / CELL, i) * _share(position - z, k)
        total = total + weight[..., None] * grid[y // CELL + j, x // CELL + i, z + k]
    ratio: Array = total[..., 0] / total[..., 1]
    return ratio


def _share(part: Array, above: int) -> Array:
    """Return how much the cell below or above counts for what lies `part` above the former."""
    return part if above else 1 - part


APP = App(
    "bilateral_grid",
    build,
    schedule,
    inputs,
    expected,
    same_shape,
    (2560, 1536),
    (141, 75),
    np.float32,
    tolerance=1e-5,
)
