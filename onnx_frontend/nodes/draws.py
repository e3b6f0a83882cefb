"""Random numbers that are drawn when a model is compiled, and what draws from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from halo.ir.expr import Expr, Min, i32
from halo.ir.operators import cast_to
from halo.ir.types import Float, Int
from halo.lang.func import Func
from halo.lang.math import exp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed, constant
from halo.ops.elementwise import elementwise
from halo.ops.index import index, minus
from halo.ops.reduce import reduce
from halo.ops.scan import running
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.fold_limits import LARGEST
from onnx_frontend.registry import operator


def seeded(
    node: NodeContext, shape: tuple[int, ...] | None
) -> tuple[np.random.RandomState, tuple[int, ...]]:
    """Return the generator that the node's seed begins, and the shape to draw.

    The standard does not say how numbers follow from a seed; these are those of onnx's reference,
    whose generator is numpy's `RandomState`.

    Raises
    ------
    Unsupported
        There is no seed, or the shape is not known.
    """
    if not node.has("seed") or math.isnan(node.number("seed")):
        node.unsupported("a seed: without one the numbers would have to differ between runs")
    if shape is None:
        node.unsupported("a shape that is known before the model runs")
    if any(size < 0 for size in shape) or math.prod(shape) > LARGEST:
        limit = f"at most {LARGEST} numbers are drawn when a model is compiled"
        node.fail(f"its shape is {list(shape)}", hint=f"sizes are at least 0, and {limit}")
    seed = node.number("seed")
    if not 0 <= seed < 1 << 32:
        node.fail(f"its seed is {seed}, not a number below {1 << 32}")
    return np.random.RandomState(int(seed)), shape


def drawn(node: NodeContext, shape: tuple[int, ...] | None) -> Tensor:
    """Return random numbers (float64) from 0 on and below 1; see `seeded`."""
    state, extents = seeded(node, shape)
    return constant(node.inner("drawn"), np.asarray(state.random_sample(extents)))


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
    rows = x.static_shape
    numbers = drawn(node, None if rows is None else (rows[0], count))
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
