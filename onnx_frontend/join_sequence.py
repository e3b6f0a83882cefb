"""ConcatFromSequence of a sequence of which only a run tells how many tensors it has."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import NE, TRUE, Expr, Select, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.ops import views
from halo.ops.build import computed
from halo.ops.index import ONE, ZERO, choose, greatest, product
from halo.ops.reduce import reduce
from halo.ops.scan import running
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.open_sequences import cell_at, flattened, size_at
from onnx_frontend.piece_owners import owners
from onnx_frontend.values import OpenSequence

OTHER_SIZES = "the tensors of its sequence have other sizes along axes that must be equal"


def stacked(node: NodeContext, sequence: OpenSequence, axis: int) -> Tensor:
    """Return the tensors of `sequence`, of one shape, beside each other along a new axis."""
    axis = views.normal_axis(axis, sequence.rank + 1)
    shape = _common_shape(node, sequence, None)
    cells = product(shape)
    data = sequence.data

    def cell(*coords: Any) -> Expr:
        rest = (*coords[:axis], *coords[axis + 1 :])
        return data.at(as_expr(coords[axis]) * cells + flattened(rest, shape))

    whole = (*shape[:axis], sequence.count, *shape[axis:])
    return views.view(node.output(), whole, cell, data, what="reshape", row_major=axis == 0)


def joined(node: NodeContext, sequence: OpenSequence, axis: int) -> Tensor:
    """Return the tensors of `sequence` one behind the other along `axis`."""
    axis = views.normal_axis(axis, sequence.rank)
    common = _common_shape(node, sequence, axis)
    data, shapes, count = sequence.data, sequence.shapes, sequence.count
    outer, inner = common[:axis], common[axis + 1 :]
    whole = (*outer, common[axis], *inner)
    if axis == 0:

        def row_major(*coords: Any) -> Expr:
            return data.at(flattened(coords, whole))

        return views.view(node.output(), whole, row_major, data, what="reshape", row_major=True)
    sizes = computed(
        node.inner("sizes"),
        Int(32),
        (count,),
        lambda i: cast_to(Int(32), shapes.at(i, axis)),
        OpInfo(OpKind.GATHER, (shapes,)),
    )
    starts = running(node.inner("starts"), sizes, 0, lambda a, b: a + b, 0, exclusive=True)
    owner = owners(node, starts, common[axis])
    around = product((*outer, *inner))

    def cell(*coords: Any) -> Expr:
        piece = owner.at(coords[axis])
        start, size = cell_at(starts, piece), cast_to(Int(32), cell_at(shapes, piece, axis))
        row = flattened(coords[:axis], outer) * size + (as_expr(coords[axis]) - start)
        return cell_at(data, around * start + flattened((row, *coords[axis + 1 :]), (ONE, *inner)))

    op = OpInfo(OpKind.GATHER, (data, owner, starts, shapes))
    return computed(node.output(), data.type, whole, cell, op)


def _common_shape(node: NodeContext, sequence: OpenSequence, axis: int | None) -> tuple[Expr, ...]:
    """Return the shape that all tensors must have, but along `axis`: there the sum of sizes.

    Where they have no common shape, which is required, all of it is 0, and nothing is read.
    """
    shapes, count, rank = sequence.shapes, sequence.count, sequence.rank
    # Not simplified: of an input's size that may be 0 it would be taken for granted.
    node.require(Select(count < 1, ONE, ZERO), ZERO, "its sequence is empty")
    sizes = [sequence.common(a) for a in range(rank)]
    asked = [a for a in range(rank) if sizes[a] is None and a != axis]
    fits: Expr = TRUE
    if asked:

        def differs(i: Any, k: Any) -> Expr:
            own = NE(shapes.at(i, k), cell_at(shapes, ZERO, k))
            return Select(own, const(Int(64), 1), const(Int(64), 0))

        def size(k: Any) -> Expr:
            return cell_at(shapes, ZERO, k)

        op = OpInfo(OpKind.GATHER, (shapes,))
        cells = computed(node.inner("differing"), Int(64), shapes.shape, differs, op)
        found = reduce(node.inner("differ"), cells, "max", [0], keep_axes=False)
        first = computed(node.inner("first"), Int(64), (shapes.shape[1],), size, op)
        problem: Expr = ZERO
        for a in asked:
            problem = greatest(problem, size_at(node, f"differ_{a}", found, a))
            sizes[a] = size_at(node, f"size_{a}", first, a)
        node.require(problem, ZERO, OTHER_SIZES)
        fits = problem < 1
    if axis is not None:
        sums = reduce(node.inner("sums"), shapes, "sum", [0], keep_axes=False)
        sizes[axis] = size_at(node, "sum", sums, axis)
    return tuple(choose(fits, size, ZERO) for size in sizes if size is not None)
