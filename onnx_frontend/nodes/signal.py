"""Signals: DFT, STFT and MelWeightMatrix."""

from __future__ import annotations

import math
from typing import Any

from halo.ir.expr import Expr, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Float, Int, Type
from halo.lang.math import exp, log
from halo.lang.operators import clamp
from halo.ops import fourier
from halo.ops.build import computed
from halo.ops.index import choose, floor_div, greatest, known, minus, plus, times
from halo.ops.reshape import reshape
from halo.ops.run_time_axes import around
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator

_WIDE = Float(64)


@operator("DFT", since=17)
def dft_along_attribute(node: NodeContext, x: Tensor, length: Tensor | None = None) -> Tensor:
    """The transform along an axis that is an attribute."""
    _check_parts(node, x)
    return _dft(node, x, length, node.integer("axis", 1))


@operator("DFT", since=20)
def dft(
    node: NodeContext, x: Tensor, length: Tensor | None = None, axis: Tensor | None = None
) -> Tensor:
    """The transform along an axis that is an input."""
    _check_parts(node, x)
    if axis is None:
        return _dft(node, x, length, -2)
    fixed = node.known_constants(axis)
    if fixed is not None:
        return _dft(node, x, length, fixed[0])
    # Which axis is data: what is before and behind it is taken together.
    split, place = around(node.inner("split"), x, node.scalar(axis, "an axis"))
    parts = x.shape[-1]
    behind = floor_div(split.shape[2], parts)
    four = reshape(node.inner("four"), split, (*split.shape[:2], behind, parts))
    made = _dft(node, four, length, 1, node.inner("transform"))
    shape = [choose(eq(place, a), made.shape[1], d) for a, d in enumerate(x.shape[:-1])]
    return reshape(node.output(), made, (*shape, made.shape[3]))


def _check_parts(node: NodeContext, x: Tensor) -> None:
    if x.rank < 2:
        node.fail(f"its input has {x.rank} axes, not one of numbers and one of their parts")


def _dft(
    node: NodeContext, x: Tensor, length: Tensor | None, axis: int, name: str | None = None
) -> Tensor:
    axis = normal_axis(axis, x.rank)
    inverse, onesided = node.flag("inverse"), node.flag("onesided")
    parts = known(x.shape[-1])
    if parts not in (1, 2) or axis == x.rank - 1:
        node.fail("its last axis is not known to be the real part, or it and the imaginary part")
    if onesided and parts == (1 if inverse else 2):
        node.fail(f"a one-sided transform of {'a real' if inverse else 'a complex'} signal")
    size = x.shape[axis]
    if length is not None:
        count = node.scalar(length, "a length")
    else:
        count = times(minus(size, 1), 2) if inverse and onesided else size
    return fourier.dft(name or node.output(), x, axis, count, inverse, onesided)


@operator("STFT", since=17)
def stft(
    node: NodeContext,
    x: Tensor,
    step: Tensor,
    window: Tensor | None = None,
    length: Tensor | None = None,
) -> Tensor:
    """The transforms of pieces of a signal, one after the other."""
    if x.rank != 3 or known(x.shape[2]) not in (1, 2):
        node.fail("its signal does not have the axes (batch, time, 1 or 2)")
    if window is not None and window.rank != 1:
        node.fail(f"its window has {window.rank} axes, not 1")
    by = node.scalar(step, "a step")
    if (known(by) or 1) < 1:
        node.fail(f"its step is {known(by)}")
    if length is not None:
        size = node.scalar(length, "a length")
    elif window is not None:
        size = window.shape[0]
    else:
        size = x.shape[1]
    count = greatest(plus(floor_div(minus(x.shape[1], size), by), 1), 0)
    taken = size if window is None else window.shape[0]
    pieces = fourier.frames(node.inner("frames"), x, window, by, taken, count)
    onesided = node.flag("onesided", True) and known(x.shape[2]) == 1
    return fourier.dft(node.output(), pieces, 2, size, onesided=onesided)


@operator("MelWeightMatrix", since=17)
def mel_weights(
    node: NodeContext, bins: Tensor, length: Tensor, rate: Tensor, lower: Tensor, upper: Tensor
) -> Tensor:
    """The matrix that takes a spectrum to bins of the mel scale."""
    number = node.scalar(bins, "a number of bins")
    size = node.scalar(length, "a length")

    def scalar(x: Tensor) -> Expr:
        return cast_to(_WIDE, x.at(*[0] * x.rank))

    def mel(hertz: Expr) -> Expr:
        return log(hertz / 700.0 + 1.0) * (2595 / math.log(10))

    def edge(i: Any) -> Expr:
        low, high = mel(scalar(lower)), mel(scalar(upper))
        step = (high - low) / cast_to(_WIDE, plus(number, 2))
        hertz = (
            exp((cast_to(_WIDE, as_expr(i)) * step + low) * (math.log(10) / 2595)) - 1.0
        ) * 700.0
        place = cast_to(_WIDE, plus(size, 1)) * hertz / scalar(rate)
        return cast_to(Int(32), intrinsic("floor", place))

    op = OpInfo(OpKind.TABLE, (rate, lower, upper))
    edges = computed(node.inner("edges"), Int(32), (plus(number, 2),), edge, op)
    type: Type = node.type_named(node.integer("output_datatype", 1))
    last = plus(number, 1)

    def cell(row: Any, i: Any) -> Expr:
        j = as_expr(row)
        low, middle, high = (edges.at(clamp(as_expr(i) + k, 0, last)) for k in range(3))
        zero, one = const(_WIDE, 0), const(_WIDE, 1)
        rises = cast_to(_WIDE, j - low) / cast_to(_WIDE, middle - low)
        up = Select((j >= low) & (j <= middle), rises, zero)
        first = Select(eq(middle, low), Select(eq(j, middle), one, zero), up)
        falls = cast_to(_WIDE, high - j) / cast_to(_WIDE, high - middle)
        return Select((j >= middle) & (j < high), falls, first)

    info = OpInfo(OpKind.STENCIL, (edges,))
    return computed(node.output(), type, (plus(floor_div(size, 2), 1), number), cell, info)
