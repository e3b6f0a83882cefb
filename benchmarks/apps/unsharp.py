"""Unsharp mask: a colour picture is sharpened by what a Gaussian blur of its brightness loses."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, colours, same_shape

SIGMA = 1.5
WEIGHTS = tuple(
    float(np.float32(math.exp(-i * i / (2 * SIGMA * SIGMA)) / (math.sqrt(2 * math.pi) * SIGMA)))
    for i in range(4)
)
BRIGHTNESS = (0.299, 0.587, 0.114)


def build(hl: ModuleType) -> Program:
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    source = hl.ImageParam(hl.Float(32), 3, "source")
    around = hl.BoundaryConditions.repeat_edge(source)
    gray, blur_y, blur_x, ratio = (hl.Func(n) for n in ("gray", "blur_y", "blur_x", "ratio"))
    output = hl.Func("unsharp")
    red, green, blue = (w * around[x, y, i] for i, w in enumerate(BRIGHTNESS))
    gray[x, y] = red + green + blue
    blur_y[x, y] = WEIGHTS[0] * gray[x, y] + sum(
        WEIGHTS[i] * (gray[x, y - i] + gray[x, y + i]) for i in (1, 2, 3)
    )
    blur_x[x, y] = WEIGHTS[0] * blur_y[x, y] + sum(
        WEIGHTS[i] * (blur_y[x - i, y] + blur_y[x + i, y]) for i in (1, 2, 3)
    )
    ratio[x, y] = (2 * gray[x, y] - blur_x[x, y]) / gray[x, y]
    output[x, y, c] = ratio[x, y] * source[x, y, c]
    return Program(output, (source,), {"gray": gray, "blur_y": blur_y, "ratio": ratio})


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, yo, c = hl.Var("x"), hl.Var("y"), hl.Var("yo"), hl.Var("c")
    app.output.bound(c, 0, 3).reorder(x, c, y).split(y, yo, y, 32)
    app.output.unroll(c).vectorize(x, 16).parallel(yo)
    app.gray.store_at(app.output, yo).compute_at(app.output, y).vectorize(x, 16)
    app.blur_y.compute_at(app.output, y).vectorize(x, 16)
    app.ratio.compute_at(app.output, y).vectorize(x, 16)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    return (colours(rng, size),)


def expected(source: Array) -> Array:
    around = np.pad(source, ((0, 0), (3, 3), (3, 3)), mode="edge").astype(np.float64)
    gray = np.tensordot(BRIGHTNESS, around, 1)
    height, width = source.shape[1:]
    taps = [WEIGHTS[abs(i)] for i in range(-3, 4)]
    rows = sum(w * gray[i : i + height] for i, w in enumerate(taps))
    blurred = sum(w * rows[:, i : i + width] for i, w in enumerate(taps))
    middle = gray[3:-3, 3:-3]
    sharpened: Array = (2 * middle - blurred) / middle * source
    return sharpened


APP = App(
    "unsharp",
    build,
    schedule,
    inputs,
    expected,
    same_shape,
    (2560, 1536),
    (61, 47),
    np.float32,
    1e-5,
)
