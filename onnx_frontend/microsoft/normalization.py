"""Layer normalizations: of sums, and by the mean of squares."""

from __future__ import annotations

from halo.ir.expr import Expr, const
from halo.ir.operators import cast_to
from halo.lang.math import sqrt
from halo.ops import functions as f
from halo.ops import normalization as normal
from halo.ops.elementwise import elementwise
from halo.ops.reduce import reduce
from halo.ops.tensor import Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.activation import apply
from onnx_frontend.microsoft.domain import microsoft, rank_of
from onnx_frontend.registry import operator


def _sum(node: NodeContext, name: str, x: Tensor, skip: Tensor, bias: Tensor | None) -> Tensor:
    rank_of(node, "input", x, 2, 3)
    rank_of(node, "skip", skip, 2, 3)
    if skip.rank > x.rank:
        node.fail(f"its skip has {skip.rank} axes, its input {x.rank}")
    return apply(name, lambda v: v, x, skip, *([] if bias is None else [bias]))


def _outputs(node: NodeContext, made: Tensor, total: Tensor) -> tuple[Tensor, ...]:
    """Return the normalized cells and, as the fourth output, what they were made of."""
    if any(node.node.outputs[1:3]):
        node.unsupported("no statistics: onnxruntime's processor kernels give none either")
    return (made, total, total, total)[: max(node.outputs, 1)]


@microsoft("SkipLayerNormalization")
def skip_layer_normalization(
    node: NodeContext,
    x: Tensor,
    skip: Tensor,
    scale: Tensor,
    shift: Tensor | None = None,
    bias: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """The normalized sum of two tensors and a bias."""
    total = _sum(node, node.output(3), x, skip, bias)
    epsilon = node.number("epsilon", 1e-12)
    axes = (x.rank - 1,)
    made = normal.normalize(node.output(), total, axes, epsilon, scale, shift)
    return _outputs(node, made, total)


@microsoft("SkipSimplifiedLayerNormalization")
def skip_simplified_layer_normalization(
    node: NodeContext, x: Tensor, skip: Tensor, scale: Tensor, bias: Tensor | None = None
) -> tuple[Tensor, ...]:
    """The sum of two tensors and a bias, divided by the root of the mean of its squares."""
    total = _sum(node, node.output(3), x, skip, bias)
    epsilon = node.number("epsilon", 1e-12)
    made = normal.rms_normalize(node.output(), total, (x.rank - 1,), epsilon, scale)
    return _outputs(node, made, total)


@operator("SimplifiedLayerNormalization", since=1)
def simplified_layer_normalization(
    node: NodeContext, x: Tensor, scale: Tensor
) -> Tensor | tuple[Tensor, ...]:
    """The axes from a given one on, divided by the root of the mean of their squares.

    onnxruntime has it in the standard's domain.
    """
    axis = normal_axis(node.integer("axis", -1), x.rank)
    axes = tuple(range(axis, x.rank))
    epsilon = node.number("epsilon", 1e-5)
    made = normal.rms_normalize(node.output(), x, axes, epsilon, scale)
    if not any(node.node.outputs[1:]):
        return made
    wide = f.sum_type(x.type)
    cells = elementwise(node.inner("wide"), lambda v: cast_to(wide, v), x, type=wide)
    squares = elementwise(node.inner("squares"), lambda v: v * v, cells)
    mean = reduce(node.inner("mean"), squares, "mean", axes, keep_axes=True)

    def inverse(v: Expr) -> Expr:
        return const(v.type, 1) / sqrt(v + const(v.type, epsilon))

    return made, elementwise(node.output(1), inverse, mean)
