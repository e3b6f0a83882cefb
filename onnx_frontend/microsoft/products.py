"""Products fused with transpositions, factors and activations."""

from __future__ import annotations

from halo.ir.expr import const
from halo.ops import matmul as ops
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Tensor
from halo.ops.views import transpose
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.activation import apply, fast_gelu, named
from onnx_frontend.microsoft.domain import microsoft


def _turned(node: NodeContext, role: str, x: Tensor) -> Tensor:
    """Return `x` with its last axes exchanged, and its batch axes turned, as the flags tell."""
    rows, batch = node.flag(f"trans{role}"), node.flag(f"transBatch{role}")
    if x.rank < 2:  # a vector has nothing to be exchanged with
        return x
    order = list(range(x.rank))
    if batch:
        # The first axis goes behind the other batch axes, right before the last.
        order = [*order[1:-1], 0, order[-1]]
    if rows:
        order[-2], order[-1] = order[-1], order[-2]
    if order == sorted(order):
        return x
    return transpose(node.inner(f"{role.lower()}_turned"), x, order)


def _product(node: NodeContext, name: str, a: Tensor, b: Tensor) -> Tensor:
    left, right = _turned(node, "A", a), _turned(node, "B", b)
    alpha = node.number("alpha", 1.0)
    if alpha == 1:
        return ops.matmul(name, left, right)
    made = ops.matmul(node.inner("product"), left, right)
    return elementwise(name, lambda v: v * const(v.type, alpha), made)


@microsoft("FusedMatMul")
def fused_matmul(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """The product of operands that may be transposed first, times a number."""
    return _product(node, node.output(), a, b)


@microsoft("TransposeMatMul")
def transpose_matmul(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """The older name of FusedMatMul."""
    return _product(node, node.output(), a, b)


def _parameters(node: NodeContext) -> list[float]:
    names = [f"activation_{name}" for name in ("alpha", "beta", "gamma")]
    return [node.number(name) for name in names if node.has(name)]


@microsoft("FusedMatMulActivation")
def fused_matmul_activation(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """FusedMatMul with an activation behind it."""
    function = named(node, node.text("activation"), _parameters(node))
    return apply(node.output(), function, _product(node, node.inner("factor"), a, b))


@microsoft("FusedGemm")
def fused_gemm(node: NodeContext, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    """Gemm with an activation behind it."""
    numbers = node.number("alpha", 1.0), node.number("beta", 1.0)
    turned = node.flag("transA"), node.flag("transB")
    made = ops.gemm(node.inner("product"), a, b, c, *numbers, *turned)
    return apply(node.output(), named(node, node.text("activation", ""), _parameters(node)), made)


@microsoft("GemmFastGelu")
def gemm_fast_gelu(node: NodeContext, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    """FastGelu of a product plus a bias."""
    made = ops.matmul(node.inner("product"), x, w)
    return apply(node.output(), fast_gelu, made, *([] if bias is None else [bias]))
