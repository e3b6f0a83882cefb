"""Slice."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Expr
from halo.ir.types import Int
from halo.ops import views
from halo.ops.index import (
    ceil_div,
    choose,
    floor_div,
    greatest,
    holds,
    index,
    known,
    least,
    less,
    minus,
    plus,
    surely_same,
)
from halo.ops.run_time_axes import chosen
from halo.ops.tensor import LARGEST, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("Slice", since=1)
def slice_by_attributes(node: NodeContext, x: Tensor) -> Tensor:
    """A range of each of some axes, given as attributes."""
    starts = [index(i) for i in node.integers("starts")]
    ends = [index(i) for i in node.integers("ends")]
    axes = node.integers("axes", range(len(starts)))
    return _slice(node, x, starts, ends, axes, [1] * len(starts))


@operator("Slice", since=10)
def slice_by_inputs(
    node: NodeContext,
    x: Tensor,
    starts: Tensor,
    ends: Tensor,
    axes: Tensor | None = None,
    steps: Tensor | None = None,
) -> Tensor:
    """A range of each of some axes, with steps, given as inputs."""
    first = node.content(starts, "starts")
    last = node.content(ends, "ends")
    where = [index(i) for i in range(len(first))] if axes is None else node.content(axes, "axes")
    by = [index(1)] * len(first) if steps is None else node.content(steps, "steps")
    fixed = [known(e) for e in (*where, *by)]
    if None not in fixed:
        numbers = [n for n in fixed if n is not None]
        return _slice(node, x, first, last, numbers[: len(where)], numbers[len(where) :])
    return _run_time_slice(node, x, first, last, where, by)


def _run_time_slice(
    node: NodeContext,
    x: Tensor,
    starts: Sequence[Expr],
    ends: Sequence[Expr],
    axes: Sequence[Expr],
    steps: Sequence[Expr],
) -> Tensor:
    """Slice along axes or by steps that data tell."""
    if not len(starts) == len(ends) == len(axes) == len(steps):
        node.fail("its starts, ends, axes and steps are not equally many")
    first = chosen(axes, starts, x.rank, index(0))
    last = chosen(axes, ends, x.rank, index(LARGEST))
    by = chosen(axes, steps, x.rank, index(1))
    for step in steps:
        moves = choose(less(0, step), index(1), choose(less(step, 0), index(1), index(0)))
        node.require(moves, index(1), "a step is 0")
    ranges: dict[int, tuple[Expr, Expr, int | Expr]] = {}
    for axis, (start, end, step) in enumerate(zip(first, last, by, strict=True)):
        up = slice_range(start, end, x.shape[axis], 1)
        down = slice_range(start, end, x.shape[axis], -1)
        forward = less(0, step)
        size = greatest(choose(forward, step, minus(0, step)), 1)
        # A longer step than the axis has no second place; nothing is to be added to a huge one.
        size = least(size, greatest(x.shape[axis], 1))
        count = choose(forward, up[1], down[1])
        places = floor_div(plus(count, minus(size, 1)), size)
        ranges[axis] = (choose(forward, up[0], down[0]), places, step)
    return views.slice_axes(node.output(), x, ranges)


def _slice(
    node: NodeContext,
    x: Tensor,
    starts: Sequence[Expr],
    ends: Sequence[Expr],
    axes: Sequence[int],
    steps: Sequence[int],
) -> Tensor:
    if not len(starts) == len(ends) == len(axes) == len(steps):
        node.fail("its starts, ends, axes and steps are not equally many")
    if 0 in steps:
        node.fail("a step is 0")
    ranges: dict[int, tuple[Expr, Expr, int | Expr]] = {}
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        axis = views.normal_axis(axis, x.rank)
        step = max(-LARGEST, min(step, LARGEST))  # no axis has a second place so far away
        ranges[axis] = slice_range(start, end, x.shape[axis], step)
    return views.slice_axes(node.output(), x, ranges)


def slice_range(start: Expr, end: Expr, size: Expr, step: int) -> tuple[Expr, Expr, int]:
    """Return (first place, number of places, step) of ONNX's slice of an axis of `size` cells."""
    if step > 0:
        first = _held(_from_front(start, size), 0, size)
        last = _held(_from_front(end, size), 0, size)
        count = ceil_div(minus(last, first), step)
    else:
        top = minus(size, 1)
        # Of an axis without cells `top` is -1, and so is `first` then: no place is left.
        place = _from_front(start, size)
        first = top if surely_same(place, top) else least(greatest(place, 0), top)
        # -1 stands for "beyond the first cell" here, so it must not be counted from the end.
        last = _held(_from_front(end, size), -1, top)
        count = ceil_div(minus(first, last), -step)
    return first, greatest(count, 0), step


def _from_front(place: Expr, size: Expr) -> Expr:
    """Return `place` counted from the front; a negative one counts from the end."""
    value = known(place)
    if value is not None:
        # What lies before all that int32 can count to stays there.
        far = value < Int(32).min_value
        return place if value >= 0 or far else plus(place, size)
    if holds(place >= 0):
        return place
    return choose(place < 0, plus(place, size), place)


def _held(place: Expr, low: int, high: Expr) -> Expr:
    return greatest(least(place, high), low)
