"""Sequences of tensors, of a length that is known or that only a run tells; optional values."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Expr, Select
from halo.ir.operators import eq
from halo.ir.types import Bool, Int
from halo.ops import views
from halo.ops.build import from_content
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
from onnx_frontend import open_sequences
from onnx_frontend.context import NodeContext
from onnx_frontend.control_flow import place_of, stack
from onnx_frontend.either import is_there, one_of
from onnx_frontend.join_sequence import joined, stacked
from onnx_frontend.open_sequences import alike, held_place, opened
from onnx_frontend.registry import operator
from onnx_frontend.split_sequence import WRONG_SIZES, split_by, split_by_one, split_into
from onnx_frontend.values import (
    Absent,
    OpenSequence,
    Perhaps,
    TensorSequence,
    Value,
    content_of,
)

FEW = 8
"""Tensors up to which all are looked at for the one at a place that data tell."""


def _sequence(node: NodeContext, value: Value) -> TensorSequence | OpenSequence:
    if not isinstance(value, (TensorSequence, OpenSequence)):
        node.fail("its first operand is no sequence")
    return value


def _place(
    node: NodeContext, position: Value | None, count: Expr, more: int, default: Expr
) -> Expr:
    """Return a position in a sequence of `count`, counted from the front.

    It must be less than the count and `more`, which is required if data tell it.
    """
    if position is not None and not isinstance(position, Tensor):
        node.fail("its position is no tensor")
    given = default if position is None else node.scalar(position, "a position")
    number, size = known(given), known(count)
    if number is not None and size is not None:
        if not -size <= number < size + more:
            node.fail_always(f"position {number} in a sequence of {size} tensors")
        return index(number + size if number < 0 else number)
    place = given if number is not None and number >= 0 else held_place(given, count)
    # Not simplified: that a size of an input is not 0 would be taken for granted.
    outside = Select(place < 0, ONE, Select(place < plus(count, more), ZERO, ONE))
    sequence = "its sequence" if size is None else f"a sequence of {size} tensors"
    node.require(outside, ZERO, f"its position is outside of {sequence}")
    return place


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


@operator("SequenceInsert", since=11, values=True, codes=True)
def insert(node: NodeContext, sequence: Value, item: Value, position: Value | None = None) -> Value:
    """A sequence with one tensor more."""
    given = _sequence(node, sequence)
    if not isinstance(item, Tensor):
        node.fail("what it inserts is no tensor")
    if isinstance(given, OpenSequence):
        if position is None:
            return open_sequences.inserted(node, given, item, None)
        place = _place(node, position, given.count, 1, ZERO)
        return open_sequences.inserted(node, given, item, place)
    items = given.items
    count = len(items)
    place = _place(node, position, index(count), 1, index(count))
    made: list[Tensor] = []
    for i in range(count + 1):
        # The new one stands before, here, or behind.
        before = [items[i - 1]] if i else []
        behind = [items[i]] if i < count else []
        made.append(_nearest(node, place, i, before, item, behind))
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


@operator("SequenceErase", since=11, values=True, codes=True)
def erase(node: NodeContext, sequence: Value, position: Value | None = None) -> Value:
    """A sequence with one tensor less."""
    given = _sequence(node, sequence)
    if isinstance(given, OpenSequence):
        place = _place(node, position, given.count, 0, index(-1))
        return open_sequences.erased(node, given, place)
    items = given.items
    count = len(items)
    if not items:
        node.fail_always("its sequence is empty")
    place = _place(node, position, index(count), 0, index(count - 1))
    number = known(place)
    if number is not None:
        return TensorSequence(items[:number] + items[number + 1 :])
    made = [
        one_of(node, node.inner(f"item_{i}"), less(i, place), items[i], items[i + 1])
        for i in range(count - 1)
    ]
    return TensorSequence(tuple(made))


@operator("SequenceAt", since=11, values=True, codes=True)
def at(node: NodeContext, sequence: Value, position: Value) -> Tensor:
    """A tensor of a sequence."""
    given = _sequence(node, sequence)
    if isinstance(given, OpenSequence):
        place = _place(node, position, given.count, 0, ZERO)
        return open_sequences.element(node, node.output(), given, place)
    items = given.items
    if not items:
        node.fail_always("its sequence is empty")
    place = _place(node, position, index(len(items)), 0, ZERO)
    if known(place) is None and len(items) > FEW and all(alike(x, items[0]) for x in items):
        return open_sequences.element(node, node.output(), opened(node, given), place)
    return _picked(node, place, items)


@operator("SequenceLength", since=11, values=True, codes=True)
def length(node: NodeContext, sequence: Value) -> Tensor:
    """How many tensors a sequence has."""
    given = _sequence(node, sequence)
    count = given.count if isinstance(given, OpenSequence) else index(len(given.items))
    return from_content(node.output(), Int(64), (), (count,))


@operator("ConcatFromSequence", since=11, values=True, codes=True)
def concat(node: NodeContext, sequence: Value) -> Tensor:
    """The tensors of a sequence one behind the other, along an axis or a new one."""
    given, axis = _sequence(node, sequence), node.integer("axis")
    if isinstance(given, OpenSequence):
        return (stacked if node.flag("new_axis") else joined)(node, given, axis)
    if not given.items:
        node.fail_always("its sequence is empty")
    if node.flag("new_axis"):
        return stack(node.output(), node.inner, given.items, axis)
    return views.concat(node.output(), given.items, axis)


@operator("SplitToSequence", since=11)
def split(node: NodeContext, x: Tensor, sizes: Tensor | None = None) -> Value:
    """Pieces of a tensor along an axis."""
    axis = views.normal_axis(node.integer("axis", 0), x.rank)
    total = known(x.shape[axis])
    if sizes is None:
        keep = node.flag("keepdims", True)
        if total is None:
            return split_by_one(node, x, axis, keep=keep)
        if not keep:
            names = (node.inner(f"item_{i}") for i in range(total))
            return TensorSequence(tuple(place_of(n, x, axis, i) for i, n in enumerate(names)))
        return _pieces(node, x, axis, [ONE] * total)
    if sizes.rank > 1:
        node.fail(f"its sizes have {sizes.rank} axes, not one at most")
    if sizes.rank == 1:
        given = node.run_time.follow(sizes)
        if given is None:
            return split_into(node, x, axis, sizes)
        whole: Expr = ZERO
        for size in given:
            whole = plus(whole, size)
            node.require(choose(less(size, 0), ONE, ZERO), ZERO, WRONG_SIZES)
        node.require(whole, x.shape[axis], WRONG_SIZES)
        return _pieces(node, x, axis, list(given))
    by = node.scalar(sizes, "a size")
    number = known(by)
    if number is not None and number < 1:
        node.fail(f"its pieces have {number} places")
    count = None if number is None else known(ceil_div(x.shape[axis], number))
    if count is None:
        return split_by(node, x, axis, by)
    left = [least(by, minus(x.shape[axis], times(by, i))) for i in range(count)]
    return _pieces(node, x, axis, left)


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
    there = not isinstance(value, (Absent, type(None)))
    return from_content(node.output(), Bool(), (), (index(int(there)),))


@operator("OptionalGetElement", since=15, values=True)
def get_element(node: NodeContext, value: Value) -> Value:
    """A value, which must be there."""
    content = content_of(value)
    if content is None:
        node.fail_always("its operand is absent")
    if isinstance(value, Perhaps):
        node.require(is_there(node, value), ONE, "its operand is absent")
    return content
