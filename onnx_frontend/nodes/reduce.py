"""Reductions."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Expr, Select, const
from halo.ir.intrinsics import intrinsic
from halo.lang.math import exp
from halo.ops.elementwise import elementwise
from halo.ops.index import index, known
from halo.ops.reduce import arg_reduce, reduce
from halo.ops.run_time_axes import flags_of, reduce_run_time, without
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
        chosen = _axes(node, x, axes)
        if chosen is None:
            return identity(node.output(), x)
        return _reduce(node, node.output(), x, op, chosen, node.flag("keepdims", True))


for _name, (_op, _version) in _OPERATORS.items():
    _register(_name, _op, _version)


def _axes(node: NodeContext, x: Tensor, axes: Tensor | None) -> list[Expr] | None:
    """Return the axes an operand tells; all where there are none, or None for "leave it"."""
    given = [] if axes is None else list(node.content(axes, "axes"))
    if given:
        return given
    return None if node.flag("noop_with_empty_axes") else [index(a) for a in range(x.rank)]


def _reduce(
    node: NodeContext, name: str, x: Tensor, op: str, axes: Sequence[Expr], keep: bool
) -> Tensor:
    numbers = [known(a) for a in axes]
    fixed = [n for n in numbers if n is not None]
    if len(fixed) == len(numbers):
        return reduce(name, x, op, fixed, keep)
    if keep:
        return reduce_run_time(name, x, op, axes)[0]
    kept, flags = reduce_run_time(node.inner("kept"), x, op, axes)
    return without(name, kept, flags, len(axes))


def _log_sum_exp(node: NodeContext, x: Tensor, axes: Sequence[Expr]) -> Tensor:
    """Return the logarithm of the sum of powers of e, the largest cell taken out first."""
    keep = node.flag("keepdims", True)
    top = _reduce(node, node.inner("top"), x, "max", axes, True)

    def height(m: Expr) -> Expr:
        # An infinite height would make NaNs of all cells.
        return Select(intrinsic("is_finite", m), m, const(m.type, 0))

    powers = elementwise(node.inner("powers"), lambda v, m: exp(v - height(m)), x, top)
    total = _reduce(node, node.inner("total"), powers, "log_sum", axes, True)
    name = node.output() if keep else node.inner("kept")
    made = elementwise(name, lambda t, m: t + height(m), total, top)
    if keep:
        return made
    numbers = [known(a) for a in axes]
    fixed = [n for n in numbers if n is not None]
    if len(fixed) == len(numbers):
        return squeeze(node.output(), made, fixed)
    return without(node.output(), made, flags_of(axes, x.rank), len(axes))


@operator("ReduceLogSumExp", since=1)
def log_sum_exp(node: NodeContext, x: Tensor) -> Tensor:
    """log(sum(exp(x))), the axes an attribute."""
    return _log_sum_exp(node, x, [index(a) for a in node.integers("axes", range(x.rank))])


@operator("ReduceLogSumExp", since=18)
def log_sum_exp_axes(node: NodeContext, x: Tensor, axes: Tensor | None = None) -> Tensor:
    """log(sum(exp(x))), the axes an input."""
    chosen = _axes(node, x, axes)
    return identity(node.output(), x) if chosen is None else _log_sum_exp(node, x, chosen)


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
