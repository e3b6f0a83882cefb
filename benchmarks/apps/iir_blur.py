"""A blur by recursion: down and up the columns, turned over, and the same again."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, colours, same_shape


def build(hl: ModuleType) -> Program:
    source = hl.ImageParam(hl.Float(32), 3, "source")
    share = hl.Param(hl.Float(32), "share", 0.5)
    down, turned, rows = _columns_turned(hl, source, source.height(), share, "first")
    back, output, more = _columns_turned(hl, turned, source.width(), share, "iir_blur")
    funcs = {"down": down, "turned": turned, "back": back, "passes": (*rows, *more)}
    return Program(output, (source, share), funcs)


def _columns_turned(
    hl: ModuleType, source: Any, height: Any, share: Any, name: str
) -> tuple[Any, Any, tuple[Any, Any]]:
    """Return `source` blurred along its columns, the same with rows and columns exchanged, and
    the rows that the two passes run over."""
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    blur, turned = hl.Func(f"{name}_columns"), hl.Func(name)
    first, second = (hl.RDom([(1, height - 1)], name=f"{name}_{n}") for n in ("down", "up"))
    blur[x, y, c] = hl.undef(hl.Float(32))
    blur[x, 0, c] = source[x, 0, c]
    blur[x, first.x, c] = (1 - share) * blur[x, first.x - 1, c] + share * source[x, first.x, c]
    up = height - 1 - second.x
    blur[x, up, c] = (1 - share) * blur[x, up + 1, c] + share * blur[x, up, c]
    turned[x, y, c] = blur[y, x, c]
    return blur, turned, (first.x, second.x)


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, c, xo, yo = (hl.Var(name) for name in ("x", "y", "c", "xo", "yo"))
    pairs = (app.down, app.turned), (app.back, app.output)
    for i, (blur, turned) in enumerate(pairs):
        first, second = app.funcs["passes"][2 * i : 2 * i + 2]
        turned.compute_root().tile(x, y, xo, yo, x, y, 8, 32)
        turned.vectorize(x).parallel(yo).parallel(c)
        blur.compute_at(turned, yo)
        blur.update(0).vectorize(x, 16)
        blur.update(1).reorder(x, first).vectorize(x, 16)
        blur.update(2).reorder(x, second).vectorize(x, 16)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    return colours(rng, size), 0.3


def expected(source: Array, share: float) -> Array:
    result = source.astype(np.float64)
    for axis in (1, 2):
        rows = np.moveaxis(result, axis, 0).copy()
        for i in range(1, len(rows)):
            rows[i] = (1 - share) * rows[i - 1] + share * rows[i]
        for i in reversed(range(len(rows) - 1)):
            rows[i] = (1 - share) * rows[i + 1] + share * rows[i]
        result = np.moveaxis(rows, 0, axis)
    return result


APP = App(
    "iir_blur",
    build,
    schedule,
    inputs,
    expected,
    same_shape,
    (2560, 1536),
    (61, 47),
    np.float32,
    tolerance=1e-5,
)
