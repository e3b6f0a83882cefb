"""Cells moved: transposed, joined, split, repeated."""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ops import views
from halo.ops.index import ZERO, ceil_div, floor_div, index, known, minus, plus, remainder, times
from halo.ops.reshape import reshape
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("Transpose", since=1)
def transpose(node: NodeContext, x: Tensor) -> Tensor:
    """Axes in another order, reversed if none is given."""
    perm = node.integers("perm", range(x.rank)[::-1])
    return views.transpose(node.output(), x, perm)


@operator("Concat", since=1)
def concat(node: NodeContext, *inputs: Tensor) -> Tensor:
    """One after the other along an axis."""
    if not inputs:
        node.fail("it has no inputs")
    return views.concat(node.output(), inputs, node.integer("axis", 1))


@operator("Split", since=1)
def split(node: NodeContext, x: Tensor) -> tuple[Tensor, ...]:
    """Pieces along an axis, their sizes an attribute."""
    sizes = [index(n) for n in node.integers("split")] if node.has("split") else None
    return _split(node, x, sizes)


@operator("Split", since=13)
def split_sizes(node: NodeContext, x: Tensor, sizes: Tensor | None = None) -> tuple[Tensor, ...]:
    """Pieces along an axis, their sizes an input."""
    return _split(node, x, None if sizes is None else list(node.content(sizes, "sizes")))


def _split(node: NodeContext, x: Tensor, sizes: list[Expr] | None) -> tuple[Tensor, ...]:
    axis = views.normal_axis(node.integer("axis", 0), x.rank)
    count = node.integer("num_outputs", node.outputs)
    if sizes is None:
        each = ceil_div(x.shape[axis], count)
        sizes = [each] * (count - 1) + [minus(x.shape[axis], times(each, count - 1))]
    total = known(x.shape[axis])
    given = [known(n) for n in sizes]
    if len(sizes) != node.outputs:
        node.fail(f"{len(sizes)} sizes for {node.outputs} outputs")
    whole = sum(n for n in given if n is not None)
    if total is not None and None not in given and whole != total:
        node.fail(f"its sizes add up to {whole}, axis {axis} has {total}")
    pieces: list[Tensor] = []
    start: Expr = ZERO
    for i, size in enumerate(sizes):
        pieces.append(views.slice_axes(node.output(i), x, {axis: (start, size, 1)}))
        start = plus(start, size)
    return tuple(pieces)


@operator("Tile", since=6)
def tile(node: NodeContext, x: Tensor, repeats: Tensor) -> Tensor:
    """Repeated along each axis."""
    return views.tile(node.output(), x, node.content(repeats, "repeats"))


@operator("DepthToSpace", since=1)
def depth_to_space(node: NodeContext, x: Tensor) -> Tensor:
    """Channels moved into blocks of the plane."""
    block = _block(node, x)
    columns_first = node.text("mode", "DCR") == "DCR"
    n, c, h, w = x.shape
    b = index(block)
    depth = floor_div(c, block * block)
    if known(remainder(c, block * block)) != 0:
        node.fail(f"its channels are not known to be a multiple of {block * block}")
    parts = (n, b, b, depth, h, w) if columns_first else (n, depth, b, b, h, w)
    perm = (0, 3, 4, 1, 5, 2) if columns_first else (0, 1, 4, 2, 5, 3)
    split_up = reshape(node.inner("blocks"), x, parts)
    moved = views.transpose(node.inner("moved"), split_up, perm)
    return reshape(node.output(), moved, (n, depth, times(h, b), times(w, b)))


@operator("SpaceToDepth", since=1)
def space_to_depth(node: NodeContext, x: Tensor) -> Tensor:
    """Blocks of the plane moved into channels."""
    block = _block(node, x)
    n, c, h, w = x.shape
    if known(remainder(h, block)) != 0 or known(remainder(w, block)) != 0:
        node.fail(f"its plane is not known to be a multiple of {block}")
    b, rows, columns = index(block), floor_div(h, block), floor_div(w, block)
    split_up = reshape(node.inner("blocks"), x, (n, c, rows, b, columns, b))
    perm = (0, 3, 5, 1, 2, 4) if node.text("mode", "DCR") == "DCR" else (0, 1, 3, 5, 2, 4)
    moved = views.transpose(node.inner("moved"), split_up, perm)
    return reshape(node.output(), moved, (n, times(c, block * block), rows, columns))


def _block(node: NodeContext, x: Tensor) -> int:
    """Return the side of a block, having looked whether there is a plane of them."""
    block = node.integer("blocksize")
    if not 1 <= block < 1 << 15:
        node.fail(f"its blocksize is {block}")
    if x.rank != 4:
        node.fail(f"its operand has {x.rank} axes, not 4")
    return block
