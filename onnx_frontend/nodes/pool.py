"""Pooling."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import cast_to, power
from halo.ops import pool
from halo.ops.elementwise import elementwise
from halo.ops.functions import magnitude, sum_type
from halo.ops.index import ONE, ZERO, known, minus, plus, product, surely, times
from halo.ops.reduce import reduce
from halo.ops.tensor import Tensor
from halo.ops.unpool import Blocks, add_windows, places_of_maxima, unpool
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.nodes.window import window_of
from onnx_frontend.registry import operator


def _of_some(node: NodeContext, x: Tensor, made: Tensor) -> Tensor:
    """Return `made`, the largest cells of places of `x`, whose spatial axes must have some."""
    places = product(x.shape[:2])
    needs: list[tuple[Expr, Expr]] = []
    for axis, size in enumerate(x.shape[2:], 2):
        if known(size) == 0 and known(places):
            node.fail(f"axis {axis} of its input has no cells, so none is the largest")
        if known(places) != 0 and not surely(size >= 1):
            needs.append((Select((size < 1) & (places > 0), ONE, ZERO), ZERO))
    made.op = replace(made.op, requires=(*made.op.requires, *needs))
    return made


@operator("MaxPool", since=1)
def max_pool(node: NodeContext, x: Tensor) -> Tensor | tuple[Tensor, ...]:
    """The largest cell of each window, and where it is."""
    axes = window_of(node, x, node.integers("kernel_shape"))
    ceil_mode = node.flag("ceil_mode")
    made = _of_some(node, x, pool.max_pool(node.output(), x, axes, ceil_mode))
    if node.outputs < 2 or not node.node.outputs[1]:
        return made
    columns_first = node.flag("storage_order")
    return made, places_of_maxima(node.output(1), x, axes, ceil_mode, columns_first)


@operator("MaxUnpool", since=9)
def max_unpool(
    node: NodeContext, x: Tensor, places: Tensor, target: Tensor | None = None
) -> Tensor:
    """Cells put back where they were the largest of their windows, zero elsewhere."""
    kernel = node.integers("kernel_shape")
    strides = node.integers("strides", [1] * len(kernel))
    pads = node.integers("pads", [0] * 2 * len(kernel))
    if len(kernel) != x.rank - 2:
        node.fail(f"a kernel of {len(kernel)} axes over {x.rank - 2}")
    if not len(strides) == len(kernel) == len(pads) // 2 or len(pads) % 2:
        node.fail(f"its strides and pads are not those of {len(kernel)} axes")
    inner = list(x.shape[:2])
    for i, (size, stride) in enumerate(zip(kernel, strides, strict=True)):
        less = pads[i] + pads[i + len(kernel)]
        inner.append(plus(times(minus(x.shape[2 + i], 1), stride), size - less))
    shape = inner if target is None else list(node.content(target, "a shape"))
    if len(shape) != x.rank:
        node.fail(f"its shape has {len(shape)} axes, its input {x.rank}")
    if places.rank != x.rank:
        node.fail(f"its places have {places.rank} axes, its input {x.rank}")
    made = unpool(node.output(), x, places, inner, shape)
    made.op = replace(made.op, requires=unequal(node, zip(x.shape, places.shape, strict=True)))
    return made


@operator("Col2Im", since=18)
def columns_to_image(node: NodeContext, x: Tensor, image: Tensor, block: Tensor) -> Tensor:
    """Windows, one a column, added up to an image."""
    sizes = node.content(image, "an image's shape")
    kernel = node.content(block, "a block's shape")
    rank = len(kernel)
    if x.rank != 3 or len(sizes) != rank:
        node.fail(f"its input has {x.rank} axes, its image {len(sizes)}, its blocks {rank}")
    strides, dilations = (node.integers(k, [1] * rank) for k in ("strides", "dilations"))
    pads = node.integers("pads", [0] * 2 * rank)
    if not len(strides) == len(dilations) == len(pads) // 2 == rank or min(strides) < 1:
        node.fail(f"its strides, dilations and pads are not those of {rank} axes")
    axes = [
        Blocks(k, strides[i], dilations[i], pads[i], pads[i + rank]) for i, k in enumerate(kernel)
    ]
    return add_windows(node.output(), x, sizes, axes)


@operator("AveragePool", since=1)
def average_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The mean of each window."""
    axes = window_of(node, x, node.integers("kernel_shape"))
    ceil_mode, padding = node.flag("ceil_mode"), node.flag("count_include_pad")
    return pool.average_pool(node.output(), x, axes, ceil_mode, padding)


@operator("LpPool", since=2)
def lp_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The p-norm of each window."""
    axes = window_of(node, x, node.integers("kernel_shape"))
    return pool.lp_pool(node.output(), x, axes, _order(node), node.flag("ceil_mode"))


@operator("GlobalLpPool", since=2)
def global_lp_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The p-norm of each channel."""
    p, wide = _order(node), sum_type(x.type)
    if p in (1, 2):
        return _global(node, x, f"l{p}")

    def raised(v: Expr) -> Expr:
        return power(magnitude(cast_to(wide, v)), const(wide, p))

    def root(total: Expr) -> Expr:
        return power(total, const(wide, 1 / p))

    powers = elementwise(node.inner("powers"), raised, x, type=wide)
    total = reduce(node.inner("total"), powers, "sum", _spatial(node, x), keep_axes=True)
    return elementwise(node.output(), root, total, type=x.type)


def _order(node: NodeContext) -> int:
    """Return p of a p-norm."""
    p = node.integer("p", 2)
    if p < 1:
        node.fail(f"p is {p}, not positive")
    return p


def _spatial(node: NodeContext, x: Tensor) -> range:
    """Return the axes behind batch and channel."""
    if x.rank < 3:
        node.fail(f"its input has {x.rank} axes, none of them spatial")
    return range(2, x.rank)


def _global(node: NodeContext, x: Tensor, op: str) -> Tensor:
    return reduce(node.output(), x, op, _spatial(node, x), keep_axes=True)


@operator("GlobalAveragePool", since=1)
def global_average_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The mean of each channel."""
    return _global(node, x, "mean")


@operator("GlobalMaxPool", since=1)
def global_max_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The largest cell of each channel."""
    return _of_some(node, x, _global(node, x, "max"))
