"""Convolutions."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.expr import Expr
from halo.ops.conv import conv as convolve
from halo.ops.conv_transpose import conv_transpose as transposed
from halo.ops.index import floor_div, greatest, index, minus, plus, times
from halo.ops.tensor import Tensor
from halo.ops.window import WindowAxis, window_axes
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.window import kernel_of, window_of
from onnx_frontend.registry import operator


@operator("Conv", since=1)
def conv(node: NodeContext, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolution of one to three spatial axes, with groups."""
    sizes = kernel_of(node, x, w, w.shape[0])
    return convolve(node.output(), x, w, bias, window_of(node, x, sizes), node.integer("group", 1))


@operator("ConvTranspose", since=1)
def conv_transpose(node: NodeContext, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    """Transposed convolution, the size of its result following from pads or given."""
    sizes = kernel_of(node, x, w)
    rank = x.rank - 2
    axes = window_axes(
        sizes,
        node.integers("strides", [1] * rank),
        node.integers("dilations", [1] * rank),
        node.integers("pads", [0] * 2 * rank),
    )
    extra = node.integers("output_padding", [0] * rank)
    given = node.integers("output_shape") if node.has("output_shape") else None
    mode = node.text("auto_pad", "NOTSET")
    placed: list[WindowAxis] = []
    results: list[Expr] = []
    for i, axis in enumerate(axes):
        whole = plus(times(minus(x.shape[2 + i], 1), axis.stride), axis.span + extra[i])
        if given is not None:
            result = index(given[-rank:][i])
        elif mode in ("SAME_UPPER", "SAME_LOWER"):
            result = times(x.shape[2 + i], axis.stride)
        else:
            result = minus(whole, plus(axis.before, axis.after))
        if given is not None or mode in ("SAME_UPPER", "SAME_LOWER"):
            total = greatest(minus(whole, result), 0)
            half = floor_div(total, 2)
            before = half if mode == "SAME_UPPER" else minus(total, half)
            axis = replace(axis, before=before, after=minus(total, before))
        placed.append(axis)
        results.append(result)
    groups = node.integer("group", 1)
    return transposed(node.output(), x, w, bias, placed, results, groups)
