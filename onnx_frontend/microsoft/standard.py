"""Operators that the standard has, too, some of them in another form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from halo.ops import views
from halo.ops.build import constant
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.domain import microsoft, scalar
from onnx_frontend.nodes import gather, grid, pad, quantize, select, shape

OPSET = 21
"""The version of the standard whose operators these are."""

microsoft("QuantizeLinear", codes=True)(quantize.quantize)
microsoft("DequantizeLinear", codes=True)(quantize.dequantize)
microsoft("GatherND")(gather.gather_nd)
microsoft("GridSample")(grid.sample)
microsoft("Trilu")(shape.trilu)


@microsoft("Pad")
def pad_by_input(node: NodeContext, x: Tensor, pads: Tensor, value: Tensor | None = None) -> Tensor:
    """Pad, whose value may be a vector of one element."""
    added = None if value is None else scalar(node, "value", value)
    return pad.pad(node, x, pads, added)


@microsoft("Range")
def make_range(
    node: NodeContext, start: Tensor, limit: Tensor, delta: Tensor | None = None
) -> Tensor:
    """Range, whose step may be left out, and whose operands may be vectors of one element."""
    step = constant(node.inner("one"), np.ones((), start.type.dtype)) if delta is None else delta
    ends = (scalar(node, "start", start), scalar(node, "limit", limit))
    return shape.make_range(node, *ends, scalar(node, "step", step))


@microsoft("ExpandDims")
def expand_dims(node: NodeContext, x: Tensor, axis: Tensor) -> Tensor:
    """An axis of size 1 more."""
    return views.unsqueeze(node.output(), x, node.constants(axis, "an axis"))


@microsoft("Unique")
def unique(node: NodeContext, x: Tensor) -> tuple[Tensor, ...]:
    """What differs in a vector, in the order in which it appears, which it is, and how often."""
    if x.rank != 1:
        node.fail(f"its input has {x.rank} axes, not 1")
    made, places, counts = (*node.node.outputs, "", "")[:3]
    own = replace(
        node.node, outputs=(made, "", places, counts), attributes={"sorted": 0}, domain=""
    )
    cells, _, groups, numbers = select.unique(node.standing_for(own, OPSET), x)
    return (cells, groups, numbers)[: max(node.outputs, 1)]
