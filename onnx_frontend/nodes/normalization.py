"""Normalizations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import cast_to
from halo.ir.types import Float
from halo.lang.math import sqrt
from halo.ops import normalization as normal
from halo.ops.broadcast import fits_into
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.functions import sum_type
from halo.ops.reduce import reduce
from halo.ops.tensor import Array, Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator

_LEAST_DEVIATION = 1e-9
"""What the standard adds to deviations that are divided by."""


@operator("BatchNormalization", since=7)
def batch_normalization(
    node: NodeContext, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor
) -> Tensor | tuple[Tensor, ...]:
    """Per channel by given statistics; constant ones become a factor and an addend."""
    if node.flag("training_mode"):
        return _train(node, x, scale, bias, mean, variance)
    if sum(1 for name in node.node.outputs if name) > 1:
        node.unsupported("one output: statistics are given in training mode only")
    if not node.flag("spatial", True):
        node.unsupported("statistics per channel, not per cell (spatial=0)")
    epsilon = node.number("epsilon", 1e-5)
    given = (scale, bias, mean, variance)
    values = [t.constant for t in given if t.constant is not None]
    if len(values) < len(given) or not x.type.is_float():
        return normal.batch_normalization(node.output(), x, scale, bias, mean, variance, epsilon)
    s, b, m, v = (value.astype(np.float64) for value in values)
    factor = s / np.sqrt(v + epsilon)
    scaled = _channels(node.inner("factor"), x, factor)
    added = _channels(node.inner("addend"), x, b - m * factor)
    return elementwise(node.output(), lambda t, p, q: t * p + q, x, scaled, added)


def _train(
    node: NodeContext, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor
) -> tuple[Tensor, ...]:
    """Normalize by the statistics of the cells; return also what becomes of the running ones."""
    axes = [a for a in range(x.rank) if a != 1]
    momentum, epsilon = node.number("momentum", 0.9), node.number("epsilon", 1e-5)
    wide = elementwise(node.inner("wide"), lambda v: v, x, type=mean.type)
    own = reduce(node.inner("own"), wide, "mean", axes, keep_axes=False)
    spread = normal.per_channel(node.inner("centre"), x, own)
    squares = elementwise(node.inner("squares"), lambda v, m: (v - m) * (v - m), wide, spread)
    around = reduce(node.inner("around"), squares, "mean", axes, keep_axes=False)
    made = normal.batch_normalization(node.output(), x, scale, bias, own, around, epsilon)

    def running(old: Expr, new: Expr) -> Expr:
        return old * momentum + new * (1 - momentum)

    statistics = [
        elementwise(node.output(i), running, a, b)
        for i, (a, b) in enumerate(((mean, own), (variance, around)), start=1)
    ]
    return (made, *statistics)[: node.outputs]


def _channels(name: str, x: Tensor, values: Array) -> Tensor:
    return constant(name, values.astype(x.type.dtype).reshape(-1, *[1] * (x.rank - 2)))


@operator("InstanceNormalization", since=6)
def instance_normalization(node: NodeContext, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Each channel of each sample by its own statistics."""
    return normal.normalize(
        node.output(),
        x,
        tuple(range(2, x.rank)),
        node.number("epsilon", 1e-5),
        normal.per_channel(node.inner("scale"), x, scale),
        normal.per_channel(node.inner("bias"), x, bias),
    )


@operator("LayerNormalization", since=1)
def layer_normalization(
    node: NodeContext, x: Tensor, scale: Tensor, bias: Tensor | None = None
) -> Tensor | tuple[Tensor, ...]:
    """The axes from a given one on by their own statistics."""
    axis = normal_axis(node.integer("axis", -1), x.rank)
    axes = tuple(range(axis, x.rank))
    epsilon = node.number("epsilon", 1e-5)
    made = normal.normalize(node.output(), x, axes, epsilon, scale, bias)
    if not any(node.node.outputs[1:]):
        return made
    return made, *_statistics(node, x, axes, epsilon)


def _statistics(
    node: NodeContext, x: Tensor, axes: Sequence[int], epsilon: float
) -> tuple[Tensor, Tensor]:
    """Return the mean over `axes` and the inverse of the deviation, both with all axes.

    They have the type that `stash_type` names; sums are at least float32.
    """
    made = node.type_named(node.integer("stash_type", 1))
    if x.type.bits() < 32:
        x = elementwise(node.inner("wide"), lambda v: v, x, type=Float(32))
    mean = reduce(node.inner("mean"), x, "mean", axes, keep_axes=True)
    squares = elementwise(node.inner("squares"), lambda v, m: (v - m) * (v - m), x, mean)
    spread = reduce(node.inner("spread"), squares, "mean", axes, keep_axes=True)

    def inverse(v: Expr) -> Expr:
        return const(v.type, 1) / sqrt(v + const(v.type, epsilon))

    stashed = elementwise(node.output(1), lambda v: v, mean, type=made)
    return stashed, elementwise(node.output(2), inverse, spread, type=made)


@operator("RMSNormalization", since=23)
def rms_normalization(node: NodeContext, x: Tensor, scale: Tensor) -> Tensor:
    """The axes from a given one on, divided by the root of the mean of their squares.

    The scale may be of another type, which is that of the result.
    """
    axis = normal_axis(node.integer("axis", -1), x.rank)
    axes, epsilon = tuple(range(axis, x.rank)), node.number("epsilon", 1e-5)
    if x.type == scale.type:
        return normal.rms_normalize(node.output(), x, axes, epsilon, scale)
    fits_into(scale, x)
    made = normal.rms_normalize(node.inner("normal"), x, axes, epsilon, None)
    to = scale.type
    return elementwise(node.output(), lambda v, s: cast_to(to, v) * s, made, scale, type=to)


@operator("MeanVarianceNormalization", since=9)
def mean_variance_normalization(node: NodeContext, x: Tensor) -> Tensor:
    """Some axes less their mean, divided by their deviation."""
    axes, wide = node.integers("axes", (0, 2, 3)), sum_type(x.type)
    cells = elementwise(node.inner("wide"), lambda v: cast_to(wide, v), x, type=wide)
    mean = reduce(node.inner("mean"), cells, "mean", axes, keep_axes=True)
    centred = elementwise(node.inner("centred"), lambda v, m: v - m, cells, mean)
    squares = elementwise(node.inner("squares"), lambda v: v * v, centred)
    spread = reduce(node.inner("spread"), squares, "mean", axes, keep_axes=True)

    def cell(v: Expr, s: Expr) -> Expr:
        return cast_to(x.type, v / (sqrt(s) + const(wide, _LEAST_DEVIATION)))

    return elementwise(node.output(), cell, centred, spread, type=x.type)


@operator("LpNormalization", since=1)
def lp_normalization(node: NodeContext, x: Tensor) -> Tensor:
    """Divided by the sum of magnitudes, or the root of the sum of squares, along an axis."""
    order = node.integer("p", 2)
    if order not in (1, 2):
        node.fail(f"p is {order}", hint="it is 1 or 2")
    axis = normal_axis(node.integer("axis", -1), x.rank)
    norm = reduce(node.inner("norm"), x, f"l{order}", [axis], keep_axes=True)

    def cell(v: Expr, n: Expr) -> Expr:
        zero = const(v.type, 0)
        return Select(n > zero, v / n, zero)

    return elementwise(node.output(), cell, x, norm)


@operator("LRN", since=1)
def local_response(node: NodeContext, x: Tensor) -> Tensor:
    """By the squares of neighbouring channels."""
    return normal.local_response(
        node.output(),
        x,
        node.integer("size"),
        node.number("alpha", 0.0001),
        node.number("beta", 0.75),
        node.number("bias", 1.0),
    )
