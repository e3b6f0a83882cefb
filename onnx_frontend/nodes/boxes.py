"""NonMaxSuppression, RoiAlign and MaxRoiPool."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.ir.expr import Expr, Min, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.ops import boxes as ops
from halo.ops import sort
from halo.ops.build import computed
from halo.ops.index import choose, index, known, product
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.roi_pool import max_roi_pool
from halo.ops.tensor import LARGEST, OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.nodes.select import chosen, network
from onnx_frontend.registry import operator


def _scalar(x: Tensor | None, default: Expr) -> Expr:
    return default if x is None or known(product(x.shape)) == 0 else x.at(*[0] * x.rank)


@operator("NonMaxSuppression", since=10)
def non_max_suppression(
    node: NodeContext,
    boxes: Tensor,
    scores: Tensor,
    most: Tensor | None = None,
    overlap: Tensor | None = None,
    threshold: Tensor | None = None,
) -> Tensor:
    """(image, class, box) of the boxes that are left, the best of each class first."""
    if boxes.rank != 3 or scores.rank != 3 or known(boxes.shape[2]) not in (4, None):
        node.fail(f"its boxes have {boxes.rank} axes and its scores {scores.rank}")
    count = boxes.shape[1]
    net = network(node, count)
    order = sort.sorted_places(node.inner("order"), scores, 2, count, sort.greater_than, net)
    least = None if threshold is None else _scalar(threshold, const(scores.type, 0))
    limit = _scalar(overlap, const(boxes.type, 0))
    centred = node.flag("center_point_box")
    left_out = ops.suppressed(node.inner("out"), boxes, scores, order, limit, least, centred)
    left_out.op = _with_data(left_out.op, overlap, threshold)
    pairs = (
        (boxes.shape[0], scores.shape[0]),
        (count, scores.shape[2]),
        (boxes.shape[2], index(4)),
    )
    left_out.op = replace(left_out.op, requires=unequal(node, pairs))
    # No class has more boxes than there are, and a count must stay a number of 32 bits.
    wanted = Min(_scalar(most, const(Int(64), 0)), const(Int(64), LARGEST))
    largest = cast_to(Int(32), wanted)
    flags = ops.kept(node.inner("kept"), left_out, largest)
    flags.op = _with_data(flags.op, most)
    classes = scores.shape[1]
    flat = reshape(node.inner("flat"), flags, (product(scores.shape),))
    places = chosen(node, flat, "hit")

    def cell(i: Any, k: Any) -> Expr:
        place = as_expr(places.at(i))
        rank = place % count
        group = place / count
        image, of = group / classes, group % classes
        box = order.at(image, of, rank)
        return cast_to(Int(64), choose(eq(k, 0), image, choose(eq(k, 1), of, box)))

    op = OpInfo(OpKind.GATHER, (order, places))
    return computed(node.output(), Int(64), (places.shape[0], index(3)), cell, op)


def _with_data(op: OpInfo, *more: Tensor | None) -> OpInfo:
    """Return `op` with further tensors that its cells read."""
    data = [t for t in more if t is not None and t.constant is None]
    return OpInfo(op.kind, (*op.inputs, *data), op.funcs, op.attrs, op.requires)


@operator("RoiAlign", since=10)
def roi_align(node: NodeContext, x: Tensor, rois: Tensor, images: Tensor) -> Tensor:
    """Samples in the bins of regions, pooled."""
    if x.rank != 4 or rois.rank != 2 or images.rank != 1:
        node.fail(f"its operands have {x.rank}, {rois.rank} and {images.rank} axes, not 4, 2, 1")
    default = "half_pixel" if node.opset >= 16 else "output_half_pixel"
    coordinates = node.text("coordinate_transformation_mode", default)
    if coordinates not in ("half_pixel", "output_half_pixel"):
        node.fail(f"coordinate_transformation_mode {coordinates!r}")
    pairs = ((rois.shape[0], images.shape[0]), (rois.shape[1], index(4)))
    requires = unequal(node, pairs)
    mode = node.text("mode", "avg")
    if mode not in ("avg", "max"):
        node.fail(f"mode {mode!r}", hint="it is avg or max")
    sizes = node.integer("output_height", 1), node.integer("output_width", 1)
    ratio = node.integer("sampling_ratio", 0)
    if not 0 <= ratio < 1 << 15:
        node.fail(f"its sampling_ratio is {ratio}")
    half = coordinates == "half_pixel"
    scale = node.number("spatial_scale", 1.0)
    bins, samples = ops.roi_grid(node.inner("grid"), rois, scale, sizes, max(ratio, 0), half)
    bins.op = replace(bins.op, requires=requires)
    if ratio > 0:
        most: Expr = index(ratio)
    else:
        top = reduce(node.inner("most"), samples, "max", [0, 1], keep_axes=False)
        most = node.scalar(top, "a number of samples")
    return ops.roi_align(node.output(), x, bins, samples, images, sizes, most, mode)


@operator("MaxRoiPool", since=1)
def roi_pool(node: NodeContext, x: Tensor, rois: Tensor) -> Tensor:
    """The largest cells in the bins of regions."""
    if x.rank != 4 or rois.rank != 2:
        node.fail(f"its operands have {x.rank} and {rois.rank} axes, not 4 and 2")
    bins = node.integers("pooled_shape")
    if len(bins) != 2 or min(bins) < 1:
        node.fail(f"its pooled_shape is {bins}", hint="two numbers, 1 or more")
    requires = unequal(node, ((rois.shape[1], index(5)),))
    made = max_roi_pool(
        node.output(), x, rois, (bins[0], bins[1]), node.number("spatial_scale", 1.0)
    )
    made.op = replace(made.op, requires=requires)
    return made
