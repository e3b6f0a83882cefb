"""Tensors of random numbers, and choices by probabilities."""

from __future__ import annotations

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import cast_to
from halo.ir.types import Float
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.index import index
from halo.ops.tensor import Shape, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.element_types import dtype_of, type_number
from onnx_frontend.nodes.draws import drawn, drawn_normal
from onnx_frontend.registry import operator


def _uniform(node: NodeContext, shape: Shape, type: int) -> Tensor:
    """Return numbers from `low` on and below `high`, each as probable as any other."""
    low, high = node.number("low", 0.0), node.number("high", 1.0)
    return _scaled(node, drawn(node, shape), type, high - low, low)


def _normal(node: NodeContext, shape: Shape, type: int) -> Tensor:
    """Return numbers of the normal distribution of some mean and deviation."""
    mean, scale = node.number("mean", 0.0), node.number("scale", 1.0)
    return _scaled(node, drawn_normal(node, shape), type, scale, mean)


def _shape(node: NodeContext) -> Shape:
    return tuple(index(size) for size in node.integers("shape"))


def _scaled(
    node: NodeContext, numbers: Tensor, number: int, factor: float, addend: float
) -> Tensor:
    """Return ``numbers * factor + addend``, in the type itself, as onnx's reference does."""
    type = node.type_named(number)
    if type.is_bool():
        node.fail("its type is bool, of which no numbers are drawn")
    dtype = dtype_of(type, None)
    by, more = dtype.type(factor), dtype.type(addend)
    if numbers.constant is not None:
        values = numbers.constant.astype(dtype)
        return constant(node.output(), (values * by + more).astype(dtype))

    def scaled(v: Expr) -> Expr:
        # numpy's bfloat16 has no other way from float64.
        single = cast_to(Float(32), v) if type.is_bfloat() else v
        return cast_to(type, single) * const(type, by.item())

    # Two tensors, so that the product is rounded.
    product = elementwise(node.inner("product"), scaled, numbers, type=type)
    return elementwise(node.output(), lambda v: v + const(type, more.item()), product)


@operator("RandomUniform", since=1)
def random_uniform(node: NodeContext) -> Tensor:
    """Numbers that are spread evenly."""
    return _uniform(node, _shape(node), node.integer("dtype", 1))


@operator("RandomNormal", since=1)
def random_normal(node: NodeContext) -> Tensor:
    """Numbers of a normal distribution."""
    return _normal(node, _shape(node), node.integer("dtype", 1))


@operator("RandomUniformLike", since=1)
def random_uniform_like(node: NodeContext, x: Tensor) -> Tensor:
    """Numbers that are spread evenly, as many as the input has."""
    return _uniform(node, x.shape, node.integer("dtype", type_number(x)))


@operator("RandomNormalLike", since=1)
def random_normal_like(node: NodeContext, x: Tensor) -> Tensor:
    """Numbers of a normal distribution, as many as the input has."""
    return _normal(node, x.shape, node.integer("dtype", type_number(x)))


@operator("Bernoulli", since=15)
def bernoulli(node: NodeContext, x: Tensor) -> Tensor:
    """1 with the probability that a cell tells, else 0.

    From the number drawn it follows as in numpy's `binomial`, which onnx's reference calls.
    """
    to = node.type_named(node.integer("dtype", type_number(x)))
    numbers = drawn(node, x.shape)

    def cell(p: Expr, u: Expr) -> Expr:
        share = cast_to(u.type, p)
        chosen = Select(share <= 0.5, u > 1.0 - share, u <= share)
        return chosen if to.is_bool() else Select(chosen, const(to, 1), const(to, 0))

    return elementwise(node.output(), cell, x, numbers, type=to)
