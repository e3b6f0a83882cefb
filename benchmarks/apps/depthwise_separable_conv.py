"""A layer of a small network: each channel convolved by itself, then the channels are mixed."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size

BATCH, CHANNELS, OUTPUTS, WIDTH, HEIGHT = 4, 32, 16, 112, 112


def build(hl: ModuleType) -> Program:
    d, x, y, b = (hl.Var(name) for name in ("d", "x", "y", "b"))
    source = hl.ImageParam(hl.Float(32), 4, "source")
    each = hl.ImageParam(hl.Float(32), 3, "each")
    mix = hl.ImageParam(hl.Float(32), 2, "mix")
    bias = hl.ImageParam(hl.Float(32), 1, "bias")
    names = ("around", "depthwise", "mixed", "depthwise_separable_conv")
    around, depthwise, mixed, output = (hl.Func(name) for name in names)
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    cell = source[d, hl.clamp(x, 0, WIDTH - 1), hl.clamp(y, 0, HEIGHT - 1), b]
    around[d, x, y, b] = hl.select(hl.likely(inside), cell, 0.0)
    r = hl.RDom([(0, 3), (0, 3)], name="r")
    k = hl.RDom([(0, CHANNELS)], name="k")
    depthwise[d, x, y, b] = 0.0
    depthwise[d, x, y, b] += each[d, r.x, r.y] * around[d, x + r.x - 1, y + r.y - 1, b]
    mixed[d, x, y, b] = bias[d]
    mixed[d, x, y, b] += mix[d, k.x] * depthwise[k.x, x, y, b]
    output[d, x, y, b] = hl.max(mixed[d, x, y, b], 0.0)
    for image, sizes in (
        (source, (CHANNELS, WIDTH, HEIGHT, BATCH)),
        (each, (CHANNELS, 3, 3)),
        (mix, (OUTPUTS, CHANNELS)),
        (bias, (OUTPUTS,)),
    ):
        stride = 1
        for i, size in enumerate(sizes):
            image.dim(i).set_bounds(0, size).set_stride(stride)
            stride *= size
    for var, size in zip((d, x, y, b), (OUTPUTS, WIDTH, HEIGHT, BATCH), strict=True):
        output.bound(var, 0, size)
    funcs = {"depthwise": depthwise, "mixed": mixed, "r": r, "k": k}
    return Program(output, (source, each, mix, bias), funcs)


def schedule(hl: ModuleType, app: Program) -> None:
    names = ("d", "x", "y", "b", "di", "xi", "yi", "part")
    d, x, y, b, di, xi, yi, part = (hl.Var(name) for name in names)
    r, k = app.funcs["r"], app.funcs["k"]
    app.output.tile(x, y, xi, yi, 4, 4).split(d, d, di, 16)
    app.output.reorder(di, xi, yi, d, x, y, b).vectorize(di).unroll(xi)
    app.output.fuse(y, b, part).parallel(part)
    app.mixed.compute_at(app.output, yi).vectorize(d, 16).unroll(x)
    app.mixed.update().reorder(d, x, k.x, y, b).vectorize(d, 16).unroll(x).unroll(k.x, 4)
    app.depthwise.compute_at(app.output, d).vectorize(d, 16)
    app.depthwise.update().reorder(d, r.x, r.y, x, y, b).vectorize(d, 16).unroll(r.x).unroll(r.y)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    shapes = (
        (BATCH, HEIGHT, WIDTH, CHANNELS),
        (3, 3, CHANNELS),
        (CHANNELS, OUTPUTS),
        (OUTPUTS,),
    )
    return tuple(rng.standard_normal(s, np.float32) for s in shapes)


def expected(source: Array, each: Array, mix: Array, bias: Array) -> Array:
    around = np.pad(source, ((0, 0), (1, 1), (1, 1), (0, 0))).astype(np.float64)
    depthwise: Any = 0.0
    for j, i in np.ndindex(3, 3):
        depthwise = depthwise + each[j, i] * around[:, j : j + HEIGHT, i : i + WIDTH]
    return np.maximum(depthwise @ mix.astype(np.float64) + bias, 0)


def shape(*_: Array) -> Size:
    return BATCH, HEIGHT, WIDTH, OUTPUTS


def flops(_: Size) -> float:
    return 2.0 * BATCH * HEIGHT * WIDTH * CHANNELS * (9 + OUTPUTS)


SIZE = (OUTPUTS, WIDTH, HEIGHT, BATCH)
APP = App(
    "depthwise_separable_conv",
    build,
    schedule,
    inputs,
    expected,
    shape,
    SIZE,
    SIZE,
    np.float32,
    1e-5,
    flops,
)
