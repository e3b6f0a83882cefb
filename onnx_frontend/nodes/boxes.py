"""NonMaxSuppression, RoiAlign and MaxRoiPool."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.ir.expr import Expr
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.ops import boxes as ops
from halo.ops.build import computed
from halo.ops.index import choose, index, known, product
from halo.ops.reduce import reduce
from halo.ops.roi_pool import max_roi_pool
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.registry import operator
from onnx_frontend.suppression import Limits, kept_boxes


def _given(x: Tensor | None) -> Tensor | None:
    """Return an operand of one element, None if it is left out or has none."""
    return None if x is None or known(product(x.shape)) == 0 else x


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
    limits = Limits(_given(most), _given(overlap), _given(threshold))
    centred = node.flag("center_point_box")
    places, number = kept_boxes(
        node.inner("places"), node.inner("number"), boxes, scores, limits, centred=centred
    )
    pairs = (
        (boxes.shape[0], scores.shape[0]),
        (boxes.shape[1], scores.shape[2]),
        (boxes.shape[2], index(4)),
    )
    kept = node.content(number, "a count")[0]
    classes, count = scores.shape[1:]

    def cell(i: Any, k: Any) -> Expr:
        place = as_expr(places.at(i))
        group = place / count
        image, of = group / classes, group % classes
        return cast_to(Int(64), choose(eq(k, 0), image, choose(eq(k, 1), of, place % count)))

    op = OpInfo(OpKind.GATHER, (places,), requires=unequal(node, pairs))
    return computed(node.output(), Int(64), (kept, index(3)), cell, op)


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
