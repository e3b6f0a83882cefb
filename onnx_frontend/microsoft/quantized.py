"""Operators on 8-bit numbers, cell by cell: QLinearAdd and its kin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from halo.ir.expr import Expr, Select
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Float, Int, Type
from halo.lang.operators import clamp
from halo.ops import functions as f
from halo.ops.build import computed, constant
from halo.ops.elementwise import elementwise
from halo.ops.index import index
from halo.ops.softmax import softmax
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import concat, normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.domain import microsoft, scalar

_WIDE = Float(32)


@dataclass(frozen=True, slots=True)
class Scale:
    """The step between the numbers of a tensor and the code of zero, both scalars."""

    step: Tensor
    zero: Tensor

    @property
    def tensors(self) -> tuple[Tensor, Tensor]:
        """Both of them."""
        return self.step, self.zero


def scale_of(node: NodeContext, role: str, type: Type, step: Tensor, zero: Tensor | None) -> Scale:
    """Return the scale of an operand of 8-bit integers, its zero being 0 if it is left out."""
    if type.bits() != 8 or not type.is_integral:
        node.unsupported(f"operands of 8-bit integers, not {type}")
    if zero is None:
        zero = constant(node.inner(f"{role}_zero"), np.zeros((), type.dtype))
    elif zero.type != type:
        node.fail(f"its {role} has elements of {type} and a zero point of {zero.type}")
    return Scale(scalar(node, f"{role} scale", step), scalar(node, f"{role} zero point", zero))


def number(code: Expr, zero: Expr) -> Expr:
    """Return ``code - zero`` as int32."""
    return cast_to(Int(32), code) - cast_to(Int(32), zero)


def decoded(code: Expr, step: Expr, zero: Expr) -> Expr:
    """Return the float32 number of a code."""
    return cast_to(_WIDE, number(code, zero)) * step


def coded(value: Expr, zero: Expr) -> Expr:
    """Return the code of a float, a multiple of the step: rounded to even, moved, saturated."""
    type = zero.type
    places = cast_to(Int(32), clamp(intrinsic("round", value), -(1 << 20), 1 << 20))
    moved = places + cast_to(Int(32), zero)
    return cast_to(type, clamp(moved, type.min_value, type.max_value))


def dequantized(node: NodeContext, role: str, x: Tensor, scale: Scale) -> Tensor:
    """Return the float32 numbers of `x`."""
    return elementwise(node.inner(role), decoded, x, *scale.tensors, type=_WIDE)


def quantized(name: str, x: Tensor, scale: Scale) -> Tensor:
    """Return the codes of the numbers of `x`."""

    def cell(v: Expr, step: Expr, zero: Expr) -> Expr:
        return coded(v / step, zero)

    return elementwise(name, cell, x, *scale.tensors, type=scale.zero.type)


def _same_type(node: NodeContext, a: Tensor, b: Tensor | None) -> None:
    if b is not None and a.type != b.type:
        node.fail(f"its operands have elements of {a.type} and {b.type}")


Operands = tuple[Tensor, Tensor, Tensor | None]


def _binary(
    node: NodeContext, a: Operands, b: Operands, c: tuple[Tensor, Tensor | None], cell: Any
) -> Tensor:
    type = a[0].type
    _same_type(node, a[0], b[0])
    scales = [
        scale_of(node, "A", type, *a[1:]),
        scale_of(node, "B", type, *b[1:]),
        scale_of(node, "C", type, *c),
    ]
    more = [t for s in scales for t in s.tensors]
    return elementwise(node.output(), cell, a[0], b[0], *more, type=type)


@microsoft("QLinearAdd")
def qlinear_add(
    node: NodeContext,
    a: Tensor,
    a_scale: Tensor,
    a_zero: Tensor | None,
    b: Tensor,
    b_scale: Tensor,
    b_zero: Tensor | None,
    c_scale: Tensor,
    c_zero: Tensor | None = None,
) -> Tensor:
    """The sum."""

    def cell(u: Expr, v: Expr, *s: Expr) -> Expr:
        a_step, a_zero, b_step, b_zero, c_step, c_zero = s
        left = cast_to(_WIDE, number(u, a_zero)) * (a_step / c_step)
        return coded(left + cast_to(_WIDE, number(v, b_zero)) * (b_step / c_step), c_zero)

    return _binary(node, (a, a_scale, a_zero), (b, b_scale, b_zero), (c_scale, c_zero), cell)


@microsoft("QLinearMul")
def qlinear_mul(
    node: NodeContext,
    a: Tensor,
    a_scale: Tensor,
    a_zero: Tensor | None,
    b: Tensor,
    b_scale: Tensor,
    b_zero: Tensor | None,
    c_scale: Tensor,
    c_zero: Tensor | None = None,
) -> Tensor:
    """The product, which is formed of integers."""

    def cell(u: Expr, v: Expr, *s: Expr) -> Expr:
        a_step, a_zero, b_step, b_zero, c_step, c_zero = s
        product = number(u, a_zero) * number(v, b_zero)
        return coded(cast_to(_WIDE, product) * (a_step * b_step / c_step), c_zero)

    return _binary(node, (a, a_scale, a_zero), (b, b_scale, b_zero), (c_scale, c_zero), cell)


@microsoft("QLinearWhere")
def qlinear_where(
    node: NodeContext,
    condition: Tensor,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor,
    y: Tensor,
    y_scale: Tensor,
    y_zero: Tensor,
    z_scale: Tensor,
    z_zero: Tensor,
) -> Tensor:
    """Where a condition holds the one, else the other."""

    def cell(u: Expr, v: Expr, *s: Expr) -> Expr:
        x_step, x_zero, y_step, y_zero, z_step, z_zero, holds = s
        chosen = Select(holds, decoded(u, x_step, x_zero), decoded(v, y_step, y_zero))
        return coded(chosen / z_step, z_zero)

    _same_type(node, x, y)
    given = (("X", x_scale, x_zero), ("Y", y_scale, y_zero), ("Z", z_scale, z_zero))
    scales = [scale_of(node, role, x.type, step, zero) for role, step, zero in given]
    more = [t for s in scales for t in s.tensors]
    return elementwise(node.output(), cell, x, y, *more, condition, type=x.type)


def _looked_up(
    node: NodeContext, x: Tensor, own: Scale, made: Scale, function: Callable[[Expr], Expr]
) -> Tensor:
    """Return `function` of the numbers of `x` by a table of all 256 codes."""
    type = x.type
    scalars = (*own.tensors, *made.tensors)

    def entry(i: Any) -> Expr:
        step, zero, y_step, y_zero = (t.at() for t in scalars)
        code = as_expr(i) + int(type.min_value)
        value = cast_to(_WIDE, code - cast_to(Int(32), zero)) * step
        return coded(function(value) / y_step, y_zero)

    op = OpInfo(OpKind.TABLE, tuple(t for t in scalars if t.constant is None))
    table = computed(node.inner("table"), type, (index(256),), entry, op)

    def cell(*coords: Any) -> Expr:
        code = cast_to(Int(32), x.at(*coords)) - int(type.min_value)
        return table.at(clamp(code, 0, 255))

    info = OpInfo(OpKind.GATHER, (table, x))
    return computed(node.output(), type, x.shape, cell, info)


@microsoft("QLinearSigmoid")
def qlinear_sigmoid(
    node: NodeContext,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor | None,
    y_scale: Tensor,
    y_zero: Tensor | None = None,
) -> Tensor:
    """1 / (1 + exp(-x))."""
    own = scale_of(node, "X", x.type, x_scale, x_zero)
    made = scale_of(node, "Y", x.type, y_scale, y_zero)
    return _looked_up(node, x, own, made, f.sigmoid)


@microsoft("QLinearLeakyRelu")
def qlinear_leaky_relu(
    node: NodeContext,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor | None,
    y_scale: Tensor,
    y_zero: Tensor | None = None,
) -> Tensor:
    """x, the negative side scaled."""
    own = scale_of(node, "X", x.type, x_scale, x_zero)
    made = scale_of(node, "Y", x.type, y_scale, y_zero)
    alpha = node.number("alpha", 0.01)
    return _looked_up(node, x, own, made, lambda v: f.leaky_relu(v, alpha))


@microsoft("QLinearSoftmax")
def qlinear_softmax(
    node: NodeContext,
    x: Tensor,
    x_scale: Tensor,
    x_zero: Tensor | None,
    y_scale: Tensor,
    y_zero: Tensor,
) -> Tensor:
    """Softmax, computed in float32; before version 13 over all axes from a given one on."""
    own = scale_of(node, "X", x.type, x_scale, x_zero)
    made = scale_of(node, "Y", x.type, y_scale, y_zero)
    late = node.integer("opset") >= 13
    axis = normal_axis(node.integer("axis", -1 if late else 1), x.rank)
    axes = [axis] if late else range(axis, x.rank)
    numbers = dequantized(node, "numbers", x, own)
    return quantized(node.output(), softmax(node.inner("softmax"), numbers, axes), made)


@microsoft("QLinearConcat")
def qlinear_concat(node: NodeContext, y_scale: Tensor, y_zero: Tensor, *inputs: Tensor) -> Tensor:
    """Inputs one after the other, each with a scale of its own, brought to one scale."""
    if not inputs or len(inputs) % 3:
        node.fail(f"{len(inputs)} inputs are not threes of a tensor, its scale and zero point")
    made = scale_of(node, "Y", y_zero.type, y_scale, y_zero)
    parts: list[Tensor] = []
    for i in range(0, len(inputs), 3):
        x, step, zero = inputs[i : i + 3]
        own = scale_of(node, f"input {i // 3}", x.type, step, zero)
        same = _same_value(step, y_scale) and _same_value(zero, y_zero)
        parts.append(x if same else _brought(node, i // 3, x, own, made))
    return concat(node.output(), parts, node.integer("axis"))


def _same_value(a: Tensor, b: Tensor) -> bool:
    if a.constant is None or b.constant is None:
        return False
    return a.type == b.type and a.constant.item() == b.constant.item()


def _brought(node: NodeContext, number: int, x: Tensor, own: Scale, made: Scale) -> Tensor:
    """Return the codes in scale `made` of the numbers whose codes in scale `own` are `x`."""

    def cell(v: Expr, step: Expr, zero: Expr, y_step: Expr, y_zero: Expr) -> Expr:
        return coded(decoded(v, step, zero) / y_step, y_zero)

    scalars = (*own.tensors, *made.tensors)
    return elementwise(node.inner(f"part_{number}"), cell, x, *scalars, type=made.zero.type)
