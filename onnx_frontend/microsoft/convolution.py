"""Convolutions and pools fused with activations, or with the channels last."""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ir.operators import cast_to
from halo.ops import functions as f
from halo.ops.conv import conv
from halo.ops.conv_transpose import conv_transpose
from halo.ops.elementwise import elementwise
from halo.ops.index import minus, plus, times
from halo.ops.pool import max_pool
from halo.ops.tensor import Tensor
from halo.ops.window import window_axes
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.activation import named
from onnx_frontend.microsoft.domain import channels_last, channels_second, microsoft
from onnx_frontend.nodes.window import kernel_of, window_of


def _fused(
    node: NodeContext, name: str, x: Tensor, w: Tensor, bias: Tensor | None, added: Tensor | None
) -> Tensor:
    axes = window_of(node, x, kernel_of(node, x, w, w.shape[0]))
    activation = node.text("activation", "")
    groups = node.integer("group", 1)
    if added is None and not activation:
        return conv(name, x, w, bias, axes, groups)
    function = named(node, activation, node.numbers("activation_params", []))
    made = conv(node.inner("convolved"), x, w, bias, axes, groups)
    wide = f.sum_type(x.type)

    def cell(v: Expr, *more: Expr) -> Expr:
        total = cast_to(wide, v)
        return function(total + cast_to(wide, more[0]) if more else total)

    return elementwise(name, cell, made, *([] if added is None else [added]))


@microsoft("FusedConv")
def fused_conv(
    node: NodeContext,
    x: Tensor,
    w: Tensor,
    bias: Tensor | None = None,
    added: Tensor | None = None,
) -> Tensor:
    """Conv with something added and an activation behind it."""
    return _fused(node, node.output(), x, w, bias, added)


@microsoft("NhwcConv")
def nhwc_conv(node: NodeContext, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    """Conv whose input and result have the channels last; weights are the standard's."""
    return _last(node, x, w, bias, None)


@microsoft("NhwcFusedConv")
def nhwc_fused_conv(
    node: NodeContext,
    x: Tensor,
    w: Tensor,
    bias: Tensor | None = None,
    added: Tensor | None = None,
) -> Tensor:
    """FusedConv whose input, addend and result have the channels last."""
    return _last(node, x, w, bias, added)


def _last(
    node: NodeContext, x: Tensor, w: Tensor, bias: Tensor | None, added: Tensor | None
) -> Tensor:
    image = channels_second(node, "image", x)
    more = None if added is None else channels_second(node, "added", added)
    return channels_last(node.output(), _fused(node, node.inner("made"), image, w, bias, more))


@microsoft("NhwcMaxPool")
def nhwc_max_pool(node: NodeContext, x: Tensor) -> Tensor:
    """MaxPool whose input and result have the channels last."""
    image = channels_second(node, "image", x)
    axes = window_of(node, image, node.integers("kernel_shape"))
    made = max_pool(node.inner("pooled"), image, axes, node.flag("ceil_mode"))
    return channels_last(node.output(), made)


@microsoft("ConvTransposeWithDynamicPads")
def conv_transpose_with_pads(
    node: NodeContext,
    x: Tensor,
    w: Tensor,
    pads: Tensor | None = None,
    bias: Tensor | None = None,
) -> Tensor:
    """ConvTranspose whose pads are an input, known before the model runs."""
    kernel = kernel_of(node, x, w)
    rank = len(kernel)
    if node.text("auto_pad", "NOTSET") not in ("NOTSET", ""):
        node.unsupported("pads that are given, not auto_pad")
    given = [0] * 2 * rank if pads is None else node.constants(pads, "pads")
    if len(given) != 2 * rank:
        node.fail(f"{len(given)} pads for {rank} axes")
    ones = [1] * rank
    axes = window_axes(
        kernel, node.integers("strides", ones), node.integers("dilations", ones), given
    )
    extra = node.integers("output_padding", [0] * rank)
    sizes = [
        minus(
            plus(times(minus(x.shape[2 + i], 1), axis.stride), axis.span + extra[i]),
            plus(axis.before, axis.after),
        )
        for i, axis in enumerate(axes)
    ]
    return conv_transpose(node.output(), x, w, bias, axes, sizes, node.integer("group", 1))
