"""GridSample and AffineGrid."""

from __future__ import annotations

from dataclasses import replace

from halo.ops.grid_sample import affine_grid, grid_sample
from halo.ops.index import known, same
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("GridSample", since=16)
def sample(node: NodeContext, x: Tensor, grid: Tensor) -> Tensor:
    """Cells at places that a grid tells."""
    mode = node.text("mode", "linear").removeprefix("bi")
    padding = node.text("padding_mode", "zeros")
    return grid_sample(node.output(), x, grid, mode, padding, node.flag("align_corners"))


@operator("AffineGrid", since=20)
def grid_of(node: NodeContext, theta: Tensor, size: Tensor) -> Tensor:
    """The grid of an affine map."""
    sizes = node.content(size, "a size")
    axes = len(sizes) - 2
    if axes not in (2, 3) or theta.rank != 3:
        node.fail(f"its size has {len(sizes)} numbers, and theta {theta.rank} axes")
    if [known(d) for d in theta.shape[1:]] != [axes, axes + 1]:
        node.fail(f"theta is not made of matrices of {axes} rows and {axes + 1} columns")
    made = affine_grid(node.output(), theta, sizes[2:], node.flag("align_corners"))
    if not same(theta.shape[0], sizes[0]):
        made.op = replace(made.op, requires=((theta.shape[0], sizes[0]),))
    return made
