"""Reductions."""

from __future__ import annotations

from collections.abc import Sequence

from halo.lang.math import exp
from halo.ops.elementwise import elementwise
from halo.ops.reduce import arg_reduce, reduce
from halo.ops.tensor import Tensor
from halo.ops.views import identity, squeeze
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator

_OPERATORS = {
    "ReduceSum": ("sum", 13),
    "ReduceMean": ("mean", 18),
    "ReduceProd": ("prod", 18),
    "ReduceMax": ("max", 18),
    "ReduceMin": ("min", 18),
    "ReduceSumSquare": ("sum_square", 18),
    "ReduceL1": ("l1", 18),
    "ReduceL2": ("l2", 18),
    "ReduceLogSum": ("log_sum", 18),
}
"""Per operator what it computes, and from which version on its axes are an input."""


def _register(name: str, op: str, with_input: int) -> None:
    @operator(name, since=1)
    def by_attribute(node: NodeContext, x: Tensor) -> Tensor:
        axes = node.integers("axes", range(x.rank))
        return reduce(node.output(), x, op, axes, node.flag("keepdims", True))

    @operator(name, since=with_input)
    def by_input(node: NodeContext, x: Tensor, axes: Tensor | None = None) -> Tensor:
        chosen = [] if axes is None else node.constants(axes, "axes")
        if not chosen:
            if node.flag("noop_with_empty_axes"):
                return identity(node.output(), x)
            chosen = list(range(x.rank))
        return reduce(node.output(), x, op, chosen, node.flag("keepdims", True))


for _name, (_op, _version) in _OPERATORS.items():
    _register(_name, _op, _version)


def _log_sum_exp(node: NodeContext, x: Tensor, axes: Sequence[int]) -> Tensor:
    """Return the logarithm of the sum of powers of e, the largest cell taken out first."""
    keep = node.flag("keepdims", True)
    top = reduce(node.inner("top"), x, "max", axes, keep_axes=True)
    powers = elementwise(node.inner("powers"), lambda v, m: exp(v - m), x, top)
    total = reduce(node.inner("total"), powers, "log_sum", axes, keep)
    height = top if keep else squeeze(node.inner("height"), top, axes)
    return elementwise(node.output(), lambda t, m: t + m, total, height)


@operator("ReduceLogSumExp", since=1)
def log_sum_exp(node: NodeContext, x: Tensor) -> Tensor:
    """log(sum(exp(x))), the axes an attribute."""
    return _log_sum_exp(node, x, node.integers("axes", range(x.rank)))


@operator("ReduceLogSumExp", since=18)
def log_sum_exp_axes(node: NodeContext, x: Tensor, axes: Tensor | None = None) -> Tensor:
    """log(sum(exp(x))), the axes an input."""
    chosen = [] if axes is None else node.constants(axes, "axes")
    if not chosen and node.flag("noop_with_empty_axes"):
        return identity(node.output(), x)
    return _log_sum_exp(node, x, chosen or range(x.rank))


@operator("ArgMax", since=1)
def arg_max(node: NodeContext, x: Tensor) -> Tensor:
    """The place of the largest cell."""
    return _arg(node, x, "max")


@operator("ArgMin", since=1)
def arg_min(node: NodeContext, x: Tensor) -> Tensor:
    """The place of the smallest cell."""
    return _arg(node, x, "min")


def _arg(node: NodeContext, x: Tensor, op: str) -> Tensor:
    keep, last = node.flag("keepdims", True), node.flag("select_last_index")
    return arg_reduce(node.output(), x, op, node.integer("axis", 0), keep, last)
