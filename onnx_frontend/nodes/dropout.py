"""Dropout."""

from __future__ import annotations

import numpy as np

from halo.ir.expr import TRUE, Expr, Select, const
from halo.ir.operators import cast_to
from halo.ir.types import Bool, Float
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Tensor
from halo.ops.views import filled, identity
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.draws import drawn
from onnx_frontend.registry import operator


@operator("Dropout", since=7)
def dropout(
    node: NodeContext, x: Tensor, ratio: Tensor | None = None, training: Tensor | None = None
) -> Tensor | tuple[Tensor, ...]:
    """The same cells, some of them dropped in training."""
    if training is not None and (training.constant is None or training.constant.any()):
        return _drop(node, x, ratio, training)[: node.outputs]
    kept = identity(node.output(), x)
    if node.outputs > 1 and node.node.outputs[1]:
        return kept, filled(node.output(1), x.shape, TRUE)
    return kept


def _drop(
    node: NodeContext, x: Tensor, ratio: Tensor | None, training: Tensor
) -> tuple[Tensor, ...]:
    """Return `x` with cells dropped where `training` holds, and which are kept."""
    numbers = drawn(node, x.shape)
    part = constant(node.inner("ratio"), np.array(0.5, np.float32)) if ratio is None else ratio

    def stays(u: Expr, p: Expr, t: Expr) -> Expr:
        return Select(t, u >= cast_to(u.type, p), TRUE)

    kept = elementwise(node.output(1), stays, numbers, part, training, type=Bool())

    def cell(v: Expr, k: Expr, p: Expr, t: Expr) -> Expr:
        wide = Float(64) if v.type == Float(64) else Float(32)
        scale = const(wide, 1) / (const(wide, 1) - cast_to(wide, p))
        scaled = cast_to(v.type, cast_to(wide, v) * scale)
        return Select(t, Select(k, scaled, const(v.type, 0)), v)

    return elementwise(node.output(), cell, x, kept, part, training), kept
