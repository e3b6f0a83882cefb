"""The attributes that convolutions and pools share."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Expr
from halo.ops.index import known
from halo.ops.tensor import Tensor
from halo.ops.window import WindowAxis, window_axes
from onnx_frontend.context import NodeContext


def kernel_of(node: NodeContext, x: Tensor, w: Tensor, *more: Expr) -> Sequence[int]:
    """Return the spatial sizes of a convolution's weights `w`, which must be known, as `more`.

    Raises
    ------
    ModelError
        The weights do not have the axes of `x`.
    Unsupported
        A size is not known.
    """
    if x.rank < 3 or w.rank != x.rank:
        node.fail(f"its input has {x.rank} axes and its weights {w.rank}")
    sizes = [known(d) for d in w.shape[2:]]
    found = [n for n in sizes if n is not None]
    if len(found) < len(sizes) or None in map(known, more):
        node.unsupported("weights of a known shape")
    return node.integers("kernel_shape", found)


def window_of(node: NodeContext, x: Tensor, kernel: Sequence[int]) -> tuple[WindowAxis, ...]:
    """Return the windows that a node's strides, dilations, pads and auto_pad describe."""
    rank = len(kernel)
    if rank != x.rank - 2:
        node.fail(f"a window of {rank} axes over a tensor of {x.rank}")
    mode = node.text("auto_pad", "NOTSET")
    pads = node.integers("pads", [0] * 2 * rank) if mode in ("NOTSET", "") else [0] * 2 * rank
    axes = window_axes(
        kernel,
        node.integers("strides", [1] * rank),
        node.integers("dilations", [1] * rank),
        pads,
    )
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        lower = mode == "SAME_LOWER"
        return tuple(a.same(d, lower) for a, d in zip(axes, x.shape[2:], strict=True))
    if mode not in ("NOTSET", "", "VALID"):
        node.fail(f"auto_pad is {mode!r}", hint="it is NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    return axes
