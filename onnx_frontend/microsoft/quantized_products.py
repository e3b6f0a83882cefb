"""Products of 8-bit numbers summed in int32: QGemm, MatMulIntegerToFloat, DynamicQuantizeMatMul."""

from __future__ import annotations

from halo.ir.expr import Expr, const
from halo.ir.operators import cast_to
from halo.ir.types import Float, Int, Type
from halo.ops.elementwise import elementwise
from halo.ops.matmul import matmul
from halo.ops.tensor import Tensor
from halo.ops.views import transpose
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.domain import (
    channels_last,
    channels_second,
    microsoft,
    rank_of,
    scalar,
)
from onnx_frontend.microsoft.quantized import coded, scale_of
from onnx_frontend.nodes.dynamic import dynamically_quantized
from onnx_frontend.nodes.integer_products import convolved, products
from onnx_frontend.nodes.scaled import rescaled, shifted, spread

_WIDE = Float(32)


@microsoft("QGemm")
def qgemm(
    node: NodeContext,
    a: Tensor,
    a_scale: Tensor,
    a_zero: Tensor,
    b: Tensor,
    b_scale: Tensor,
    b_zero: Tensor,
    c: Tensor | None = None,
    y_scale: Tensor | None = None,
    y_zero: Tensor | None = None,
) -> Tensor:
    """alpha * A @ B + C, of which C is in the scale of the product; scaled, or as float32."""
    rank_of(node, "A", a, 2)
    rank_of(node, "B", b, 2)
    left = shifted(node, "a", a, scalar(node, "a_zero_point", a_zero))
    columns = 0 if node.flag("transB") else 1
    right = shifted(node, "b", b, b_zero, columns)
    if node.flag("transA"):
        left = transpose(node.inner("a_turned"), left, (1, 0))
    if node.flag("transB"):
        right = transpose(node.inner("b_turned"), right, (1, 0))
    sums = matmul(node.inner("sums"), left, right, Int(32))
    if c is not None:
        sums = elementwise(node.inner("moved"), lambda v, w: v + w, sums, c)
    alpha = node.number("alpha", 1.0)
    steps = (scalar(node, "a_scale", a_scale), b_scale)
    if y_scale is None:
        return elementwise(
            node.output(),
            lambda v, p, q: cast_to(_WIDE, v) * (p * q * const(_WIDE, alpha)),
            sums,
            *steps,
            type=_WIDE,
        )
    made = scale_of(node, "y", (y_zero or a).type, y_scale, y_zero)

    def cell(v: Expr, p: Expr, q: Expr, step: Expr, zero: Expr) -> Expr:
        return coded(cast_to(_WIDE, v) * (p * q * const(_WIDE, alpha) / step), zero)

    return elementwise(node.output(), cell, sums, *steps, *made.tensors, type=made.zero.type)


def _to_float(
    node: NodeContext, type: Type, sums: Tensor, steps: tuple[Tensor, Tensor], bias: Tensor | None
) -> Tensor:
    """Return the numbers of sums: times both steps, plus the bias."""

    def cell(v: Expr, p: Expr, q: Expr, *more: Expr) -> Expr:
        value = cast_to(_WIDE, v) * (cast_to(_WIDE, p) * cast_to(_WIDE, q))
        return value + cast_to(_WIDE, more[0]) if more else value

    added = () if bias is None else (bias,)
    return elementwise(node.output(), cell, sums, *steps, *added, type=type)


@microsoft("MatMulIntegerToFloat")
def matmul_integer_to_float(
    node: NodeContext,
    a: Tensor,
    b: Tensor,
    a_scale: Tensor,
    b_scale: Tensor,
    a_zero: Tensor | None = None,
    b_zero: Tensor | None = None,
    bias: Tensor | None = None,
) -> Tensor:
    """The product as float, plus a bias."""
    step = scalar(node, "a_scale", a_scale)
    if a_zero is not None:
        a_zero = scalar(node, "a_zero_point", a_zero)
    sums = products(node, node.inner("sums"), a, b, a_zero, b_zero)
    return _to_float(node, a_scale.type, sums, (step, b_scale), bias)


@microsoft("DynamicQuantizeMatMul")
def dynamic_quantize_matmul(
    node: NodeContext,
    a: Tensor,
    b: Tensor,
    b_scale: Tensor,
    b_zero: Tensor | None = None,
    bias: Tensor | None = None,
) -> Tensor:
    """The product of a float tensor, brought to 8 bits by its own range, and a quantized one."""
    codes, step, zero = dynamically_quantized(node.inner, a)
    sums = products(node, node.inner("sums"), codes, b, zero, b_zero)
    return _to_float(node, a.type, sums, (step, b_scale), bias)


@microsoft("QLinearConv")
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
    """The standard's QLinearConv, where the channels may be last."""
    last = node.flag("channels_last")
    image = channels_second(node, "image", x) if last else x
    sums = convolved(node, node.inner("sums"), image, w, x_zero, w_zero, bias)
    scales = (x_scale, spread(node, "w_scale", image, w_scale, 1), y_scale)
    if not last:
        return rescaled(node, node.output(), sums, scales, y_zero)
    made = rescaled(node, node.inner("scaled"), sums, scales, y_zero)
    return channels_last(node.output(), made)


@microsoft("MatMulInteger16")
def matmul_integer_16(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """The product of 16-bit integers, summed in 32 bits."""
    if a.type.bits() != 16 or b.type.bits() != 16:
        node.unsupported(f"operands of 16-bit integers, not {a.type} and {b.type}")
    return matmul(node.output(), a, b, Int(32))
