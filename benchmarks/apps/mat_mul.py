"""The product of two square matrices of float32, of a size that is known when it is compiled."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from apps.app import App, Array, Program, Size


def build(hl: ModuleType, size: int) -> Program:
    x, y = hl.Var("x"), hl.Var("y")
    a, b = (hl.ImageParam(hl.Float(32), 2, name) for name in ("a", "b"))
    k = hl.RDom([(0, size)], name="k")
    product, output = hl.Func("product"), hl.Func("mat_mul")
    product[x, y] = 0.0
    product[x, y] += b[x, k.x] * a[k.x, y]
    output[x, y] = product[x, y]
    for image in (a, b):
        image.dim(0).set_bounds(0, size).set_stride(1)
        image.dim(1).set_bounds(0, size).set_stride(size)
    output.bound(x, 0, size).bound(y, 0, size)
    return Program(output, (a, b), {"product": product, "k": k})


def schedule(hl: ModuleType, app: Program) -> None:
    names = ("x", "y", "xi", "yi", "xy", "yii")
    x, y, xi, yi, xy, yii = (hl.Var(name) for name in names)
    k = app.funcs["k"]
    app.output.tile(x, y, xi, yi, 32, 32).fuse(x, y, xy).parallel(xy)
    app.output.split(yi, yi, yii, 8).vectorize(xi, 16).unroll(xi).unroll(yii)
    app.product.compute_at(app.output, yi).vectorize(x, 16).unroll(x).unroll(y)
    update = app.product.update().reorder(x, y, k.x)
    update.vectorize(x, 16).unroll(x).unroll(y).unroll(k.x, 2)


def inputs(rng: np.random.Generator, size: Size) -> tuple[Any, ...]:
    return rng.standard_normal(size, np.float32), rng.standard_normal(size, np.float32)


def expected(a: Array, b: Array) -> Array:
    product: Array = a.astype(np.float64) @ b.astype(np.float64)
    return product


def shape(a: Array, _: Array) -> Size:
    return a.shape


def flops(size: Size) -> float:
    return 2.0 * size[0] ** 3


def of_size(size: int) -> App:
    """Return the app for matrices of `size` x `size`."""
    both = size, size
    made = partial(build, size=size)
    name = f"mat_mul {size}"
    return App(name, made, schedule, inputs, expected, shape, both, both, np.float32, 1e-5, flops)


APPS = {str(size): of_size(size) for size in (512, 1024, 2048)}
