"""Means of 8-bit numbers, summed in int32: of windows, of channels, along axes."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Expr
from halo.ir.operators import cast_to
from halo.ir.types import Float, Int
from halo.ops.elementwise import elementwise
from halo.ops.index import product
from halo.ops.pool import average_pool
from halo.ops.reduce import reduce
from halo.ops.tensor import Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.domain import channels_last, channels_second, microsoft
from onnx_frontend.microsoft.quantized import Scale, coded, number, scale_of
from onnx_frontend.nodes.scaled import shifted
from onnx_frontend.nodes.window import window_of


@microsoft("QLinearAveragePool")
def qlinear_average_pool(
    node: NodeContext,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor | None,
    y_scale: Tensor,
    y_zero: Tensor | None = None,
) -> Tensor:
    """The mean of each window."""
    own = scale_of(node, "x", x.type, x_scale, x_zero)
    made = scale_of(node, "y", x.type, y_scale, y_zero)
    last = node.flag("channels_last")
    image = channels_second(node, "image", x) if last else x
    axes = window_of(node, image, node.integers("kernel_shape"))
    ceil_mode, padding = node.flag("ceil_mode"), node.flag("count_include_pad")
    moved = shifted(node, "moved", image, own.zero)
    mean = average_pool(node.inner("mean"), moved, axes, ceil_mode, padding)

    def cell(v: Expr, a: Expr, b: Expr, zero: Expr) -> Expr:
        return coded(v * a / b, zero)

    name = node.inner("pooled") if last else node.output()
    pooled = elementwise(name, cell, mean, own.step, *made.tensors, type=x.type)
    return channels_last(node.output(), pooled) if last else pooled


@microsoft("QLinearGlobalAveragePool")
def qlinear_global_average_pool(
    node: NodeContext,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor,
    y_scale: Tensor,
    y_zero: Tensor,
) -> Tensor:
    """The mean of each channel."""
    if x.rank < 3:
        node.fail(f"its input has {x.rank} axes, none of them spatial")
    own = scale_of(node, "x", x.type, x_scale, x_zero)
    made = scale_of(node, "y", x.type, y_scale, y_zero)
    axes = range(1, x.rank - 1) if node.flag("channels_last") else range(2, x.rank)
    return _mean(node, x, axes, own, made, keep_axes=True)


@microsoft("QLinearReduceMean")
def qlinear_reduce_mean(
    node: NodeContext,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor | None,
    y_scale: Tensor,
    y_zero: Tensor | None = None,
) -> Tensor:
    """The mean along axes, of all cells if none are given."""
    own = scale_of(node, "x", x.type, x_scale, x_zero)
    made = scale_of(node, "y", x.type, y_scale, y_zero)
    axes = node.integers("axes", []) or range(x.rank)
    chosen = [normal_axis(a, x.rank) for a in axes]
    return _mean(node, x, chosen, own, made, keep_axes=node.flag("keepdims", True))


def _mean(
    node: NodeContext, x: Tensor, axes: Sequence[int], own: Scale, made: Scale, *, keep_axes: bool
) -> Tensor:
    moved = elementwise(node.inner("moved"), number, x, own.zero, type=Int(32))
    sums = reduce(node.inner("sums"), moved, "sum", axes, keep_axes)
    count = product(x.shape[a] for a in axes)

    def cell(v: Expr, a: Expr, b: Expr, zero: Expr) -> Expr:
        wide = Float(32)
        return coded(cast_to(wide, v) * (a / (b * cast_to(wide, count))), zero)

    return elementwise(node.output(), cell, sums, own.step, *made.tensors, type=x.type)
