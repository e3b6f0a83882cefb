"""The maximum over a disc of radius 26, by maxima of 1, 2, 4, ... cells of a column.

Each column of the disc is covered by two of these, which overlap.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, colours, same_shape

RADIUS = 26


def half_height(i: int) -> int:
    """Return how far the disc reaches up and down in its column `i`, 0 in the middle."""
    return math.isqrt(RADIUS * RADIUS - i * i)


def build(hl: ModuleType) -> Program:
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    source = hl.ImageParam(hl.Float(32), 3, "source")
    around = hl.BoundaryConditions.repeat_edge(source)
    levels = [hl.Func("level0")]
    levels[0][x, y, c] = around[x, y, c]
    while 1 << len(levels) <= 2 * RADIUS + 1:
        f, half = levels[-1], 1 << (len(levels) - 1)
        levels.append(hl.Func(f"level{len(levels)}"))
        levels[-1][x, y, c] = hl.max(f[x, y, c], f[x, y + half, c])
    columns: dict[int, Any] = {}
    for reach in map(half_height, range(RADIUS + 1)):
        level = (2 * reach + 1).bit_length() - 1
        below = y + reach + 1 - (1 << level)
        columns[reach] = hl.Func(f"column{reach}")
        columns[reach][x, y, c] = hl.max(levels[level][x, y - reach, c], levels[level][x, below, c])
    most: Any = None
    for i in range(-RADIUS, RADIUS + 1):
        column = columns[half_height(i)][x + i, y, c]
        most = column if most is None else hl.max(most, column)
    output = hl.Func("max_filter")
    output[x, y, c] = most
    return Program(output, (source,), {"levels": levels, "columns": list(columns.values())})


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, c, xi, yi = (hl.Var(name) for name in ("x", "y", "c", "xi", "yi"))
    app.output.tile(x, y, xi, yi, 256, 256).reorder(xi, yi, x, y, c).vectorize(xi, 16)
    app.output.parallel(y).parallel(c)
    for f in app.levels:
        f.store_at(app.output, x).compute_at(app.output, yi).vectorize(x, 16)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    return (colours(rng, size),)


def expected(source: Array) -> Array:
    edge = RADIUS + 1
    around = np.pad(source, ((0, 0), (edge, edge), (edge, edge)), mode="edge")
    height, width = source.shape[1:]
    most = source.copy()
    for i in range(-RADIUS, RADIUS + 1):
        reach = half_height(i)
        for j in range(-reach, reach + 1):
            part = around[:, edge + j : edge + j + height, edge + i : edge + i + width]
            np.maximum(most, part, out=most)
    return most


APP = App(
    "max_filter",
    build,
    schedule,
    inputs,
    expected,
    same_shape,
    (2560, 1536),
    (261, 257),
    np.float32,
)
