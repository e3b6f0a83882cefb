"""Pooling."""

from __future__ import annotations

from halo.ops import pool
from halo.ops.reduce import reduce
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.window import window_of
from onnx_frontend.registry import operator


@operator("MaxPool", since=1)
def max_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The largest cell of each window."""
    if node.outputs > 1 and node.node.outputs[1]:
        node.unsupported("the places of the maxima, its second output")
    axes = window_of(node, x, node.integers("kernel_shape"))
    return pool.max_pool(node.output(), x, axes, node.flag("ceil_mode"))


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
    p = node.integer("p", 2)
    if p < 1:
        node.fail(f"p is {p}, not positive")
    return pool.lp_pool(node.output(), x, axes, p, node.flag("ceil_mode"))


@operator("GlobalLpPool", since=2)
def global_lp_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The p-norm of each channel."""
    p = node.integer("p", 2)
    if p not in (1, 2):
        node.unsupported(f"p of 1 or 2, not {p}")
    return _global(node, x, f"l{p}")


def _global(node: NodeContext, x: Tensor, op: str) -> Tensor:
    if x.rank < 3:
        node.fail(f"its input has {x.rank} axes, none of them spatial")
    return reduce(node.output(), x, op, range(2, x.rank), keep_axes=True)


@operator("GlobalAveragePool", since=1)
def global_average_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The mean of each channel."""
    return _global(node, x, "mean")


@operator("GlobalMaxPool", since=1)
def global_max_pool(node: NodeContext, x: Tensor) -> Tensor:
    """The largest cell of each channel."""
    return _global(node, x, "max")
