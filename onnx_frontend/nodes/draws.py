"""Random numbers, and choices by them: drawn when a model is compiled, or runs, as shapes tell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from halo.ir.expr import Expr, Min, i32
from halo.ir.operators import cast_to
from halo.ir.types import Float, Int
from halo.lang.func import Func
from halo.lang.math import exp, log, sqrt
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed, constant
from halo.ops.elementwise import elementwise
from halo.ops.index import index, known, minus
from halo.ops.reduce import reduce
from halo.ops.scan import running
from halo.ops.tensor import OpInfo, OpKind, Shape, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.fold_limits import LARGEST
from onnx_frontend.mersenne_twister import points_in_circle, uniform_numbers
from onnx_frontend.registry import operator


def drawn(node: NodeContext, shape: Shape) -> Tensor:
    """Return random numbers (float64) from 0 on and below 1; see `_seed`."""
    seed, sizes, name = _seed(node), _few(node, shape), node.inner("drawn")
    if sizes is None:
        return uniform_numbers(name, seed, shape)
    return constant(name, np.asarray(np.random.RandomState(seed).random_sample(sizes)))


def drawn_normal(node: NodeContext, shape: Shape) -> Tensor:
    """Return random numbers (float64) of the normal distribution; see `_seed`."""
    seed, sizes, name = _seed(node), _few(node, shape), node.inner("drawn")
    if sizes is not None:
        return constant(name, np.asarray(np.random.RandomState(seed).standard_normal(sizes)))
    points, squares = points_in_circle(node.inner("points"), node.inner("squares"), seed, shape)
    return elementwise(name, lambda x, r: sqrt(log(r) * -2.0 / r) * x, points, squares)


def _seed(node: NodeContext) -> int:
    """Return the seed of a node.

    The standard does not say how numbers follow from a seed; these are those of onnx's reference,
    whose generator is numpy's `RandomState`.

    Raises
    ------
    Unsupported
        There is no seed.
    """
    if not node.has("seed") or math.isnan(node.number("seed")):
        node.unsupported("a seed: without one the numbers would have to differ between runs")
    seed = node.number("seed")
    if not 0 <= seed < 1 << 32:
        node.fail(f"its seed is {seed}, not a number below {1 << 32}")
    return int(seed)


def _few(node: NodeContext, shape: Shape) -> tuple[int, ...] | None:
    """Return the sizes if they are known and come to few numbers: these are drawn now."""
    sizes = [known(d) for d in shape]
    if any(size is not None and size < 0 for size in sizes):
        text = ", ".join(map(str, shape))
        node.fail(f"its shape is [{text}]", hint="sizes are at least 0")
    fixed = tuple(size for size in sizes if size is not None)
    return fixed if len(fixed) == len(sizes) and math.prod(fixed) <= LARGEST else None


@operator("Multinomial", since=7)
def multinomial(node: NodeContext, x: Tensor) -> Tensor:
    """Classes drawn for each row of unnormalized logarithms of probabilities.

    A number below 1 is drawn for each, and the class is the first up to which the probabilities
    come to more than it.
    """
    if x.rank != 2:
        node.fail(f"its input has {x.rank} axes, not 2")
    type = node.type_named(node.integer("dtype", 6))
    count = node.integer("sample_size", 1)
    numbers = drawn(node, (x.shape[0], index(count)))
    wide = Float(64)
    cells = elementwise(node.inner("wide"), lambda v: cast_to(wide, v), x, type=wide)
    top = reduce(node.inner("top"), cells, "max", [1], keep_axes=True)
    parts = elementwise(node.inner("parts"), lambda v, m: exp(v - m), cells, top)
    sums = running(node.inner("sums"), parts, 1, lambda a, b: a + b, 0)
    last = minus(x.shape[1], 1)
    n, k = axis_vars(2)
    acc = Func(node.inner("acc"))
    acc[(k, n)] = i32(0)
    r = RDom([(0, x.shape[1])])
    bound = numbers.at(n, k) * sums.at(n, last)
    acc[(k, n)] += cast_to(Int(32), sums.at(n, r[0]) <= bound)

    def cell(*at: Any) -> Expr:
        return Min(call(acc, *at), last)

    info = OpInfo(OpKind.REDUCE, (sums, numbers), {"acc": acc})
    return computed(node.output(), type, (x.shape[0], index(count)), cell, info)
