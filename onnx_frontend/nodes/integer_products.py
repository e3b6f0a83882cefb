"""Products and convolutions of scaled integers, summed in int32."""

from __future__ import annotations

from halo.ir.types import Int
from halo.ops.conv import conv
from halo.ops.index import known
from halo.ops.matmul import matmul
from halo.ops.tensor import Tensor
from halo.ops.views import unsqueeze
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.byte_products import convolved_words, multiplied
from onnx_frontend.nodes.scaled import rescaled, shifted, spread
from onnx_frontend.nodes.window import kernel_of, window_of
from onnx_frontend.registry import operator


def _per_row(node: NodeContext, role: str, values: Tensor | None) -> Tensor | None:
    """Return values of rows shaped to broadcast along them; a scalar as it is."""
    if values is None or values.rank != 1 or known(values.shape[0]) == 1:
        return values
    return unsqueeze(node.inner(role), values, [1])


@operator("MatMulInteger", since=10)
def matmul_integer(
    node: NodeContext,
    a: Tensor,
    b: Tensor,
    a_zero: Tensor | None = None,
    b_zero: Tensor | None = None,
) -> Tensor:
    """The product of two integer tensors, less their zero points."""
    return products(node, node.output(), a, b, a_zero, b_zero)


def products(
    node: NodeContext, name: str, a: Tensor, b: Tensor, a_zero: Tensor | None, b_zero: Tensor | None
) -> Tensor:
    """Return the int32 product of `a` and `b`, less zero points of all, per row or per column."""
    made = multiplied(node, name, a, b, a_zero, b_zero)
    if made is not None:
        return made
    left = shifted(node, "a", a, _per_row(node, "a_zero", a_zero))
    return matmul(name, left, shifted(node, "b", b, b_zero, -1), Int(32))


@operator("QLinearMatMul", since=10)
def qlinear_matmul(
    node: NodeContext,
    a: Tensor,
    a_scale: Tensor,
    a_zero: Tensor,
    b: Tensor,
    b_scale: Tensor,
    b_zero: Tensor,
    y_scale: Tensor,
    y_zero: Tensor,
) -> Tensor:
    """The product of two scaled integer tensors, scaled."""
    sums = products(node, node.inner("sums"), a, b, a_zero, b_zero)
    rows = _per_row(node, "a_scale", a_scale)
    assert rows is not None
    return rescaled(node, node.output(), sums, (rows, b_scale, y_scale), y_zero)


def convolved(
    node: NodeContext,
    name: str,
    x: Tensor,
    w: Tensor,
    x_zero: Tensor | None,
    w_zero: Tensor | None,
    bias: Tensor | None,
) -> Tensor:
    """Return the int32 convolution of `x` and `w`, less zero points of all or per channel."""
    axes = window_of(node, x, kernel_of(node, x, w, w.shape[0]))
    groups = node.integer("group", 1)
    if groups == 1:
        made = convolved_words(node, name, x, w, (x_zero, w_zero), bias, axes)
        if made is not None:
            return made
    moved, weights = shifted(node, "x", x, x_zero), shifted(node, "w", w, w_zero, 0)
    return conv(name, moved, weights, bias, axes, groups, Int(32))


@operator("ConvInteger", since=10)
def conv_integer(
    node: NodeContext,
    x: Tensor,
    w: Tensor,
    x_zero: Tensor | None = None,
    w_zero: Tensor | None = None,
) -> Tensor:
    """The convolution of integers, less their zero points."""
    return convolved(node, node.output(), x, w, x_zero, w_zero, None)


@operator("QLinearConv", since=10)
def qlinear_conv(
    node: NodeContext,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor,
    w: Tensor,
    w_scale: Tensor,
    w_zero: Tensor,
    y_scale: Tensor,
    y_zero: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    """The convolution of scaled integers, scaled; each output channel may have its own scale."""
    sums = convolved(node, node.inner("sums"), x, w, x_zero, w_zero, bias)
    w_scale = spread(node, "w_scale", x, w_scale, 1)
    return rescaled(node, node.output(), sums, (x_scale, w_scale, y_scale), y_zero)
