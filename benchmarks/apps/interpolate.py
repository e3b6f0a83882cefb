"""Holes in a picture are filled from ever coarser pictures, as far as its opacity lets these in.

The picture has three colours and the opacity; each level of the pyramid is half as large.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size

FINE = 4
"""Levels that are large enough for vectors."""


def build(hl: ModuleType, levels: int) -> Program:
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    source = hl.ImageParam(hl.Float(32), 3, "source")
    around = hl.BoundaryConditions.repeat_edge(source)
    funcs: dict[str, Any] = {}

    def new(name: str) -> Any:
        funcs[name] = hl.Func(name)
        return funcs[name]

    down = [new("down0")]
    weight = hl.select(c < 3, around[x, y, c], 1.0)
    down[0][x, y, c] = weight * around[x, y, 3]
    for k in range(1, levels):
        narrow, small, f = new(f"narrow{k}"), new(f"down{k}"), down[-1]
        narrow[x, y, c] = (f[2 * x - 1, y, c] + 2.0 * f[2 * x, y, c] + f[2 * x + 1, y, c]) * 0.25
        small[x, y, c] = (
            narrow[x, 2 * y - 1, c] + 2.0 * narrow[x, 2 * y, c] + narrow[x, 2 * y + 1, c]
        ) * 0.25
        down.append(small)
    filled = down[-1]
    for k in reversed(range(levels - 1)):
        wide, large, f = new(f"wide{k}"), new(f"large{k}"), filled
        wide[x, y, c] = (f[x // 2, y, c] + f[(x + 1) // 2, y, c]) * 0.5
        large[x, y, c] = (wide[x, y // 2, c] + wide[x, (y + 1) // 2, c]) * 0.5
        filled = new(f"filled{k}")
        filled[x, y, c] = down[k][x, y, c] + (1.0 - down[k][x, y, 3]) * large[x, y, c]
    output = hl.Func("interpolate")
    output[x, y, c] = filled[x, y, c] / filled[x, y, 3]
    return Program(output, (source,), funcs)


def schedule(hl: ModuleType, app: Program, levels: int) -> None:
    x, y, yi, c = hl.Var("x"), hl.Var("y"), hl.Var("yi"), hl.Var("c")
    for k in range(1, levels):
        app.funcs[f"down{k}"].compute_root()
        if k < FINE:
            app.funcs[f"down{k}"].split(y, y, yi, 8).parallel(y).vectorize(x, 16)
            narrow = app.funcs[f"narrow{k}"]
            narrow.store_at(app.funcs[f"down{k}"], y).compute_at(app.funcs[f"down{k}"], yi)
            narrow.vectorize(x, 16)
    for k in range(levels - 1):
        if k:
            app.funcs[f"filled{k}"].compute_root()
        if 0 < k < FINE:
            app.funcs[f"filled{k}"].parallel(y, 8).vectorize(x, 16)
    app.output.bound(c, 0, 3).reorder(c, x, y).unroll(c).parallel(y, 8).vectorize(x, 16)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    picture = rng.random((4, size[1], size[0]), np.float32)
    picture[3] = np.where(picture[3] < 0.3, picture[3] + 0.2, 0.05)
    return (picture,)


def expected(source: Array, levels: int) -> Array:
    """Return the filled picture: level k holds cells from -(1 << levels >> k) on."""
    edge = 1 << levels
    around = np.pad(source.astype(np.float64), ((0, 0), (edge, edge), (edge, edge)), mode="edge")
    f = np.concatenate([around[:3] * around[3], around[3:]])
    down = [f]
    for _ in range(1, levels):
        down.append(_halved(_halved(down[-1]).swapaxes(1, 2)).swapaxes(1, 2))
    filled = down[-1]
    for k in reversed(range(levels - 1)):
        large = _doubled(_doubled(filled).swapaxes(1, 2)).swapaxes(1, 2)
        f = down[k][:, : large.shape[1], : large.shape[2]]
        filled = f + (1 - f[3]) * large[:, : f.shape[1], : f.shape[2]]
    height, width = source.shape[1:]
    inside = filled[:, edge : edge + height, edge : edge + width]
    return inside[:3] / inside[3]


def _halved(a: Array) -> Array:
    """Return `a` at half its width; the cell before the first counts as equal to it."""
    before = np.concatenate([a[..., :1], a[..., :-1]], axis=-1)
    after = np.concatenate([a[..., 1:], a[..., -1:]], axis=-1)
    return ((before + 2 * a + after) / 4)[..., ::2]


def _doubled(a: Array) -> Array:
    x = np.arange(2 * a.shape[-1] - 1)
    return (a[..., x // 2] + a[..., (x + 1) // 2]) / 2


def shape(source: Array) -> Size:
    return 3, source.shape[1], source.shape[2]


def of_levels(levels: int) -> App:
    """Return the app with a pyramid of so many levels."""
    return App(
        "interpolate",
        partial(build, levels=levels),
        partial(schedule, levels=levels),
        inputs,
        partial(expected, levels=levels),
        shape,
        (2560, 1536),
        (333, 61),
        np.float32,
        1e-4,
    )


APP = of_levels(10)
