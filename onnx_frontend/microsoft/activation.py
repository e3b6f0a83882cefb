"""Activation functions, some of them with a bias."""

from __future__ import annotations

import math
from collections.abc import Callable

from halo.ir.expr import Expr, const
from halo.ir.operators import cast_to
from halo.lang.math import tanh
from halo.ops import functions as f
from halo.ops.elementwise import elementwise
from halo.ops.index import floor_div, known
from halo.ops.tensor import Tensor
from halo.ops.views import slice_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.domain import microsoft

Function = Callable[[Expr], Expr]


def apply(name: str, function: Function, x: Tensor, *added: Tensor) -> Tensor:
    """Return `function` of the sum of tensors, halves being computed as float32."""
    wide = f.sum_type(x.type)

    def cell(*values: Expr) -> Expr:
        total = cast_to(wide, values[0])
        for value in values[1:]:
            total = total + cast_to(wide, value)
        return function(total)

    return elementwise(name, cell, x, *added)


def fast_gelu(x: Expr) -> Expr:
    """The tanh approximation of x times the normal distribution function of x."""
    return f.gelu(x, True)


def quick_gelu(x: Expr, alpha: float) -> Expr:
    """x * sigmoid(alpha * x)."""
    return x * f.sigmoid(x * alpha)


def _gelu(x: Expr) -> Expr:
    return f.gelu(x, False)


@microsoft("Gelu")
def gelu(node: NodeContext, x: Tensor) -> Tensor:
    """Gaussian error linear unit."""
    return apply(node.output(), _gelu, x)


@microsoft("BiasGelu")
def bias_gelu(node: NodeContext, x: Tensor, bias: Tensor) -> Tensor:
    """Gaussian error linear unit of a sum."""
    return apply(node.output(), _gelu, x, bias)


@microsoft("FastGelu")
def fast_gelu_of(node: NodeContext, x: Tensor, bias: Tensor | None = None) -> Tensor:
    """Its tanh approximation."""
    return apply(node.output(), fast_gelu, x, *([] if bias is None else [bias]))


@microsoft("QuickGelu")
def quick_gelu_of(node: NodeContext, x: Tensor) -> Tensor:
    """Its sigmoid approximation."""
    alpha = node.number("alpha", 1.702)
    return apply(node.output(), lambda v: quick_gelu(v, alpha), x)


@microsoft("BiasAdd")
def bias_add(node: NodeContext, x: Tensor, bias: Tensor, skip: Tensor) -> Tensor:
    """The sum of three."""
    return apply(node.output(), lambda v: v, x, bias, skip)


@microsoft("BiasSplitGelu")
def bias_split_gelu(node: NodeContext, x: Tensor, bias: Tensor) -> Tensor:
    """The first half of the last axis of a sum times the Gelu of the second."""
    axis = x.rank - 1
    if x.rank < 1 or (known(x.shape[axis]) or 0) % 2:
        node.fail("the last axis of its input has no two halves")
    half = floor_div(x.shape[axis], 2)
    total = elementwise(node.inner("sum"), lambda v, b: v + b, x, bias)
    left = slice_axis(node.inner("left"), total, axis, half * 0, half)
    right = slice_axis(node.inner("right"), total, axis, half, half)
    wide = f.sum_type(x.type)

    def cell(a: Expr, b: Expr) -> Expr:
        return cast_to(wide, a) * _gelu(cast_to(wide, b))

    return elementwise(node.output(), cell, left, right)


def named(node: NodeContext, name: str, numbers: list[float]) -> Function:
    """Return the activation that a fused node names, with its parameters, as the standard's."""

    def number(place: int, default: float) -> float:
        return numbers[place] if place < len(numbers) else default

    table: dict[str, Function] = {
        "": lambda v: v,
        "Relu": f.relu,
        "Tanh": tanh,
        "Sigmoid": f.sigmoid,
        "Softsign": f.softsign,
        "Softplus": f.softplus,
        "LeakyRelu": lambda v: f.leaky_relu(v, number(0, 0.01)),
        "Elu": lambda v: f.elu(v, number(0, 1.0)),
        "ThresholdedRelu": lambda v: f.thresholded_relu(v, number(0, 1.0)),
        "HardSigmoid": lambda v: f.hard_sigmoid(v, number(0, 0.2), number(1, 0.5)),
        "Clip": lambda v: f.clip(
            v, const(v.type, number(0, -math.inf)), const(v.type, number(1, math.inf))
        ),
    }
    if name not in table:
        known_names = ", ".join(n for n in table if n)
        node.unsupported(f"an activation of {known_names}, not {name}")
    return table[name]
