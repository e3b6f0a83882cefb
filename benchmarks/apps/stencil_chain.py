"""A chain of 32 stencils of 5 x 5 cells, in 16 bit integers that wrap."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, same_shape

TOGETHER = 8
"""Stages that slide through the picture together."""


def build(hl: ModuleType, stages: int) -> Program:
    x, y = hl.Var("x"), hl.Var("y")
    source = hl.ImageParam(hl.UInt(16), 2, "source")
    f = hl.BoundaryConditions.repeat_edge(source)
    made = {}
    for k in range(stages):
        g = hl.Func(f"stage{k}")
        total: Any = hl.u16(0)
        for j in range(-2, 3):
            for i in range(-2, 3):
                total = total + f[x + i, y + j] * ((i + 3) * (j + 3))
        g[x, y] = total
        f = made[f"stage{k}"] = g
    return Program(f, (source,), made)


def schedule(hl: ModuleType, app: Program, stages: int) -> None:
    x, y, yo = hl.Var("x"), hl.Var("y"), hl.Var("yo")
    chain = [app.funcs[f"stage{k}"] for k in range(stages)]
    for k, f in enumerate(chain):
        last = chain[k // TOGETHER * TOGETHER + TOGETHER - 1]
        f.vectorize(x, 32)
        if f is last:
            f.compute_root().split(y, yo, y, 96).parallel(yo)
        else:
            f.store_at(last, yo).compute_at(last, y)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    return (rng.integers(0, 1 << 16, (size[1], size[0]), dtype=np.uint16),)


def expected(source: Array, stages: int) -> Array:
    a = np.pad(source, 2 * stages, mode="edge")
    weights = np.arange(1, 6, dtype=np.uint16)
    for _ in range(stages):
        rows = sum(w * a[i : i + a.shape[0] - 4] for i, w in enumerate(weights))
        a = sum(w * rows[:, i : i + a.shape[1] - 4] for i, w in enumerate(weights))
    return a


def of_stages(stages: int) -> App:
    """Return the app with so many stages, a multiple of `TOGETHER`."""
    return App(
        "stencil_chain",
        partial(build, stages=stages),
        partial(schedule, stages=stages),
        inputs,
        partial(expected, stages=stages),
        same_shape,
        (2560, 1536),
        (97, 131),
        np.uint16,
    )


APP = of_stages(32)
