"""Pooling windows: maximum and average."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Max, Min, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Float, Int, Type
from halo.lang.func import Func
from halo.lang.math import sqrt
from halo.lang.rdom import RDom
from halo.ops.broadcast import shape_text
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import larger, magnitude, power, sum_type
from halo.ops.index import plus
from halo.ops.reduce import lowest
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.window import WindowAxis, source


def max_pool(name: str, x: Tensor, axes: Sequence[WindowAxis], ceil_mode: bool = False) -> Tensor:
    """Return the largest cell of each window; what lies outside the input does not count.

    Its Funcs: ``padded`` as of a convolution (there where a window can reach outside), and
    ``acc``, whose RDom has the window's axes, the last one first.
    """
    worst = lowest(x.type)
    acc, info = _accumulate(name, x, axes, ceil_mode, worst, larger, "max", None)
    return _pooled(name, x, axes, ceil_mode, lambda *coords: call(acc, *coords), info)


def average_pool(
    name: str,
    x: Tensor,
    axes: Sequence[WindowAxis],
    ceil_mode: bool = False,
    count_padding: bool = False,
) -> Tensor:
    """Return the mean of each window's cells: those inside the input, or also its padding's.

    Integers are summed in int32, and their mean is float32.
    """
    whole = x.type.is_integral
    wide, zero = Int(32) if whole else sum_type(x.type), const(x.type, 0)
    mean = Float(32) if whole else wide

    def add(total: Expr, cell: Expr) -> Expr:
        return total + cast_to(wide, cell)

    acc, info = _accumulate(name, x, axes, ceil_mode, zero, add, "average", wide)

    def cell(*coords: Any) -> Expr:
        total = cast_to(mean, call(acc, *coords))
        return total / _count(mean, x, axes, coords, ceil_mode, count_padding)

    return _pooled(name, x, axes, ceil_mode, cell, info, mean if whole else x.type)


def lp_pool(
    name: str, x: Tensor, axes: Sequence[WindowAxis], p: int, ceil_mode: bool = False
) -> Tensor:
    """Return the p-th root of the sum of p-th powers of the magnitudes in each window."""
    wide, zero = sum_type(x.type), const(x.type, 0)

    def add(total: Expr, cell: Expr) -> Expr:
        return total + power(magnitude(cast_to(wide, cell)), const(wide, p))

    acc, info = _accumulate(name, x, axes, ceil_mode, zero, add, "lp", wide)

    def cell(*coords: Any) -> Expr:
        total = call(acc, *coords)
        if p == 1:
            return total
        return sqrt(total) if p == 2 else power(total, const(wide, 1 / p))

    return _pooled(name, x, axes, ceil_mode, cell, info)


def _accumulate(
    name: str,
    x: Tensor,
    axes: Sequence[WindowAxis],
    ceil_mode: bool,
    start: Expr,
    combine: Callable[[Expr, Expr], Expr],
    what: str,
    wide: Type | None,
) -> tuple[Func, OpInfo]:
    if x.rank != len(axes) + 2:
        raise DefinitionError(f"a window of {len(axes)} axes over a tensor {shape_text(x.shape)}")
    read, funcs = source(name, x, axes, start, past=ceil_mode)
    coords = axis_vars(x.rank)
    acc = Func(f"{name}_acc")
    target = tuple(reversed(coords))
    acc[target] = start if wide is None else cast_to(wide, start)
    r = RDom([(0, a.kernel) for a in reversed(axes)])
    taps = [r[len(axes) - 1 - i] for i in range(len(axes))]
    where = [a.at(p, k) for a, p, k in zip(axes, coords[2:], taps, strict=True)]
    acc[target] = combine(call(acc, *coords), read(*coords[:2], *where))
    attrs = {
        "op": what,
        "kernel": tuple(a.kernel for a in axes),
        "strides": tuple(a.stride for a in axes),
        "dilations": tuple(a.dilation for a in axes),
        "pads": tuple((a.before, a.after) for a in axes),
    }
    return acc, OpInfo(OpKind.POOL, (x,), {**funcs, "acc": acc}, attrs)


def _pooled(
    name: str,
    x: Tensor,
    axes: Sequence[WindowAxis],
    ceil_mode: bool,
    cell: Callable[..., Expr],
    info: OpInfo,
    type: Type | None = None,
) -> Tensor:
    spatial = [a.places(d, ceil_mode) for a, d in zip(axes, x.shape[2:], strict=True)]
    return computed(name, type or x.type, (*x.shape[:2], *spatial), cell, info)


def _count(
    type: Type,
    x: Tensor,
    axes: Sequence[WindowAxis],
    coords: Sequence[Any],
    ceil_mode: bool,
    count_padding: bool,
) -> Expr:
    fixed = 1
    varying: Expr | None = None
    for window, size, place in zip(axes, x.shape[2:], coords[2:], strict=True):
        if not ceil_mode and (count_padding or not window.is_padded):
            fixed *= window.kernel
            continue
        cells = _cells_inside(window, size, place, count_padding)
        varying = cells if varying is None else varying * cells
    if varying is None:
        return const(type, fixed)
    return cast_to(type, varying if fixed == 1 else varying * fixed)


def _cells_inside(window: WindowAxis, size: Expr, place: Any, count_padding: bool) -> Expr:
    """Return how many cells of the window at `place` lie in the input (or in its padding too)."""
    first = window.at(place, 0)
    low: Expr = as_expr(0) - window.before if count_padding else as_expr(0)
    high = plus(size, window.after) if count_padding else size
    step = window.dilation
    # The cells k with low <= first + k*step < high.
    begin = Max(as_expr(0), (low - first + (step - 1)) / step)
    end = Min(as_expr(window.kernel), (high - first + (step - 1)) / step)
    return end - begin
