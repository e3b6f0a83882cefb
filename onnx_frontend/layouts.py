"""In which order the cells of each stored tensor and constant lie in memory.

The model's inputs and outputs, and whatever is reshaped in place, are row-major. Activations
between convolutions and poolings lie with the channels innermost, so that a vector of channels is
one load. Weights lie as the kernel that reads them walks through them; they are constants, so that
costs nothing when the model runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from halo.ir.expr import Expr, i32, i64
from halo.ir.function import Dimension
from halo.ops.tensor import Array, OpKind, Shape, Tensor
from onnx_frontend.extents import product
from onnx_frontend.groups import Group, Grouping

Order = tuple[int, ...]
"""Axes of a tensor from the outermost in memory to the innermost."""

_SPATIAL = frozenset({OpKind.CONV, OpKind.DEPTHWISE_CONV, OpKind.POOL})


@dataclass(frozen=True, slots=True)
class Layouts:
    """The storage order of every tensor whose order is not row-major."""

    tensors: Mapping[Tensor, Order]
    weights: Mapping[Tensor, Order]

    def of(self, tensor: Tensor) -> Order:
        """Return the order in which `tensor` is stored."""
        given = self.weights if tensor.kind is OpKind.CONSTANT else self.tensors
        return given.get(tensor, row_major(tensor.rank))


def row_major(rank: int) -> Order:
    """Return the order of a C array."""
    return tuple(range(rank))


def channels_last(rank: int) -> Order:
    """Return batch, space, channels for a tensor of (batch, channels, space...)."""
    return (0, *range(2, rank), 1)


def choose_layouts(grouping: Grouping, outputs: Iterable[Tensor]) -> Layouts:
    """Choose the storage order of everything that kernels write, and of constants they read."""
    natural = {*outputs, *grouping.aliases.values(), *grouping.aliases}
    tensors: dict[Tensor, Order] = {}
    weights: dict[Tensor, Order] = {}
    spatial = {
        t for g in grouping.groups for m in g.members if m.kind in _SPATIAL for t in m.op.inputs[:1]
    }
    for group in grouping.groups:
        root = group.root
        if root not in natural and root.rank >= 3 and _is_spatial(group, tensors, spatial):
            tensors[root] = channels_last(root.rank)
        for member in group.members:
            weights.update(_weight_order(member))
    return Layouts(tensors, weights)


def _is_spatial(group: Group, chosen: Mapping[Tensor, Order], spatial: set[Tensor]) -> bool:
    """Whether the group computes, feeds or follows something stored with channels innermost."""
    if group.root in spatial or any(m.kind in _SPATIAL for m in group.members):
        return True
    return any(r in chosen and r.rank == group.root.rank for r in group.reads)


def _weight_order(reader: Tensor) -> dict[Tensor, Order]:
    if reader.kind not in (OpKind.CONV, OpKind.DEPTHWISE_CONV, OpKind.MATMUL):
        return {}
    weight = reader.op.inputs[1]
    if weight.kind is not OpKind.CONSTANT:
        return {}
    if reader.kind is OpKind.MATMUL:
        return {weight: (1, 0)} if reader.op.attrs["transpose_b"] else {}
    # (out, in, space...): as the sum runs, and for each of its terms all output channels
    return {weight: (*range(1, weight.rank), 0)}


def strides(shape: Shape, order: Order) -> tuple[Expr, ...]:
    """Return the stride of each axis, in elements (int64), of a dense array stored in `order`."""
    result: list[Expr] = [i64(1)] * len(shape)
    inner: list[Expr] = []
    for axis in reversed(order):
        result[axis] = product(inner)
        inner.append(shape[axis])
    return tuple(result)


def dimensions(shape: Shape, order: Order) -> tuple[Dimension, ...]:
    """Return the dimensions, innermost axis first as Funcs count them, of a tensor in `order`."""
    steps = strides(shape, order)
    return tuple(
        Dimension(i32(0), extent, step)
        for extent, step in zip(reversed(shape), reversed(steps), strict=True)
    )


def stored(array: Array, order: Order) -> Array:
    """Return the elements of a constant in the sequence in which `order` stores them."""
    return np.ascontiguousarray(array.transpose(order)).reshape(-1)
