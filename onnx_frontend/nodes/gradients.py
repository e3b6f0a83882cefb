"""Operators that only stand in gradients; `expand_gradients` makes nodes of them."""

from __future__ import annotations

from halo.ir.expr import const
from halo.ops import views
from halo.ops.index import known, same
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.expand_gradients import OWN
from onnx_frontend.registry import operator


@operator("OnesLike", since=1, domain=OWN)
def ones_like(node: NodeContext, x: Tensor) -> Tensor:
    """1 for each cell."""
    return views.filled(node.output(), x.shape, const(x.type, 1))


@operator("ZerosLike", since=1, domain=OWN)
def zeros_like(node: NodeContext, x: Tensor) -> Tensor:
    """0 for each cell."""
    return views.filled(node.output(), x.shape, const(x.type, 0))


@operator("SumTo", since=1, domain=OWN)
def sum_to(node: NodeContext, x: Tensor, like: Tensor) -> Tensor:
    """What was broadcast is summed up again: `x` with the shape of `like`."""
    more = x.rank - like.rank
    pairs = list(zip(x.shape[more:], like.shape, strict=True))
    if not all(known(b) == 1 or same(a, b) for a, b in pairs):
        node.unsupported("sizes of which it is known whether they are broadcast")
    summed_up = (more + i for i, (a, b) in enumerate(pairs) if known(a) != 1 and known(b) == 1)
    axes = [*range(more), *summed_up]
    if not axes:
        return views.identity(node.output(), x)
    summed = reduce(node.inner("summed"), x, "sum", axes, keep_axes=True)
    return reshape(node.output(), summed, like.shape)


@operator("SwapLast", since=1, domain=OWN)
def swap_last(node: NodeContext, x: Tensor) -> Tensor:
    """The last two axes in each other's place."""
    if x.rank < 2:
        node.unsupported("matrices: a product with a vector has another derivative")
    return views.transpose(node.output(), x, [*range(x.rank - 2), x.rank - 1, x.rank - 2])
