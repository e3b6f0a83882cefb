"""Products and convolutions of scaled integers, summed in int32."""

from __future__ import annotations

from halo.ir.expr import Expr, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to
from halo.ir.types import Float, Int
from halo.lang.operators import clamp
from halo.ops.conv import conv
from halo.ops.elementwise import elementwise
from halo.ops.index import known
from halo.ops.matmul import matmul
from halo.ops.normalization import along_axis
from halo.ops.tensor import Tensor
from halo.ops.views import unsqueeze
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.window import kernel_of, window_of
from onnx_frontend.registry import operator


def _shifted(node: NodeContext, role: str, x: Tensor, zero: Tensor | None) -> Tensor:
    """Return x - zero as int32."""
    if not x.type.is_integral:
        node.unsupported(f"operands of integers, not {x.type}")
    wide = Int(32)
    operands = (x,) if zero is None else (x, zero)

    def cell(v: Expr, *z: Expr) -> Expr:
        number = cast_to(wide, v)
        return number - cast_to(wide, z[0]) if z else number

    return elementwise(node.inner(role), cell, *operands, type=wide)


def _per_row(node: NodeContext, role: str, values: Tensor | None) -> Tensor | None:
    """Return values of rows shaped to broadcast along them; a scalar as it is."""
    if values is None or values.rank != 1 or known(values.shape[0]) == 1:
        return values
    return unsqueeze(node.inner(role), values, [1])


def _rescaled(
    node: NodeContext, sums: Tensor, scales: tuple[Tensor, Tensor, Tensor], zero: Tensor
) -> Tensor:
    """Return round(sums * a / c * b + zero), held in the type of `zero`."""
    type = zero.type
    if not type.is_integral:
        node.unsupported(f"a result of integers, not {type}")

    def cell(v: Expr, a: Expr, b: Expr, c: Expr, z: Expr) -> Expr:
        wide = Float(64)
        exact = cast_to(wide, v) * cast_to(wide, a * b / c) + cast_to(wide, z)
        low, high = const(wide, type.min_value), const(wide, type.max_value)
        return cast_to(type, clamp(intrinsic("round", exact), low, high))

    return elementwise(node.output(), cell, sums, *scales, zero, type=type)


@operator("MatMulInteger", since=10)
def matmul_integer(
    node: NodeContext,
    a: Tensor,
    b: Tensor,
    a_zero: Tensor | None = None,
    b_zero: Tensor | None = None,
) -> Tensor:
    """The product of two integer tensors, less their zero points."""
    left = _shifted(node, "a", a, _per_row(node, "a_zero", a_zero))
    return matmul(node.output(), left, _shifted(node, "b", b, b_zero))


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
    left = _shifted(node, "a", a, _per_row(node, "a_zero", a_zero))
    right = _shifted(node, "b", b, b_zero)
    sums = matmul(node.inner("sums"), left, right)
    rows = _per_row(node, "a_scale", a_scale)
    assert rows is not None
    return _rescaled(node, sums, (rows, b_scale, y_scale), y_zero)


def _sums(
    node: NodeContext,
    name: str,
    x: Tensor,
    w: Tensor,
    x_zero: Tensor | None,
    w_zero: Tensor | None,
    bias: Tensor | None,
) -> Tensor:
    sizes = kernel_of(node, x, w, w.shape[0])
    if w_zero is not None and w_zero.rank == 1 and known(w_zero.shape[0]) != 1:
        w_zero = along_axis(node.inner("w_zero"), w, w_zero, 0)
    moved = _shifted(node, "x", x, x_zero)
    weights = _shifted(node, "w", w, w_zero)
    return conv(name, moved, weights, bias, window_of(node, x, sizes), node.integer("group", 1))


@operator("ConvInteger", since=10)
def conv_integer(
    node: NodeContext,
    x: Tensor,
    w: Tensor,
    x_zero: Tensor | None = None,
    w_zero: Tensor | None = None,
) -> Tensor:
    """The convolution of integers, less their zero points."""
    return _sums(node, node.output(), x, w, x_zero, w_zero, None)


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
    sums = _sums(node, node.inner("sums"), x, w, x_zero, w_zero, bias)
    if w_scale.rank == 1 and known(w_scale.shape[0]) != 1:
        w_scale = along_axis(node.inner("w_scale"), x, w_scale, 1)
    return _rescaled(node, sums, (x_scale, w_scale, y_scale), y_zero)
