"""Distances, inverses, crops and windows."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.lang.math import sqrt
from halo.lang.operators import clamp
from halo.ops.build import computed
from halo.ops.det import LARGEST
from halo.ops.elementwise import elementwise
from halo.ops.functions import sum_type
from halo.ops.index import floor_div, index, known, minus, plus
from halo.ops.inverse import inverse
from halo.ops.reduce import reduce
from halo.ops.softmax import softmax
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis, unsqueeze, view
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.microsoft.domain import microsoft, rank_of


@microsoft("CDist")
def distances(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """The distance of each row of a matrix from each row of another."""
    rank_of(node, "A", a, 2)
    rank_of(node, "B", b, 2)
    metric = node.text("metric", "sqeuclidean")
    if metric not in ("sqeuclidean", "euclidean"):
        node.unsupported(f"the metric sqeuclidean or euclidean, not {metric}")
    unequal(node, ((a.shape[1], b.shape[1]),))
    left, right = unsqueeze(node.inner("a"), a, [1]), unsqueeze(node.inner("b"), b, [0])
    squares = elementwise(node.inner("squares"), lambda p, q: (p - q) * (p - q), left, right)
    if metric == "sqeuclidean":
        return reduce(node.output(), squares, "sum", [2], keep_axes=False)
    total = reduce(node.inner("total"), squares, "sum", [2], keep_axes=False)
    return elementwise(node.output(), lambda v: sqrt(v), total)


@microsoft("Inverse")
def inverse_of(node: NodeContext, x: Tensor) -> Tensor:
    """The inverse of each matrix, of a few rows."""
    sizes = [known(d) for d in x.shape[-2:]]
    if len(sizes) < 2 or None in sizes:
        node.unsupported("matrices of a known size")
    if sizes[0] != sizes[1]:
        node.fail(f"matrices of {sizes[0]} rows and {sizes[1]} columns have no inverse")
    if (sizes[0] or 0) > LARGEST:
        node.unsupported(f"matrices of up to {LARGEST} rows, not {sizes[0]}")
    return inverse(node.output(), x)


@microsoft("UnfoldTensor")
def unfold(node: NodeContext, x: Tensor) -> Tensor:
    """All pieces of a size along an axis, as another axis behind the others."""
    axis = normal_axis(node.integer("dim", -1), x.rank)
    size, step = node.integer("size"), node.integer("step", 1)
    if size < 1 or step < 1:
        node.fail(f"its size is {size}, its step {step}")
    length = known(x.shape[axis])
    if length is not None and length < size:
        node.fail(f"its size is {size}, its axis {axis} has {length}")
    count = plus(floor_div(minus(x.shape[axis], size), step), 1)

    def cell(*coords: Any) -> Expr:
        along = as_expr(coords[axis]) * step + coords[-1]
        return x.at(*coords[:axis], along, *coords[axis + 1 : -1])

    shape = [*x.shape[:axis], count, *x.shape[axis + 1 :], index(size)]
    return view(node.output(), shape, cell, x, what="unfold")


@microsoft("BiasSoftmax")
def bias_softmax(node: NodeContext, x: Tensor, bias: Tensor) -> Tensor:
    """Softmax of a sum, over all axes from a given one on."""
    total = elementwise(node.inner("sum"), lambda v, b: v + b, x, bias)
    axis = normal_axis(node.integer("axis", 1), x.rank)
    return softmax(node.output(), total, range(axis, x.rank))


@microsoft("CropAndResize")
def crop_and_resize(
    node: NodeContext, x: Tensor, boxes: Tensor, images: Tensor, size: Tensor
) -> Tensor:
    """Parts of images, brought to one size."""
    rank_of(node, "X", x, 4)
    rank_of(node, "rois", boxes, 2)
    rank_of(node, "batch_indices", images, 1)
    mode = node.text("mode", "bilinear")
    if mode not in ("bilinear", "nearest"):
        node.fail(f"mode {mode!r}", hint="it is bilinear or nearest")
    sizes = node.content(size, "a crop's size")
    if len(sizes) != 2:
        node.fail(f"its crop_size has {len(sizes)} numbers, not 2")
    requires = unequal(node, ((boxes.shape[0], images.shape[0]), (boxes.shape[1], index(4))))
    wide = sum_type(x.type)
    outside = const(wide, node.number("extrapolation_value", 0.0))

    def along(axis: int, box: Any, place: Any) -> Expr:
        first, last = (cast_to(wide, boxes.at(box, axis + 2 * end)) for end in (0, 1))
        room = cast_to(wide, minus(x.shape[2 + axis], 1))
        steps = cast_to(wide, as_expr(minus(sizes[axis], 1)))
        step = (last - first) * room / steps
        moved = first * room + cast_to(wide, as_expr(place)) * step
        alone = (first + last) * room * 0.5
        return Select(as_expr(sizes[axis]) > 1, moved, alone)

    def held(axis: int, place: Expr) -> Expr:
        room = minus(x.shape[2 + axis], 1)
        return as_expr(clamp(cast_to(Int(32), place), 0, room))

    def cell(box: Any, c: Any, row: Any, column: Any) -> Expr:
        image = clamp(cast_to(Int(32), images.at(box)), 0, minus(x.shape[0], 1))
        places = along(0, box, row), along(1, box, column)
        rooms = [cast_to(wide, minus(x.shape[2 + a], 1)) for a in range(2)]
        zero = const(wide, 0)
        inside = (places[0] >= zero) & (places[0] <= rooms[0])
        inside = inside & (places[1] >= zero) & (places[1] <= rooms[1])

        def read(y: Expr, z: Expr) -> Expr:
            return cast_to(wide, x.at(image, c, held(0, y), held(1, z)))

        if mode == "nearest":
            near = [intrinsic("floor", p + 0.5) for p in places]  # a half goes up
            return Select(inside, read(near[0], near[1]), outside)
        low = [intrinsic("floor", p) for p in places]
        high = [intrinsic("ceil", p) for p in places]
        y, z = places[0] - low[0], places[1] - low[1]
        top = read(low[0], low[1]) + (read(low[0], high[1]) - read(low[0], low[1])) * z
        bottom = read(high[0], low[1]) + (read(high[0], high[1]) - read(high[0], low[1])) * z
        return Select(inside, top + (bottom - top) * y, outside)

    op = OpInfo(OpKind.STENCIL, (x, boxes, images), requires=requires)
    shape = (boxes.shape[0], x.shape[1], *sizes)
    return computed(node.output(), x.type, shape, cell, op)
