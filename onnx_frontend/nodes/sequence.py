"""Sequences of tensors, of which the length is known, and optional values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from halo.ir.expr import Expr
from halo.ir.operators import eq
from halo.ops import views
from halo.ops.build import constant
from halo.ops.index import (
    ONE,
    ZERO,
    ceil_div,
    choose,
    index,
    known,
    least,
    less,
    minus,
    plus,
    times,
)
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.control_flow import place_of, stack
from onnx_frontend.either import is_there, one_of
from onnx_frontend.registry import operator
from onnx_frontend.values import Absent, Perhaps, TensorSequence, Value, content_of


def _sequence(node: NodeContext, value: Value) -> tuple[Tensor, ...]:
    if not isinstance(value, TensorSequence):
        node.fail("its first operand is no sequence")
    return value.items


def _place(node: NodeContext, position: Value | None, count: int, end: int, default: int) -> Expr:
    """Return a position in a sequence of `count`, counted from the front and less than `end`."""
    if position is None:
        return index(default)
    if not isinstance(position, Tensor):
        node.fail("its position is no tensor")
    place = node.scalar(position, "a position")
    number = known(place)
    if number is None:
        return choose(less(place, 0), plus(place, count), place)
    if not -count <= number < end:
        node.fail(f"position {number} in a sequence of {count} tensors")
    return index(number + count if number < 0 else number)


def _check_place(node: NodeContext, place: Expr, count: int, end: int) -> None:
    """Require that a position in a sequence of `count` that data tell lies before `end`."""
    if known(place) is None:
        outside = choose(less(place, 0), ONE, choose(less(place, end), ZERO, ONE))
        node.require(outside, ZERO, f"its position is outside of a sequence of {count} tensors")


def _picked(node: NodeContext, place: Expr, items: Sequence[Tensor]) -> Tensor:
    """Return the one of `items` whose number is `place`."""
    number = known(place)
    if number is not None:
        return items[number]
    made = items[-1]
    for i in range(len(items) - 2, -1, -1):
        made = one_of(node, node.inner(f"item_{i}"), eq(place, i), items[i], made)
    return made


@operator("SequenceEmpty", since=11)
def empty(node: NodeContext) -> Value:
    """A sequence of nothing."""
    return TensorSequence(())


@operator("SequenceConstruct", since=11)
def construct(node: NodeContext, *items: Tensor) -> Value:
    """A sequence of the operands."""
    return TensorSequence(items)


@operator("SequenceInsert", since=11, values=True)
def insert(node: NodeContext, sequence: Value, item: Value, position: Value | None = None) -> Value:
    """A sequence with one tensor more."""
    items = _sequence(node, sequence)
    count = len(items)
    place = _place(node, position, count, count + 1, count)
    if not isinstance(item, Tensor):
        node.fail("what it inserts is no tensor")
    made: list[Tensor] = []
    for i in range(count + 1):
        # The new one stands before, here, or behind.
        before = [items[i - 1]] if i else []
        behind = [items[i]] if i < count else []
        made.append(_nearest(node, place, i, before, item, behind))
    _check_place(node, place, count, count + 1)
    return TensorSequence(tuple(made))


def _nearest(
    node: NodeContext,
    place: Expr,
    i: int,
    before: list[Tensor],
    item: Tensor,
    behind: list[Tensor],
) -> Tensor:
    """Return what stands at `i` when `item` is inserted at `place`."""
    number = known(place)
    if number is not None:
        return item if number == i else (before if number < i else behind)[0]
    made = item
    if before:
        made = one_of(node, node.inner(f"before_{i}"), less(place, i), before[0], made)
    if behind:
        made = one_of(node, node.inner(f"behind_{i}"), less(i, place), behind[0], made)
    return made


@operator("SequenceErase", since=11, values=True)
def erase(node: NodeContext, sequence: Value, position: Value | None = None) -> Value:
    """A sequence with one tensor less."""
    items = _sequence(node, sequence)
    count = len(items)
    place = _place(node, position, count, count, count - 1)
    if not items:
        node.fail("its sequence is empty")
    number = known(place)
    if number is not None:
        return TensorSequence(items[:number] + items[number + 1 :])
    made = [
        one_of(node, node.inner(f"item_{i}"), less(i, place), items[i], items[i + 1])
        for i in range(count - 1)
    ]
    _check_place(node, place, count, count)
    return TensorSequence(tuple(made))


@operator("SequenceAt", since=11, values=True)
def at(node: NodeContext, sequence: Value, position: Value) -> Tensor:
    """A tensor of a sequence."""
    items = _sequence(node, sequence)
    if not items:
        node.fail("its sequence is empty")
    place = _place(node, position, len(items), len(items), 0)
    _check_place(node, place, len(items), len(items))
    return _picked(node, place, items)


@operator("SequenceLength", since=11, values=True)
def length(node: NodeContext, sequence: Value) -> Tensor:
    """How many tensors a sequence has."""
    return constant(node.output(), np.array(len(_sequence(node, sequence)), np.int64))


@operator("ConcatFromSequence", since=11, values=True)
def concat(node: NodeContext, sequence: Value) -> Tensor:
    """The tensors of a sequence one behind the other, along an axis or a new one."""
    items = _sequence(node, sequence)
    if not items:
        node.fail("its sequence is empty")
    axis = node.integer("axis")
    if node.flag("new_axis"):
        return stack(node.output(), node.inner, items, axis)
    return views.concat(node.output(), items, axis)


@operator("SplitToSequence", since=11)
def split(node: NodeContext, x: Tensor, sizes: Tensor | None = None) -> Value:
    """Pieces of a tensor along an axis."""
    axis = views.normal_axis(node.integer("axis", 0), x.rank)
    total = known(x.shape[axis])
    if sizes is None:
        if total is None:
            node.unsupported("a number of pieces that is known before the model runs")
        if not node.flag("keepdims", True):
            names = (node.inner(f"item_{i}") for i in range(total))
            return TensorSequence(tuple(place_of(n, x, axis, i) for i, n in enumerate(names)))
        return _pieces(node, x, axis, [ONE] * total)
    given = list(node.content(sizes, "sizes"))
    if sizes.rank == 1:
        return _pieces(node, x, axis, given)
    by = known(given[0])
    if total is None or by is None or by < 1:
        node.unsupported("a number of pieces that is known before the model runs")
    count = known(ceil_div(x.shape[axis], by)) or 0
    return _pieces(
        node,
        x,
        axis,
        [least(index(by), minus(x.shape[axis], times(index(by), i))) for i in range(count)],
    )


def _pieces(node: NodeContext, x: Tensor, axis: int, sizes: list[Expr]) -> Value:
    start: Expr = ZERO
    items: list[Tensor] = []
    for i, size in enumerate(sizes):
        items.append(views.slice_axes(node.inner(f"item_{i}"), x, {axis: (start, size, 1)}))
        start = plus(start, size)
    return TensorSequence(tuple(items))


@operator("Optional", since=15, values=True)
def optional(node: NodeContext, value: Value | None = None) -> Value:
    """A value that may be absent: the operand, or nothing."""
    return Absent() if value is None else value


@operator("OptionalHasElement", since=15, values=True)
def has_element(node: NodeContext, value: Value | None = None) -> Tensor:
    """Whether a value is there."""
    if isinstance(value, Perhaps):
        return value.there
    return constant(node.output(), np.array(not isinstance(value, (Absent, type(None)))))


@operator("OptionalGetElement", since=15, values=True)
def get_element(node: NodeContext, value: Value) -> Value:
    """A value, which must be there."""
    content = content_of(value)
    if content is None:
        node.fail("its operand is absent")
    if isinstance(value, Perhaps):
        node.require(is_there(node, value), ONE, "its operand is absent")
    return content
