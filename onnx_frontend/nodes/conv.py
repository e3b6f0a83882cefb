"""Convolutions."""

from __future__ import annotations

from halo.ops.conv import conv as convolve
from halo.ops.index import known
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.window import window_of
from onnx_frontend.registry import operator


@operator("Conv", since=1)
def conv(node: NodeContext, x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolution of one to three spatial axes, with groups."""
    kernel = [known(d) for d in w.shape[2:]]
    if x.rank < 3 or w.rank != x.rank:
        node.fail(f"its input has {x.rank} axes and its weights {w.rank}")
    if None in kernel or known(w.shape[0]) is None:
        node.unsupported("weights of a known shape")
    sizes = node.integers("kernel_shape", [k for k in kernel if k is not None])
    return convolve(node.output(), x, w, bias, window_of(node, x, sizes), node.integer("group", 1))
