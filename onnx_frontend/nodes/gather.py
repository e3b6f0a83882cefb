"""Gather."""

from __future__ import annotations

from halo.ops import gather as ops
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("Gather", since=1)
def gather(node: NodeContext, x: Tensor, indices: Tensor) -> Tensor:
    """Slices at indices."""
    return ops.gather(node.output(), x, indices, node.integer("axis", 0))


@operator("GatherElements", since=11)
def gather_elements(node: NodeContext, x: Tensor, indices: Tensor) -> Tensor:
    """Cells at indices along an axis."""
    return ops.gather_elements(node.output(), x, indices, node.integer("axis", 0))
