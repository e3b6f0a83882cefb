"""In which order the cells of each stored tensor and constant lie in memory.

The model's inputs and outputs, whatever is reshaped in place, and what C functions of others take
and give, are row-major. Activations
between convolutions and poolings lie with the channels innermost, so that a vector of channels is
one load. Weights lie as the kernel that reads them walks through them; they are constants, so that
costs nothing when the model runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from halo.ir.expr import Expr, as_const, i32, i64
from halo.ir.function import Dimension
from halo.ops.tensor import Array, OpKind, Shape, Tensor
from onnx_frontend.extents import product
from onnx_frontend.groups import Group, Grouping

Order = tuple[int, ...]
"""Axes of a tensor from the outermost in memory to the innermost."""

_LINE = 64
"""Bytes of a cache line."""

_SPREAD = 512
"""Rows a multiple of this many bytes long are spread out."""

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

    def dimensions(self, tensor: Tensor) -> tuple[Dimension, ...]:
        """Return the dimensions of `tensor`, innermost axis first as Funcs count them."""
        order = self.of(tensor)
        shape = list(tensor.shape)
        if tensor in self.weights:
            shape[order[-1]] = i32(_pitch(tensor, shape[order[-1]]))
        steps = strides(tuple(shape), order)
        return tuple(
            Dimension(i32(0), extent, step)
            for extent, step in zip(reversed(tensor.shape), reversed(steps), strict=True)
        )

    def data(self, tensor: Tensor) -> Array:
        """Return the elements of a constant in the sequence in which they are stored."""
        assert tensor.constant is not None
        order = self.of(tensor)
        array = tensor.constant.transpose(order)
        if tensor in self.weights:
            gap = _pitch(tensor, tensor.shape[order[-1]]) - array.shape[-1]
            array = np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, gap)])
        return np.ascontiguousarray(array).reshape(-1)


def row_major(rank: int) -> Order:
    """Return the order of a C array."""
    return tuple(range(rank))


def channels_last(rank: int) -> Order:
    """Return batch, space, channels for a tensor of (batch, channels, space...)."""
    return (0, *range(2, rank), 1)


def choose_layouts(grouping: Grouping, outputs: Iterable[Tensor]) -> Layouts:
    """Choose the storage order of everything that kernels write, and of constants they read."""
    natural = {*outputs, *grouping.aliases.values(), *grouping.aliases}
    for group in grouping.groups:
        if group.root.kind is OpKind.EXTERN:
            natural |= {*group.stored, *group.reads}
    tensors: dict[Tensor, Order] = {}
    weights: dict[Tensor, Order] = {}
    spatial = {
        _stored(t)
        for g in grouping.groups
        for m in g.members
        if m.kind in _SPATIAL
        for t in m.op.inputs[:1]
    }
    for group in grouping.groups:
        root = group.root
        if root not in natural and root.rank >= 3 and _is_spatial(group, tensors, spatial):
            tensors[root] = channels_last(root.rank)
        for member in group.members:
            weights.update((t, o) for t, o in _weight_order(member).items() if t not in natural)
    return Layouts(tensors, weights)


def _stored(t: Tensor) -> Tensor:
    """Return what is read where `t` is read, which may be computed on the way."""
    while t.kind is OpKind.ELEMENTWISE and t.op.attrs.get("joins"):
        t = t.op.inputs[0]
    return t


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
    rows = row_major(weight.rank)
    if reader.kind is OpKind.MATMUL:
        turned = reader.op.attrs["transpose_b"]
        return {weight: (*rows[:-2], rows[-1], rows[-2]) if turned else rows}
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


def _pitch(weight: Tensor, columns: Expr) -> int:
    """Return how many elements lie from one row of stored weights to the next.

    Rows whose starts are a large power of two apart fall into few sets of the cache, which then
    cannot hold the columns of a tile; a cache line between the rows spreads them.
    """
    size = as_const(columns)
    assert isinstance(size, int)
    element = weight.type.bytes()
    return size + _LINE // element if size * element % _SPREAD == 0 else size
