"""Matrix products."""

from __future__ import annotations

from halo.ops import matmul as products
from halo.ops.det import det
from halo.ops.einsum import einsum
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("MatMul", since=1)
def matmul(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """The product, as numpy's matmul."""
    return products.matmul(node.output(), a, b)


@operator("Gemm", since=7)
def gemm(node: NodeContext, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    """alpha * A @ B + beta * C."""
    return products.gemm(
        node.output(),
        a,
        b,
        c,
        node.number("alpha", 1.0),
        node.number("beta", 1.0),
        node.flag("transA"),
        node.flag("transB"),
    )


@operator("Einsum", since=12)
def einstein_sum(node: NodeContext, *inputs: Tensor) -> Tensor:
    """The sum of products that an equation tells."""
    return einsum(node.output(), node.inner, node.text("equation"), inputs)


@operator("Det", since=11)
def determinant(node: NodeContext, x: Tensor) -> Tensor:
    """The determinant of each square matrix."""
    return det(node.output(), x)
