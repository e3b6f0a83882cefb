"""Gather."""

from __future__ import annotations

from halo.ops import gather as ops
from halo.ops.index import known
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


@operator("GatherND", since=11)
def gather_nd(node: NodeContext, x: Tensor, indices: Tensor) -> Tensor:
    """Slices at places."""
    if indices.rank and known(indices.shape[-1]) is None:
        node.unsupported("indices of which it is known how many coordinates a place has")
    return ops.gather_nd(node.output(), x, indices, node.integer("batch_dims", 0))


@operator("ReverseSequence", since=10)
def reverse_sequence(node: NodeContext, x: Tensor, lengths: Tensor) -> Tensor:
    """The beginning of each sequence reversed."""
    batch, time = node.integer("batch_axis", 1), node.integer("time_axis", 0)
    if {batch, time} != {0, 1}:
        node.fail(f"its batch_axis and time_axis are {batch} and {time}, not 0 and 1")
    return ops.reverse_sequence(node.output(), x, lengths, batch, time)
