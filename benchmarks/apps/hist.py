"""Equalised brightness: a histogram, its running sum, and the picture with the brightness by it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size, same_shape


def build(hl: ModuleType) -> Program:
    x, y, c, i = (hl.Var(name) for name in ("x", "y", "c", "i"))
    source = hl.ImageParam(hl.UInt(8), 3, "source")
    names = ("luma", "rows", "counts", "sums", "level", "equal", "hist")
    luma, rows, counts, sums, level, equal, output = (hl.Func(name) for name in names)
    red, green, blue = (hl.u16(source[x, y, k]) for k in range(3))
    luma[x, y] = hl.u8((77 * red + 150 * green + 29 * blue) >> 8)
    width, height = source.width(), source.height()
    rx, ry = hl.RDom([(0, width)], name="rx"), hl.RDom([(0, height)], name="ry")
    rows[i, y] = hl.u32(0)
    rows[hl.i32(luma[rx.x, y]), y] += hl.u32(1)
    counts[i] = hl.u32(0)
    counts[i] += rows[i, ry.x]
    bins = hl.RDom([(1, 255)], name="bins")
    sums[i] = counts[i]
    sums[bins.x] = sums[bins.x - 1] + counts[bins.x]
    level[i] = hl.i16(hl.min(sums[i] / hl.u32(hl.max(width * height / 256, 1)), hl.u32(255)))
    equal[x, y] = level[hl.i32(luma[x, y])]
    changed = hl.i16(source[x, y, c]) + equal[x, y] - hl.i16(luma[x, y])
    output[x, y, c] = hl.u8(hl.clamp(changed, 0, 255))
    funcs = {"luma": luma, "rows": rows, "counts": counts, "sums": sums, "level": level}
    return Program(output, (source,), {**funcs, "equal": equal, "rx": rx, "ry": ry})


def schedule(hl: ModuleType, app: Program) -> None:
    x, y, c, i = (hl.Var(name) for name in ("x", "y", "c", "i"))
    app.luma.compute_root().parallel(y, 8).vectorize(x, 32)
    app.rows.compute_root().parallel(y, 8).vectorize(i, 16)
    app.rows.update().parallel(y, 8)
    app.counts.compute_root().vectorize(i, 16)
    app.counts.update().reorder(i, app.funcs["ry"].x).vectorize(i, 16)
    app.sums.compute_root()
    app.level.compute_root()
    app.output.bound(c, 0, 3).reorder(c, x, y).unroll(c).parallel(y, 8).vectorize(x, 16)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    dark = rng.beta(2, 4, (3, size[1], size[0])) * 255
    return (dark.astype(np.uint8),)


def expected(source: Array) -> Array:
    red, green, blue = source.astype(np.int32)
    luma = (77 * red + 150 * green + 29 * blue) >> 8
    sums = np.cumsum(np.bincount(luma.ravel(), minlength=256))
    equal = np.minimum(sums[luma] // max(luma.size // 256, 1), 255)
    return np.clip(source + equal - luma, 0, 255).astype(np.uint8)


APP = App("hist", build, schedule, inputs, expected, same_shape, (2560, 1536), (61, 47), np.uint8)
