"""Programs for measuring how long lowering takes, most of them of a size to be given."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from apps import local_laplacian

import halo as hl


def blur() -> hl.Func:
    """Return three stages: the last in tiles, the one before computed in rows of these."""
    x, y, xi, yi = hl.vars("x y xi yi")
    source = hl.ImageParam(hl.UInt(8), 2, "source")
    wide, blur_x, blur_y = hl.funcs("wide blur_x blur_y")
    wide[x, y] = hl.u16(source[x, y])
    blur_x[x, y] = (wide[x, y] + wide[x + 1, y] + wide[x + 2, y]) // 3
    blur_y[x, y] = hl.u8((blur_x[x, y] + blur_x[x, y + 1] + blur_x[x, y + 2]) // 3)
    blur_y.tile(x, y, xi, yi, 256, 32).vectorize(xi, 16).parallel(y)
    blur_x.compute_at(blur_y, x).vectorize(x, 16)
    return blur_y


def laplacian(depth: int) -> hl.Func:
    """Return the local Laplacian filter with pyramids of `depth` steps."""
    app = local_laplacian.build(hl, depth)
    local_laplacian.schedule(hl, app)
    return app.output


def _stage(name: str, read: Callable[[Any, Any], Any]) -> hl.Func:
    x, y = hl.vars("x y")
    f = hl.Func(name)
    f[x, y] = read(x, y)
    return f


def _chain(n: int, scheduled: Callable[[hl.Func], object]) -> hl.Func:
    """Return the last of `n` stencils, each of the one before; all but it are `scheduled`."""
    source = hl.ImageParam(hl.Float(32), 2, "source")
    last = _stage("f0", lambda x, y: source[x, y] * 0.5)
    for i in range(1, n):
        scheduled(last)
        before = last
        last = _stage(f"f{i}", lambda x, y, f=before: f[x - 1, y] + f[x + 1, y + 1])
    return last


def stored_chain(n: int) -> hl.Func:
    """Return a chain of `n` stencils, each computed at root."""
    return _chain(n, lambda f: f.compute_root())


def vector_chain(n: int) -> hl.Func:
    """Return a chain of `n` stencils, each computed at root, in parallel rows of vectors."""
    x, y = hl.vars("x y")
    last = _chain(n, lambda f: f.compute_root().parallel(y).vectorize(x, 8))
    last.parallel(y).vectorize(x, 8)
    return last


def inlined_chain(n: int) -> hl.Func:
    """Return a chain of `n` Funcs, each read once, all of them inlined."""
    source = hl.ImageParam(hl.Float(32), 2, "source")
    last = _stage("f0", lambda x, y: source[x, y] * 0.5)
    for i in range(1, n):
        last = _stage(f"f{i}", lambda x, y, f=last: f[x + 1, y] * 0.5 + 1.0)
    return last


def squares(n: int) -> hl.Func:
    """Return a chain of `n` inlined Funcs, each the square of the one before, plus one."""
    source = hl.ImageParam(hl.Float(32), 2, "source")
    last = _stage("f0", lambda x, y: source[x, y] * 0.5)
    for i in range(1, n):
        last = _stage(f"f{i}", lambda x, y, f=last: f[x, y] * f[x, y] + 1.0)
    return last


def diamonds(n: int) -> hl.Func:
    """Return a chain of `n` inlined sums of two Funcs that read the sum before, the first kept."""
    y = hl.Var("y")
    source = hl.ImageParam(hl.Float(32), 2, "source")
    first = last = _stage("f0", lambda x, y: source[x, y] * 0.5)
    for i in range(1, n):
        left = _stage(f"l{i}", lambda x, y, f=last: f[x, y] + 1.0)
        right = _stage(f"r{i}", lambda x, y, f=last: f[x, y] + 2.0)
        last = _stage(f"f{i}", lambda x, y, a=left, b=right: a[x, y] * b[x, y])
    first.compute_at(last, y)
    return last


def deep_nest(n: int) -> hl.Func:
    """Return a chain of `n` stencils, each computed in the rows of the one that reads it."""
    y = hl.Var("y")
    funcs: list[hl.Func] = []
    last = _chain(n, funcs.append)
    for user, f in zip([*funcs[1:], last], funcs, strict=True):
        f.compute_at(user, y)
    return last


def sliding_chain(n: int) -> hl.Func:
    """Return a chain of `n` stencils, kept in folded rows while the last one goes on."""
    y = hl.Var("y")
    funcs: list[hl.Func] = []
    last = _chain(n, funcs.append)
    for f in funcs:
        f.store_root().compute_at(last, y)
    return last


def wide_sum(n: int) -> hl.Func:
    """Return the sum of `n` Funcs that are computed at root."""
    source = hl.ImageParam(hl.Float(32), 2, "source")
    parts = [_stage(f"p{i}", lambda x, y, i=i: source[x + i, y] * float(i)) for i in range(n)]
    for f in parts:
        f.compute_root()
    return _stage("total", lambda x, y: sum((f[x, y] for f in parts[1:]), parts[0][x, y]))


def shared_loops(n: int) -> hl.Func:
    """Return the sum of `n` Funcs that are computed at root, in the same rows."""
    y = hl.Var("y")
    source = hl.ImageParam(hl.Float(32), 2, "source")
    parts = [_stage(f"p{i}", lambda x, y, i=i: source[x, y] * float(i)) for i in range(n)]
    for f in parts:
        f.compute_root()
    for f, g in pairwise(parts):
        g.compute_with(f, y)
    return _stage("total", lambda x, y: sum((f[x, y] for f in parts[1:]), parts[0][x, y]))


def matmul() -> hl.Func:
    """Return a product of matrices with accumulators of 12 x 32 in registers."""
    x, y, xi, yi = hl.vars("x y xi yi")
    a = hl.ImageParam(hl.Float(32), 2, "a")
    b = hl.ImageParam(hl.Float(32), 2, "b")
    r = hl.RDom([(0, a.dim(0).extent())], "r")
    acc, product = hl.funcs("acc product")
    acc[x, y] = 0.0
    acc[x, y] += a[r, y] * b[x, r]
    product[x, y] = acc[x, y]
    product.tile(x, y, xi, yi, 32, 12).vectorize(xi, 16).unroll(yi).parallel(y)
    acc.compute_at(product, x).store_in(hl.MemoryType.Register).vectorize(x, 16).unroll(x).unroll(y)
    acc.update().reorder(x, y, r[0]).vectorize(x, 16).unroll(x).unroll(y)
    return product


def convolution() -> hl.Func:
    """Return a 3 x 3 convolution of 64 channels with a bias, cut off at zero."""
    c, x, y, n, ci, xi = hl.vars("c x y n ci xi")
    source = hl.ImageParam(hl.Float(32), 4, "source")
    weights = hl.ImageParam(hl.Float(32), 4, "weights")
    bias = hl.ImageParam(hl.Float(32), 1, "bias")
    padded = hl.BoundaryConditions.constant_exterior(source, 0.0)
    r = hl.RDom([(0, 64), (0, 3), (0, 3)], "r")
    conv, relu = hl.funcs("conv relu")
    conv[c, x, y, n] = bias[c]
    conv[c, x, y, n] += weights[c, r[1], r[2], r[0]] * padded[r[0], x + r[1] - 1, y + r[2] - 1, n]
    relu[c, x, y, n] = hl.max(conv[c, x, y, n], 0.0)
    relu.split(c, c, ci, 32).split(x, x, xi, 6).reorder(ci, xi, c, x, y, n)
    relu.vectorize(ci, 16).unroll(xi).parallel(y)
    conv.compute_at(relu, c).vectorize(c, 16).unroll(x)
    conv.update().reorder(c, x, r[0], r[1], r[2], y, n).vectorize(c, 16).unroll(x)
    return relu
