"""The 3 x 3 blur of a picture, in 16 bit integers: rows first, then columns."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size


def build(hl: ModuleType) -> Program:
    x, y = hl.Var("x"), hl.Var("y")
    source = hl.ImageParam(hl.UInt(16), 2, "source")
    blur_x, blur_y = hl.Func("blur_x"), hl.Func("blur_y")
    blur_x[x, y] = (source[x, y] + source[x + 1, y] + source[x + 2, y]) / 3
    blur_y[x, y] = (blur_x[x, y] + blur_x[x, y + 1] + blur_x[x, y + 2]) / 3
    return Program(blur_y, (source,), {"blur_x": blur_x})


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, yi = hl.Var("x"), hl.Var("y"), hl.Var("yi")
    app.output.split(y, y, yi, 32).parallel(y).vectorize(x, 16)
    app.blur_x.store_at(app.output, y).compute_at(app.output, x).vectorize(x, 16)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    return (rng.integers(0, 1 << 14, (size[1] + 2, size[0] + 2), dtype=np.uint16),)


def expected(source: Array) -> Array:
    rows = (source[:, :-2] + source[:, 1:-1] + source[:, 2:]) // 3
    return (rows[:-2] + rows[1:-1] + rows[2:]) // 3


def shape(source: Array) -> Size:
    return source.shape[0] - 2, source.shape[1] - 2


APP = App("blur", build, schedule, inputs, expected, shape, (6400, 4800), (141, 75), np.uint16)
