"""Non-local means: each cell becomes the mean of those around it, weighted by how alike they are.

After Buades, Coll, Morel: A non-local algorithm for image denoising (CVPR 2005). How alike two
cells are is the sum of squared differences of the patches around them.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, colours, same_shape

PATCH, SEARCH = 7, 7


def build(hl: ModuleType) -> Program:
    x, y, c, dx, dy = (hl.Var(name) for name in ("x", "y", "c", "dx", "dy"))
    source = hl.ImageParam(hl.Float(32), 3, "source")
    sigma = hl.Param(hl.Float(32), "sigma", 0.12)
    around = hl.BoundaryConditions.repeat_edge(source)

    names = ("distance", "rows", "patches", "weight", "total", "nl_means")
    distance, rows, patches, weight, total, output = (hl.Func(name) for name in names)
    steps = [around[x, y, i] - around[x + dx, y + dy, i] for i in range(3)]
    distance[x, y, dx, dy] = steps[0] * steps[0] + steps[1] * steps[1] + steps[2] * steps[2]
    offsets = range(-(PATCH // 2), PATCH // 2 + 1)
    rows[x, y, dx, dy] = sum(
        (distance[x, y + i, dx, dy] for i in offsets[1:]), distance[x, y + offsets[0], dx, dy]
    )
    patches[x, y, dx, dy] = sum(
        (rows[x + i, y, dx, dy] for i in offsets[1:]), rows[x + offsets[0], y, dx, dy]
    )
    scale = -1.0 / (sigma * sigma * float(PATCH * PATCH))
    weight[x, y, dx, dy] = hl.fast_exp(patches[x, y, dx, dy] * scale)

    s = hl.RDom([(-(SEARCH // 2), SEARCH), (-(SEARCH // 2), SEARCH)], name="s")
    value = hl.mux(c, [*(around[x + s.x, y + s.y, i] for i in range(3)), hl.f32(1.0)])
    total[x, y, c] = 0.0
    total[x, y, c] += weight[x, y, s.x, s.y] * value
    output[x, y, c] = hl.clamp(total[x, y, c] / total[x, y, 3], 0.0, 1.0)
    sums = {"distance": distance, "rows": rows, "patches": patches, "total": total}
    return Program(output, (source, sigma), {**sums, "around": around, "s": s})


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, c, tx, ty = (hl.Var(name) for name in ("x", "y", "c", "tx", "ty"))
    s = app.funcs["s"]
    app.output.bound(c, 0, 3).reorder(c, x, y).tile(x, y, tx, ty, x, y, 16, 8)
    app.output.unroll(c).vectorize(x, 8).parallel(ty)
    app.total.compute_at(app.output, tx).reorder(c, x, y).bound(c, 0, 4).unroll(c)
    app.total.vectorize(x, 8)
    app.total.update().reorder(c, x, y, s.x, s.y).unroll(c).vectorize(x, 8)
    app.patches.compute_at(app.total, s.x).vectorize(x, 8)
    app.rows.compute_at(app.total, s.x).vectorize(x, 8)
    app.distance.compute_at(app.total, s.x).vectorize(x, 8)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    return colours(rng, size), 0.4


def expected(source: Array, sigma: float) -> Array:
    reach, far = PATCH // 2, SEARCH // 2
    edge = reach + far
    whole = np.pad(source, ((0, 0), (edge, edge), (edge, edge)), mode="edge").astype(np.float64)
    height, width = source.shape[1:]

    def moved(dx: int, dy: int, more: int) -> Array:
        x, y = edge - more + dx, edge - more + dy
        return whole[:, y : y + height + 2 * more, x : x + width + 2 * more]

    total, weights = np.zeros(source.shape), np.zeros(source.shape[1:])
    for dy, dx in np.ndindex(SEARCH, SEARCH):
        by = dx - far, dy - far
        distance = ((moved(0, 0, reach) - moved(*by, reach)) ** 2).sum(0)
        patches = sum(distance[j : j + height, i : i + width] for j, i in np.ndindex(PATCH, PATCH))
        weight = np.exp(-patches / (sigma * PATCH) ** 2)
        total += weight * moved(*by, 0)
        weights += weight
    mean: Array = np.clip(total / weights, 0, 1)
    return mean


APP = App(
    "nl_means",
    build,
    schedule,
    inputs,
    expected,
    same_shape,
    (2560, 1536),
    (61, 47),
    np.float32,
    tolerance=2e-4,
)
