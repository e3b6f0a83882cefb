"""Tensors of random numbers, drawn when a model is compiled, and choices by probabilities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import cast_to
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Array, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.element_types import type_number
from onnx_frontend.nodes.draws import drawn, seeded
from onnx_frontend.registry import operator

Shape = tuple[int, ...]


def _uniform(node: NodeContext, shape: Shape | None, type: int) -> Tensor:
    """Return numbers from `low` on and below `high`, each as probable as any other."""
    low, high = node.number("low", 0.0), node.number("high", 1.0)
    return _tensor(node, shape, type, np.random.RandomState.random_sample, high - low, low)


def _normal(node: NodeContext, shape: Shape | None, type: int) -> Tensor:
    """Return numbers of the normal distribution of some mean and deviation."""
    mean, scale = node.number("mean", 0.0), node.number("scale", 1.0)
    return _tensor(node, shape, type, np.random.RandomState.standard_normal, scale, mean)


def _tensor(
    node: NodeContext,
    shape: Shape | None,
    type: int,
    draw: Callable[[np.random.RandomState, Shape], Array],
    factor: float,
    addend: float,
) -> Tensor:
    state, extents = seeded(node, shape)
    dtype = node.type_named(type).dtype
    values = np.asarray(draw(state, extents)).astype(dtype)
    # In the type itself, as onnx's reference does.
    return constant(node.output(), (values * dtype.type(factor) + dtype.type(addend)).astype(dtype))


@operator("RandomUniform", since=1)
def random_uniform(node: NodeContext) -> Tensor:
    """Numbers that are spread evenly."""
    return _uniform(node, tuple(node.integers("shape")), node.integer("dtype", 1))


@operator("RandomNormal", since=1)
def random_normal(node: NodeContext) -> Tensor:
    """Numbers of a normal distribution."""
    return _normal(node, tuple(node.integers("shape")), node.integer("dtype", 1))


@operator("RandomUniformLike", since=1)
def random_uniform_like(node: NodeContext, x: Tensor) -> Tensor:
    """Numbers that are spread evenly, as many as the input has."""
    return _uniform(node, x.static_shape, node.integer("dtype", type_number(x)))


@operator("RandomNormalLike", since=1)
def random_normal_like(node: NodeContext, x: Tensor) -> Tensor:
    """Numbers of a normal distribution, as many as the input has."""
    return _normal(node, x.static_shape, node.integer("dtype", type_number(x)))


@operator("Bernoulli", since=15)
def bernoulli(node: NodeContext, x: Tensor) -> Tensor:
    """1 with the probability that a cell tells, else 0.

    From the number drawn it follows as in numpy's `binomial`, which onnx's reference calls.
    """
    to = node.type_named(node.integer("dtype", type_number(x)))
    numbers = drawn(node, x.static_shape)

    def cell(p: Expr, u: Expr) -> Expr:
        share = cast_to(u.type, p)
        chosen = Select(share <= 0.5, u > 1.0 - share, u <= share)
        return chosen if to.is_bool() else Select(chosen, const(to, 1), const(to, 0))

    return elementwise(node.output(), cell, x, numbers, type=to)
