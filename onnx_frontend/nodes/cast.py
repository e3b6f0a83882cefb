"""Conversions and copies."""

from __future__ import annotations

from halo.ir.types import Type
from halo.ops import functions as f
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Tensor
from halo.ops.views import identity
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


def _convert(node: NodeContext, x: Tensor, to: Type) -> Tensor:
    if to == x.type:
        return identity(node.output(), x)
    return elementwise(node.output(), lambda v: f.convert(v, to), x, type=to)


@operator("Cast", since=6)
def cast(node: NodeContext, x: Tensor) -> Tensor:
    """Cells as another type."""
    return _convert(node, x, node.type_named(node.integer("to")))


@operator("CastLike", since=15)
def cast_like(node: NodeContext, x: Tensor, like: Tensor) -> Tensor:
    """Cells as the type of another tensor."""
    return _convert(node, x, like.type)


@operator("Identity", since=1)
def copy(node: NodeContext, x: Tensor) -> Tensor:
    """The same cells."""
    return identity(node.output(), x)


@operator("Dropout", since=7)
def dropout(
    node: NodeContext, x: Tensor, ratio: Tensor | None = None, training: Tensor | None = None
) -> Tensor:
    """The same cells: nothing is dropped outside training."""
    if node.outputs > 1 and node.node.outputs[1]:
        node.unsupported("the mask, its second output")
    if training is not None and training.constant is not None and training.constant.any():
        node.unsupported("training mode")
    return identity(node.output(), x)
