"""Activation functions."""

from __future__ import annotations

from halo.ir.expr import Expr, Select, const
from halo.ops import functions as f
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("Relu", since=1)
def relu(node: NodeContext, x: Tensor) -> Tensor:
    """max(x, 0)."""
    return elementwise(node.output(), f.relu, x)


@operator("LeakyRelu", since=1)
def leaky_relu(node: NodeContext, x: Tensor) -> Tensor:
    """x, the negative side scaled."""
    alpha = node.number("alpha", 0.01)
    return elementwise(node.output(), lambda v: f.leaky_relu(v, alpha), x)


@operator("PRelu", since=7)
def prelu(node: NodeContext, x: Tensor, slope: Tensor) -> Tensor:
    """x, the negative side scaled by a tensor."""
    return elementwise(node.output(), f.prelu, x, slope)


@operator("Elu", since=1)
def elu(node: NodeContext, x: Tensor) -> Tensor:
    """Exponential linear unit."""
    alpha = node.number("alpha", 1.0)
    return elementwise(node.output(), lambda v: f.elu(v, alpha), x)


@operator("Selu", since=6)
def selu(node: NodeContext, x: Tensor) -> Tensor:
    """Scaled exponential linear unit."""
    alpha = node.number("alpha", 1.67326319217681884765625)
    gamma = node.number("gamma", 1.05070102214813232421875)
    return elementwise(node.output(), lambda v: f.selu(v, alpha, gamma), x)


@operator("Celu", since=12)
def celu(node: NodeContext, x: Tensor) -> Tensor:
    """Continuously differentiable exponential linear unit."""
    alpha = node.number("alpha", 1.0)
    return elementwise(node.output(), lambda v: f.celu(v, alpha), x)


@operator("Sigmoid", since=1)
def sigmoid(node: NodeContext, x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return elementwise(node.output(), f.sigmoid, x)


@operator("HardSigmoid", since=1)
def hard_sigmoid(node: NodeContext, x: Tensor) -> Tensor:
    """A line held in [0, 1]."""
    alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
    return elementwise(node.output(), lambda v: f.hard_sigmoid(v, alpha, beta), x)


@operator("HardSwish", since=14)
def hard_swish(node: NodeContext, x: Tensor) -> Tensor:
    """x * hard_sigmoid(x, 1/6, 1/2)."""
    return elementwise(node.output(), f.hard_swish, x)


@operator("Softplus", since=1)
def softplus(node: NodeContext, x: Tensor) -> Tensor:
    """log(1 + exp(x))."""
    return elementwise(node.output(), f.softplus, x)


@operator("Softsign", since=1)
def softsign(node: NodeContext, x: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return elementwise(node.output(), f.softsign, x)


@operator("Mish", since=18)
def mish(node: NodeContext, x: Tensor) -> Tensor:
    """x * tanh(softplus(x))."""
    return elementwise(node.output(), f.mish, x)


@operator("ThresholdedRelu", since=10)
def thresholded_relu(node: NodeContext, x: Tensor) -> Tensor:
    """x where it is larger than alpha."""
    alpha = node.number("alpha", 1.0)
    return elementwise(node.output(), lambda v: f.thresholded_relu(v, alpha), x)


@operator("Gelu", since=20)
def gelu(node: NodeContext, x: Tensor) -> Tensor:
    """Gaussian error linear unit."""
    approximate = node.text("approximate", "none") == "tanh"
    return elementwise(node.output(), lambda v: f.gelu(v, approximate), x)


@operator("Shrink", since=9)
def shrink(node: NodeContext, x: Tensor) -> Tensor:
    """x moved towards zero by a bias, and zero where it is near to it."""
    limit, bias = node.number("lambd", 0.5), node.number("bias", 0.0)

    def cell(v: Expr) -> Expr:
        high, low = v > const(v.type, limit), v < const(v.type, -limit)
        moved, zero = const(v.type, bias), const(v.type, 0)
        return Select(low, v + moved, Select(high, v - moved, zero))

    return elementwise(node.output(), cell, x)


@operator("Clip", since=6)
def clip(node: NodeContext, x: Tensor) -> Tensor:
    """x held between two attributes."""
    low = node.number("min") if node.has("min") else None
    high = node.number("max") if node.has("max") else None

    def cell(v: Expr) -> Expr:
        v = v if low is None else f.lower_bound(v, const(v.type, low))
        return v if high is None else f.upper_bound(v, const(v.type, high))

    return elementwise(node.output(), cell, x)


@operator("Clip", since=11)
def clip_between(
    node: NodeContext, x: Tensor, low: Tensor | None = None, high: Tensor | None = None
) -> Tensor:
    """x held between two scalars."""

    def cell(v: Expr, *bounds: Expr) -> Expr:
        rest = iter(bounds)
        v = v if low is None else f.lower_bound(v, next(rest))
        return v if high is None else f.upper_bound(v, next(rest))

    return elementwise(node.output(), cell, x, *[t for t in (low, high) if t is not None])
