"""Pad."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import const
from halo.ops import pad as ops
from halo.ops.index import ZERO, index
from halo.ops.run_time_axes import chosen
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("Pad", since=2)
def pad_by_attribute(node: NodeContext, x: Tensor) -> Tensor:
    """Cells around, how many being an attribute."""
    return pad_by(node, x, node.integers("pads"))


def pad_by(node: NodeContext, x: Tensor, numbers: Sequence[int]) -> Tensor:
    """Return `x` with known numbers of cells before and after each axis."""
    pads = [index(n) for n in numbers]
    value = const(x.type, node.number("value", 0.0))
    if len(pads) != 2 * x.rank:
        node.fail(f"{len(pads)} pads for {x.rank} axes")
    mode = node.text("mode", "constant")
    return ops.pad(node.output(), x, pads[: x.rank], pads[x.rank :], mode, value)


@operator("Pad", since=11)
def pad(
    node: NodeContext,
    x: Tensor,
    pads: Tensor,
    value: Tensor | None = None,
    axes: Tensor | None = None,
) -> Tensor:
    """Cells around, how many being an input."""
    given = node.content(pads, "pads")
    where = [index(a) for a in range(x.rank)] if axes is None else node.content(axes, "axes")
    if len(given) != 2 * len(where):
        node.fail(f"{len(given)} pads for {len(where)} axes")
    before = chosen(where, given[: len(where)], x.rank, ZERO)
    after = chosen(where, given[len(where) :], x.rank, ZERO)
    return ops.pad(node.output(), x, before, after, node.text("mode", "constant"), value)
