"""Convolutions."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.expr import Expr
from halo.ops.conv import conv as convolve
from halo.ops.conv_transpose import conv_transpose as transposed
from halo.ops.index import floor_div, greatest, index, known, minus, plus, times
from halo.ops.tensor import Tensor
from halo.ops.window import WindowAxis, window_axes
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.window import window_of
from onnx_frontend.registry import operator


@operator("Conv", since=1)
def conv(node: NodeContext, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolution of one to three spatial axes, with groups."""
    kernel = [known(d) for d in w.shape[2:]]
    if x.rank < 3 or w.rank != x.rank:
        node.fail(f"its input has {x.rank} axes and its weights {w.rank}")
    if None in kernel or known(w.shape[0]) is None:
        node.unsupported("weights of a known shape")
    sizes = node.integers("kernel_shape", [k for k in kernel if k is not None])
    return convolve(node.output(), x, w, bias, window_of(node, x, sizes), node.integer("group", 1))


@operator("ConvTranspose", since=1)
def conv_transpose(node: NodeContext, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    """Transposed convolution, the size of its result following from pads or given."""
    kernel = [known(d) for d in w.shape[2:]]
    if x.rank < 3 or w.rank != x.rank:
        node.fail(f"its input has {x.rank} axes and its weights {w.rank}")
    sizes = [k for k in kernel if k is not None]
    if len(sizes) < len(kernel):
        node.unsupported("weights of a known shape")
    rank = len(sizes)
    axes = window_axes(
        node.integers("kernel_shape", sizes),
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
