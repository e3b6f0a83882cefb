"""Softmax."""

from __future__ import annotations

from halo.ops import softmax as soft
from halo.ops.tensor import Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


def _register(name: str, logarithm: bool) -> None:
    @operator(name, since=1)
    def flattened(node: NodeContext, x: Tensor) -> Tensor:
        # Until version 13 all axes from the given one on are taken together.
        axis = node.integer("axis", 1)
        first = axis if axis == x.rank else normal_axis(axis, x.rank)
        return soft.softmax(node.output(), x, range(first, x.rank), logarithm)

    @operator(name, since=13)
    def along_axis(node: NodeContext, x: Tensor) -> Tensor:
        return soft.softmax(node.output(), x, [node.integer("axis", -1)], logarithm)


_register("Softmax", logarithm=False)
_register("LogSoftmax", logarithm=True)
