"""Convolutions."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.expr import Expr
from halo.ops.conv import conv as convolve
from halo.ops.conv_transpose import conv_transpose as transposed
from halo.ops.deform_conv import moved_windows
from halo.ops.elementwise import elementwise
from halo.ops.index import floor_div, greatest, index, known, minus, plus, times
from halo.ops.matmul import matmul
from halo.ops.normalization import per_channel
from halo.ops.reshape import reshape
from halo.ops.tensor import Tensor
from halo.ops.window import WindowAxis, window_axes
from onnx_frontend.context import NodeContext, unequal
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


@operator("DeformConv", since=19)
def deform_conv(
    node: NodeContext,
    x: Tensor,
    w: Tensor,
    offset: Tensor,
    bias: Tensor | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Convolution whose windows' cells are read at places that data tell."""
    sizes = kernel_of(node, x, w, w.shape[0], w.shape[1])
    if len(sizes) != 2 or offset.rank != 4:
        node.unsupported("an image of two spatial axes")
    axes = window_of(node, x, sizes)
    groups, parts = node.integer("group", 1), node.integer("offset_group", 1)
    outs, own = known(w.shape[0]) or 0, known(w.shape[1]) or 0
    channels, taps = own * groups, sizes[0] * sizes[1]
    if min(groups, parts) < 1 or outs % groups or channels % parts:
        node.fail(f"{outs} and {channels} channels in {groups} and {parts} groups")
    places = [a.places(d) for a, d in zip(axes, x.shape[2:], strict=True)]
    pairs = [(x.shape[1], index(channels)), (offset.shape[1], index(parts * taps * 2))]
    pairs += zip(offset.shape[2:], places, strict=True)
    pairs.append((offset.shape[0], x.shape[0]))
    if mask is not None:
        if mask.rank != 4:
            node.fail(f"its mask has {mask.rank} axes, not 4")
        wanted = (x.shape[0], index(parts * taps), *places)
        pairs += zip(mask.shape, wanted, strict=True)
    requires = unequal(node, pairs)
    moved = moved_windows(node.inner("moved"), x, offset, mask, axes, parts, channels)
    moved.op = replace(moved.op, requires=requires)
    plane = times(*offset.shape[2:])
    columns = reshape(
        node.inner("columns"), moved, (x.shape[0], index(groups), index(own * taps), plane)
    )
    rows = reshape(node.inner("rows"), w, [index(n) for n in (groups, outs // groups, own * taps)])
    product = matmul(node.inner("product"), rows, columns)
    shape = (x.shape[0], index(outs), *offset.shape[2:])
    if bias is None:
        return reshape(node.output(), product, shape)
    image = reshape(node.inner("image"), product, shape)
    added = per_channel(node.inner("bias"), image, bias)
    return elementwise(node.output(), lambda v, b: v + b, image, added)
