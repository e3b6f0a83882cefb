"""A layer of a neural network: a convolution of 3 x 3 cells, a bias, and what is positive of it."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size


def build(hl: ModuleType, size: Size) -> Program:
    channels, width, height, batch = size
    c, x, y, n = (hl.Var(name) for name in ("c", "x", "y", "n"))
    source = hl.ImageParam(hl.Float(32), 4, "source")
    weights = hl.ImageParam(hl.Float(32), 4, "weights")
    bias = hl.ImageParam(hl.Float(32), 1, "bias")
    r = hl.RDom([(0, channels), (0, 3), (0, 3)], name="r")
    conv, relu = hl.Func("conv"), hl.Func("relu")
    conv[c, x, y, n] = bias[c]
    conv[c, x, y, n] += weights[c, r.y, r.z, r.x] * source[r.x, x + r.y, y + r.z, n]
    relu[c, x, y, n] = hl.max(0.0, conv[c, x, y, n])
    for image, sizes in (
        (source, (channels, width + 2, height + 2, batch)),
        (weights, (channels, 3, 3, channels)),
        (bias, (channels,)),
    ):
        stride = 1
        for i, extent in enumerate(sizes):
            image.dim(i).set_bounds(0, extent).set_stride(stride)
            stride *= extent
    for var, extent in zip((c, x, y, n), size, strict=True):
        relu.bound(var, 0, extent)
    return Program(relu, (source, weights, bias), {"conv": conv, "r": r})


def schedule(hl: ModuleType, app: Program) -> None:
    names = ("c", "x", "y", "n", "ci", "xi", "part")
    c, x, y, n, ci, xi, part = (hl.Var(name) for name in names)
    r = app.funcs["r"]
    app.output.tile(c, x, ci, xi, 64, 5).reorder(ci, xi, x, c, y, n)
    app.output.vectorize(ci, 16).unroll(ci).unroll(xi).fuse(y, n, part).parallel(part)
    app.conv.compute_at(app.output, x).vectorize(c, 16).unroll(c).unroll(x)
    update = app.conv.update().reorder(c, x, y, r.x, r.y, r.z, n)
    update.vectorize(c, 16).unroll(c).unroll(x).unroll(y)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    channels, width, height, batch = size
    shapes = (batch, height + 2, width + 2, channels), (channels, 3, 3, channels), (channels,)
    return tuple(rng.standard_normal(s, np.float32) for s in shapes)


def expected(source: Array, weights: Array, bias: Array) -> Array:
    batch, height, width, channels = shape(source)
    total = np.zeros((batch, height, width, channels)) + bias
    for j in range(3):
        for i in range(3):
            total += source[:, j : j + height, i : i + width] @ weights[:, j, i].astype(np.float64)
    return np.maximum(total, 0)


def shape(source: Array, *_: Array) -> Size:
    batch, height, width, channels = source.shape
    return batch, height - 2, width - 2, channels


def flops(size: Size) -> float:
    channels, width, height, batch = size
    return 2.0 * batch * height * width * channels * channels * 9


def of_size(size: Size) -> App:
    """Return the app for a size: channels, width, height, batch."""
    made = partial(build, size=size)
    return App(
        "conv_layer",
        made,
        schedule,
        inputs,
        expected,
        shape,
        size,
        size,
        np.float32,
        1e-5,
        flops,
    )


APP = of_size((128, 100, 80, 5))
