"""SplitToSequence into pieces of which only a run tells how many they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.expr import Expr, Max, Min, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.ops import views
from halo.ops.build import computed
from halo.ops.elementwise import elementwise
from halo.ops.index import (
    ONE,
    ZERO,
    choose,
    greatest,
    index,
    less,
    product,
)
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.scan import running
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.open_sequences import cell_at, opaque, size_at
from onnx_frontend.piece_owners import owners
from onnx_frontend.values import OpenSequence

WRONG_SIZES = "its sizes do not come to the size of the axis that it splits"


def split_by_one(node: NodeContext, x: Tensor, axis: int, *, keep: bool) -> OpenSequence:
    """Return the slices of `x` along `axis`, which they keep or not."""
    order = (axis, *(a for a in range(x.rank) if a != axis))
    first = x if axis == 0 else views.transpose(node.inner("slices"), x, order)
    data = reshape(node.inner("data"), first, (product(first.shape),))
    data.encoding = x.encoding
    sizes = [ONE if a == axis else size for a, size in enumerate(x.shape) if keep or a != axis]
    return OpenSequence(data, _rows(node, x.shape[axis], sizes), tuple(sizes))


def split_by(node: NodeContext, x: Tensor, axis: int, by: Expr) -> OpenSequence:
    """Return pieces of `by` places along `axis`; the last has what is left."""
    node.require(choose(less(by, 1), ONE, ZERO), ZERO, "its pieces have less than one place")
    by, total = greatest(by, 1), x.shape[axis]
    count = opaque(node, "count", (total - 1) / by + 1)  # data may tell any `by`

    def size(i: Any) -> Expr:
        return Min(by, total - as_expr(i) * by)

    shapes = _rows(node, count, x.shape, axis, size)

    def piece(place: Expr) -> tuple[Expr, Expr]:
        number = place / by
        return number * by, size(number)

    return OpenSequence(_moved(node, x, axis, piece), shapes, _others(x, axis))


def split_into(node: NodeContext, x: Tensor, axis: int, sizes: Tensor) -> OpenSequence:
    """Return pieces along `axis` of `sizes`, a vector."""
    total, (count,) = x.shape[axis], sizes.shape
    low = const(Int(64), 0)
    wide = elementwise(node.inner("wide"), lambda v: cast_to(Int(64), v), sizes, type=Int(64))
    below = elementwise(node.inner("below"), lambda v: -Min(v, low), wide)
    for role, numbers, sum in (("sum", wide, total), ("lack", below, ZERO)):
        made = reduce(node.inner(role), numbers, "sum", [0], keep_axes=True)
        node.require(size_at(node, role, made, 0), sum, WRONG_SIZES)
    # Where they are wrong, no piece reaches beyond the end all the same.
    most = cast_to(Int(64), total)

    def add(a: Expr, b: Expr) -> Expr:
        return Min(a + Min(Max(b, low), most), most)

    ends = running(node.inner("ends"), wide, 0, add, 0)
    starts = computed(
        node.inner("starts"),
        Int(32),
        (count,),
        lambda i: Select(
            eq(i, 0), const(Int(32), 0), cast_to(Int(32), cell_at(ends, as_expr(i) - 1))
        ),
        OpInfo(OpKind.TABLE, (ends,), attrs={"of_none": True}),
    )

    def size(i: Any) -> Expr:
        return cast_to(Int(32), cell_at(ends, as_expr(i))) - cell_at(starts, as_expr(i))

    shapes = _rows(node, count, x.shape, axis, size, ends, starts)
    if axis == 0:
        data = _moved(node, x, axis, lambda place: (place, place))
        return OpenSequence(data, shapes, _others(x, axis))
    owner = owners(node, starts, total)

    def piece(place: Expr) -> tuple[Expr, Expr]:
        number = cell_at(owner, place)
        return cell_at(starts, number), size(number)

    data = _moved(node, x, axis, piece, ends, starts, owner)
    return OpenSequence(data, shapes, _others(x, axis))


def _others(x: Tensor, axis: int) -> tuple[Expr | None, ...]:
    """Return the sizes that all pieces have."""
    return tuple(None if a == axis else size for a, size in enumerate(x.shape))


def _rows(
    node: NodeContext,
    count: Expr,
    sizes: Sequence[Expr],
    axis: int | None = None,
    size: Any = None,
    *tables: Tensor,
) -> Tensor:
    """Return the shapes of `count` pieces: `sizes`, along `axis` what `size` says of each."""

    def cell(i: Any, k: Any) -> Expr:
        made: Expr = ZERO
        for a in reversed(range(len(sizes))):
            made = Select(eq(k, a), size(i) if a == axis else sizes[a], made)
        return cast_to(Int(64), made)

    kind = OpKind.GATHER if tables else OpKind.VIEW
    shape = (count, index(len(sizes)))
    return computed(node.inner("shapes"), Int(64), shape, cell, OpInfo(kind, tables))


def _moved(node: NodeContext, x: Tensor, axis: int, piece: Any, *tables: Tensor) -> Tensor:
    """Return the cells of the pieces one after the other.

    Parameters
    ----------
    piece
        Gives for a place along `axis` where its piece begins, and the size of that.
    """
    size = (product(x.shape),)
    if axis == 0:
        made = reshape(node.inner("data"), x, size)
        made.encoding = x.encoding
        return made
    outer, total, inner = product(x.shape[:axis]), x.shape[axis], product(x.shape[axis + 1 :])
    rows = reshape(node.inner("rows"), x, (outer, total, inner))
    rows.encoding = x.encoding

    def cell(k: Any) -> Expr:
        at = as_expr(k)
        start, own = piece(at / (outer * inner))
        within = at - outer * inner * start
        row = own * inner
        place = within % row
        return rows.at(within / row, start + place / inner, place % inner)

    op = OpInfo(OpKind.GATHER if tables else OpKind.VIEW, (rows, *tables))
    return computed(node.inner("data"), x.type, size, cell, op)
