"""Harris corners: how much the brightness around each cell changes along both axes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, colours

BRIGHTNESS = (0.299, 0.587, 0.114)


def build(hl: ModuleType) -> Program:
    x, y = hl.Var("x"), hl.Var("y")
    source = hl.ImageParam(hl.Float(32), 3, "source")
    gray, dx, dy, output = (hl.Func(n) for n in ("gray", "dx", "dy", "harris"))
    gray[x, y] = sum(w * source[x, y, i] for i, w in enumerate(BRIGHTNESS))

    def change(a: int, b: int) -> Any:
        """Return the Sobel difference along (a, b)."""
        sides = [
            w * (gray[x + a + b * i, y + b + a * i] - gray[x - a + b * i, y - b + a * i])
            for i, w in ((-1, 1.0 / 12), (0, 2.0 / 12), (1, 1.0 / 12))
        ]
        return sides[0] + sides[1] + sides[2]

    dx[x, y] = change(1, 0)
    dy[x, y] = change(0, 1)

    def summed(name: str, a: Any, b: Any) -> Any:
        """Return the sum of a * b over the 3 x 3 cells around."""
        product, around = hl.Func(name), hl.Func(f"sum_{name}")
        product[x, y] = a[x, y] * b[x, y]
        around[x, y] = sum(product[x + i, y + j] for j in (-1, 0, 1) for i in (-1, 0, 1))
        return around

    xx, yy, xy = summed("xx", dx, dx), summed("yy", dy, dy), summed("xy", dx, dy)
    trace = xx[x, y] + yy[x, y]
    output[x, y] = xx[x, y] * yy[x, y] - xy[x, y] * xy[x, y] - 0.04 * trace * trace
    output_at = hl.Func("corners")
    output_at[x, y] = output[x + 2, y + 2]
    return Program(output_at, (source,), {"gray": gray, "dx": dx, "dy": dy})


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, yi = hl.Var("x"), hl.Var("y"), hl.Var("yi")
    app.output.split(y, y, yi, 32).parallel(y).vectorize(x, 16)
    for f in (app.gray, app.dx, app.dy):
        f.store_at(app.output, y).compute_at(app.output, yi).vectorize(x, 16)
    app.dx.compute_with(app.dy, x)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    return (colours(rng, (size[0] + 4, size[1] + 4)),)


def expected(source: Array) -> Array:
    gray = np.tensordot(BRIGHTNESS, source.astype(np.float64), 1)
    rows = (gray[:-2] + 2 * gray[1:-1] + gray[2:]) / 12
    columns = (gray[:, :-2] + 2 * gray[:, 1:-1] + gray[:, 2:]) / 12
    dx, dy = rows[:, 2:] - rows[:, :-2], columns[2:] - columns[:-2]

    def summed(a: Array) -> Array:
        lines = a[:-2] + a[1:-1] + a[2:]
        found: Array = lines[:, :-2] + lines[:, 1:-1] + lines[:, 2:]
        return found

    xx, yy, xy = summed(dx * dx), summed(dy * dy), summed(dx * dy)
    corners: Array = xx * yy - xy * xy - 0.04 * (xx + yy) ** 2
    return corners


def shape(source: Array) -> Size:
    return source.shape[1] - 4, source.shape[2] - 4


APP = App(
    "harris", build, schedule, inputs, expected, shape, (2560, 1536), (61, 47), np.float32, 1e-5
)
