"""Sequences of which only a run tells how many tensors they have, as operations on two tensors.

See `OpenSequence`. All of it works whatever the sizes turn out to be, so that it may stand in a
branch of an If that is not taken: places are held inside, and who needs them to be right requires
it (`NodeContext.require`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from halo.ir.expr import NE, TRUE, And, Expr, Max, Min, Select, const, i32
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.simplify import simplify
from halo.ir.types import Int
from halo.lang.operators import clamp
from halo.ops import views
from halo.ops.build import CONTENT_LIMIT, computed, constant, from_content
from halo.ops.empty import unless_empty
from halo.ops.index import (
    ONE,
    ZERO,
    choose,
    index,
    known,
    less,
    minus,
    narrow,
    plus,
    product,
    surely_same,
    times,
)
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.scan import running
from halo.ops.tensor import LARGEST, OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.values import OpenSequence, TensorSequence

ONE_KIND = "a sequence of tensors of one type and one number of axes"
"""What is needed where only a run tells which tensor of a sequence is meant."""


def pack(sequence: OpenSequence) -> tuple[Tensor, Tensor]:
    """Return the tensors that `sequence` consists of, both of sizes that a run tells."""
    return sequence.data, sequence.shapes


def unpack(tensors: Sequence[Tensor], sizes: tuple[Expr | None, ...] = ()) -> OpenSequence:
    """Return the sequence that consists of `tensors`, as `pack` gave them; see `OpenSequence`."""
    data, shapes = tensors
    return OpenSequence(data, shapes, sizes)


def opened(
    node: NodeContext,
    sequence: TensorSequence | OpenSequence,
    like: Tensor | OpenSequence | None = None,
) -> OpenSequence:
    """Return `sequence` as one of which only a run tells how many tensors it has.

    Parameters
    ----------
    like
        A tensor as those of it, or a sequence of such: what one without tensors is taken for.

    Raises
    ------
    Unsupported
        Its tensors differ in type or number of axes, or there are none and `like` is not given.
    """
    if isinstance(sequence, OpenSequence):
        return sequence
    items = sequence.items
    if not items:
        return _empty(node, like)
    first = items[0]
    if any(not alike(first, x) for x in items):
        node.unsupported(ONE_KIND)
    parts = [reshape(node.inner("cells"), x, (product(x.shape),)) for x in items]
    data = parts[0] if len(parts) == 1 else views.concat(node.inner("data"), parts, 0)
    data.encoding = first.encoding
    content = [size for x in items for size in x.shape]
    shape = (index(len(items)), index(first.rank))
    shapes = from_content(node.inner("shapes"), Int(64), shape, content)
    return OpenSequence(data, shapes, common_sizes(*(x.shape for x in items)))


def _empty(node: NodeContext, like: Tensor | OpenSequence | None) -> OpenSequence:
    if like is None:
        node.unsupported("a sequence of which something tells what tensors it has")
    cells = like.data if isinstance(like, OpenSequence) else like
    data = constant(node.inner("data"), np.zeros(0, cells.type.dtype))
    data.encoding = cells.encoding
    shapes = constant(node.inner("shapes"), np.zeros((0, like.rank), np.int64))
    return OpenSequence(data, shapes, like.sizes if isinstance(like, OpenSequence) else like.shape)


def common_sizes(*shapes: Sequence[Expr | None]) -> tuple[Expr | None, ...]:
    """Return for each axis the size that all of `shapes` have there, None if it is not known."""
    first, *others = shapes
    if not all(shapes):
        return ()
    made = list(first)
    for other in others:
        for axis, (a, b) in enumerate(zip(made, other, strict=True)):
            if a is None or b is None or not surely_same(a, b):
                made[axis] = None
    return tuple(made)


def alike(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors have one type and one number of axes."""
    return (a.rank, a.type, a.encoding) == (b.rank, b.type, b.encoding)


def check_item(node: NodeContext, sequence: OpenSequence, item: Tensor) -> None:
    """Check that `item` is as the tensors of `sequence` are.

    Raises
    ------
    Unsupported
        It is not.
    """
    data = sequence.data
    own = (sequence.rank, data.type, data.encoding)
    if own != (item.rank, item.type, item.encoding):
        node.unsupported(ONE_KIND)


def size_at(node: NodeContext, role: str, numbers: Tensor, place: int) -> Expr:
    """Return a cell of a vector of integers, which is 0 or more, as a size."""
    if numbers.content is not None:
        return numbers.content[place]
    cell = node.run_time.cell(numbers, place)
    held = Max(Min(cell, const(cell.type, LARGEST)), const(cell.type, 0))
    return node.run_time.define(node.inner(role), cast_to(Int(32), held))


def cell_at(x: Tensor, place: Expr, *rest: Any) -> Expr:
    """Return the cell of `x` at `place` of its first axis, held inside; none is read of none."""
    size = x.shape[0]
    number, cells = known(simplify(place)), known(size)
    if number is not None and cells:
        return x.at(index(min(max(number, 0), cells - 1)), *rest)
    return unless_empty(x.at(clamp(place, ZERO, minus(size, 1)), *rest), size)


def cells_before(node: NodeContext, sequence: OpenSequence) -> Tensor:
    """Return for each tensor how many cells all before it have (int32, a vector)."""
    shapes, count, rank = sequence.shapes, sequence.count, sequence.rank
    if shapes.content is not None:
        sums: list[Expr] = []
        total: Expr = ZERO
        for i in range(known(count) or 0):
            sums.append(total)
            total = plus(total, product(shapes.content[i * rank : (i + 1) * rank]))
        return from_content(node.inner("starts"), Int(32), (count,), sums)

    def cells(i: Any) -> Expr:
        made: Expr = i32(1)
        for axis in range(rank):
            made = made * cast_to(Int(32), shapes.at(i, axis))
        return made

    op = OpInfo(OpKind.GATHER, (shapes,))
    own = computed(node.inner("cells"), Int(32), (count,), cells, op)
    return running(node.inner("starts"), own, 0, lambda a, b: a + b, 0, exclusive=True)


def _numbers_of(
    node: NodeContext, sequence: OpenSequence, place: Expr, last: Expr
) -> tuple[Expr, tuple[Expr, ...]]:
    """Return how many cells stand before the tensor at `place`, and its shape.

    Behind the last tensor these are all cells, and sizes of 0 where they are not all the same.
    Beyond `last` is nothing.
    """
    count, rank = sequence.count, sequence.rank
    sizes = [sequence.common(axis) for axis in range(rank)]
    alike = [size for size in sizes if size is not None]
    if len(alike) == rank:
        held = opaque(node, "place", Max(Min(place, last), ZERO))
        return times(held, product(alike)), tuple(alike)
    starts, shapes, end = cells_before(node, sequence), sequence.shapes, sequence.data.shape[0]
    told = _numbers_told(sequence, starts, place)
    if told is not None:
        return told

    def cell(k: Any) -> Expr:
        found: Expr = cast_to(Int(64), cell_at(starts, place))
        for axis in range(rank):
            found = Select(eq(k, axis + 1), cell_at(shapes, place, axis), found)
        behind = Select(eq(k, 0), cast_to(Int(64), end), const(Int(64), 0))
        return Select(as_expr(place) < count, found, behind)

    op = OpInfo(OpKind.GATHER, (shapes, starts))
    row_of = computed(node.inner("numbers"), Int(64), (index(rank + 1),), cell, op)
    own = (size_at(node, f"size_{a}", row_of, a + 1) for a in range(rank))
    shape = tuple(n if size is None else size for n, size in zip(own, sizes, strict=True))
    return size_at(node, "start", row_of, 0), shape


def _numbers_told(
    sequence: OpenSequence, starts: Tensor, place: Expr
) -> tuple[Expr, tuple[Expr, ...]] | None:
    """Return what `_numbers_of` does, if nothing must be read for that and the choice is small."""
    number, rank = known(sequence.count), sequence.rank
    content, cells = sequence.shapes.content, starts.content
    if content is None or cells is None or number is None:
        return None
    if number * rank > CONTENT_LIMIT and known(place) is None:
        return None
    made = [sequence.data.shape[0], *[ZERO] * rank]
    for i in reversed(range(number)):
        row = (cells[i], *content[i * rank : (i + 1) * rank])
        made = [choose(eq(place, i), a, b) for a, b in zip(row, made, strict=True)]
    return made[0], tuple(made[1:])


def element(node: NodeContext, name: str, sequence: OpenSequence, place: Expr) -> Tensor:
    """Return the tensor at `place`."""
    start, shape = _numbers_of(node, sequence, place, minus(sequence.count, 1))
    data = sequence.data

    def cell(*coords: Any) -> Expr:
        # Where there is no such place the shape has zeros, or there is nothing at all.
        return unless_empty(data.at(start + flattened(coords, shape)), data.shape[0])

    return views.view(name, shape, cell, data, what="slice")


def flattened(coords: Sequence[Any], shape: Sequence[Expr]) -> Expr:
    """Return which cell of a tensor of `shape` is at `coords`, row-major."""
    flat: Expr = ZERO
    for coord, size in zip(coords, shape, strict=True):
        flat = flat * size + coord
    return flat


def inserted(
    node: NodeContext, sequence: OpenSequence, item: Tensor, place: Expr | None
) -> OpenSequence:
    """Return `sequence` with `item` before `place`, at the end if that is None."""
    check_item(node, sequence, item)
    flat = reshape(node.inner("cells"), item, (product(item.shape),))
    shape = (ONE, index(item.rank))
    row = from_content(node.inner("shape"), Int(64), shape, item.shape)
    data, shapes = sequence.data, sequence.shapes
    if place is None:
        made = views.concat(node.inner("data"), (data, flat), 0)
        rows = views.concat(node.inner("shapes"), (shapes, row), 0)
    else:
        start, _ = _numbers_of(node, sequence, place, sequence.count)
        made = _spliced(node.inner("data"), data, flat, start)
        rows = _spliced(node.inner("shapes"), shapes, row, place)
    made.encoding = data.encoding
    return OpenSequence(made, rows, common_sizes(sequence.sizes, item.shape))


def _spliced(name: str, x: Tensor, piece: Tensor, place: Expr) -> Tensor:
    """Return `x` with `piece` before `place` of the first axis."""
    more = piece.shape[0]

    def cell(i: Any, *rest: Any) -> Expr:
        at = as_expr(i)
        behind = Select(
            at < plus(place, more),
            cell_at(piece, at - place, *rest),
            cell_at(x, at - more, *rest),
        )
        return Select(at < place, cell_at(x, at, *rest), behind)

    shape = (plus(x.shape[0], more), *x.shape[1:])
    return views.view(name, shape, cell, x, piece, what="insert")


def erased(node: NodeContext, sequence: OpenSequence, place: Expr) -> OpenSequence:
    """Return `sequence` without the tensor at `place`."""
    start, shape = _numbers_of(node, sequence, place, minus(sequence.count, 1))
    data = _without(node, "data", sequence.data, start, product(shape))
    return OpenSequence(data, _without(node, "shapes", sequence.shapes, place, ONE), sequence.sizes)


def _without(node: NodeContext, role: str, x: Tensor, place: Expr, gone: Expr) -> Tensor:
    """Return `x` without the `gone` places from `place` on of the first axis."""

    def cell(i: Any, *rest: Any) -> Expr:
        at = as_expr(i)
        return Select(at < place, cell_at(x, at, *rest), cell_at(x, at + gone, *rest))

    left = opaque(node, f"{role}_size", Max(x.shape[0] - gone, ZERO))
    return views.view(node.inner(role), (left, *x.shape[1:]), cell, x, what="erase")


def opaque(node: NodeContext, role: str, size: Expr) -> Expr:
    """Return `size` as one of which nothing is known but that it is not negative.

    Else it would be taken for granted of a size of an input that it is not 0, wherever that makes
    this simpler.
    """
    simple = simplify(size)
    return simple if known(simple) is not None else node.run_time.define(node.inner(role), simple)


def held_place(place: Expr, count: Expr) -> Expr:
    """Return a place that data tell, counted from the front: one less than 0 is from the end."""
    place = narrow(place)
    return choose(less(place, 0), plus(place, count), place)


def misfit(node: NodeContext, sequence: OpenSequence) -> Expr:
    """Return 1 if the shapes are not what is known of them, or come to another number of cells.

    It is 0 if they fit: a size that a run tells. Whoever gives a model a sequence may be wrong.
    """
    shapes, wide = sequence.shapes, Int(64)
    beyond = const(wide, LARGEST + 1)

    def cells(i: Any) -> Expr:
        # Of numbers less than 2**31 each, so that no product leaves int64, nor the sum.
        made: Expr = const(wide, 1)
        fits: Expr = TRUE
        for axis in range(sequence.rank):
            size = shapes.at(i, axis)
            wanted = sequence.common(axis)
            if wanted is None:
                fits = And(fits, And(size >= const(wide, 0), size < beyond))
            else:
                fits = And(fits, eq(size, cast_to(wide, wanted)))
            made = Min(made, beyond) * clamp(size, const(wide, 0), beyond)
        return Select(fits, Min(made, beyond), beyond)

    op = OpInfo(OpKind.GATHER, (shapes,))
    own = computed(node.inner("cells"), wide, (sequence.count,), cells, op)
    total = reduce(node.inner("total"), own, "sum", [0], keep_axes=True)
    differs = NE(node.run_time.cell(total, 0), cast_to(wide, sequence.data.shape[0]))
    return node.run_time.define(node.inner("misfit"), Select(differs, ONE, ZERO), 0, 1)
