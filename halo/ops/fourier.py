"""Discrete Fourier transforms, as sums of products with a table of roots of unity."""

from __future__ import annotations

import math
from typing import Any

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Float, Int
from halo.lang.func import Func
from halo.lang.math import cos, sin
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import sum_type
from halo.ops.index import floor_div, index, known, least, minus, plus
from halo.ops.tensor import OpInfo, OpKind, Tensor

_ANGLE = Float(64)


def dft(
    name: str, x: Tensor, axis: int, length: Expr, inverse: bool = False, onesided: bool = False
) -> Tensor:
    """Return the transform of `length` places along `axis`, as ONNX's DFT.

    The last axis of `x` has the real part, or it and the imaginary part; so has the result. What
    is missing along `axis` counts as zero. Of a real signal the first half, `onesided`, tells
    all; the inverse takes it back to a real signal. ``acc`` adds over the places of `x`.
    """
    wide = sum_type(x.type)
    parts = known(x.shape[-1])
    roots = _roots(f"{name}_roots", length, wide)
    half = plus(floor_div(length, 2), 1)
    to_real = inverse and onesided
    used = least(x.shape[axis], half if to_real else length)
    size = half if onesided and not inverse else length
    coords = axis_vars(x.rank)
    acc = Func(f"{name}_acc")
    target = tuple(reversed(coords))
    acc[target] = const(wide, 0)
    r = RDom([(0, used)])
    place: list[Any] = list(coords)
    place[axis] = as_expr(r[0])

    def part(i: int) -> Expr:
        if i and parts == 1:
            return const(wide, 0)
        return cast_to(wide, x.at(*place[:-1], index(i)))

    # k*n in 64 bits: it may be more than coordinates ever are.
    turns = cast_to(Int(64), as_expr(coords[axis])) * cast_to(Int(64), as_expr(r[0]))
    turn = clamp(cast_to(Int(32), turns % cast_to(Int(64), length)), 0, minus(length, 1))
    across, up = roots.at(turn, 0), roots.at(turn, 1)
    up = up if inverse else -up
    re, im = part(0), part(1)
    if to_real:
        alone = eq(as_expr(r[0]), 0) | eq(as_expr(r[0]) * 2, length)
        term = Select(alone, re * across, (re * across - im * up) * 2.0)
    else:
        term = Select(eq(coords[-1], 0), re * across - im * up, re * up + im * across)
    acc[target] += term

    def cell(*at: Any) -> Expr:
        total = call(acc, *at)
        return total / cast_to(wide, length) if inverse else total

    shape = [size if a == axis else d for a, d in enumerate(x.shape)]
    shape[-1] = index(1 if to_real else 2)
    info = OpInfo(OpKind.REDUCE, (x, roots), {"acc": acc})
    return computed(name, x.type, shape, cell, info)


def _roots(name: str, length: Expr, type: Any) -> Tensor:
    """Return cosine and sine of the multiples of a turn divided by `length`."""

    def cell(k: Any, which: Any) -> Expr:
        angle = cast_to(_ANGLE, as_expr(k)) * (2 * math.pi) / cast_to(_ANGLE, length)
        return Select(eq(which, 0), cos(angle), sin(angle))

    return computed(name, type, (length, index(2)), cell, OpInfo(OpKind.TABLE))


def frames(
    name: str, x: Tensor, window: Tensor | None, step: Expr, size: Expr, count: Expr
) -> Tensor:
    """Return `count` pieces of `size` places of the signal `x` (batch, place, part).

    One begins `step` places after the other; each is multiplied with `window`.
    """
    last = minus(x.shape[1], 1)

    def cell(n: Any, f: Any, i: Any, part: Any) -> Expr:
        place = as_expr(f) * step + i
        value = x.at(n, clamp(place, 0, last), part)
        if window is not None:
            value = value * cast_to(x.type, window.at(i))
        return Select(place <= last, value, const(x.type, 0))

    inputs = (x,) if window is None else (x, window)
    info = OpInfo(OpKind.STENCIL, inputs)
    return computed(name, x.type, (x.shape[0], count, size, x.shape[2]), cell, info)
