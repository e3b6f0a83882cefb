"""The same cells under another shape."""

from __future__ import annotations

from halo.ops import reshape as ops
from halo.ops import views
from halo.ops.index import holds, known
from halo.ops.run_time_axes import flags_of, with_ones, without
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("Reshape", since=5)
def reshape(node: NodeContext, x: Tensor, shape: Tensor) -> Tensor:
    """Under a shape computed from constants and other shapes."""
    target = node.content(shape, "a shape")
    sizes, requires = ops.target_shape(x, target, node.flag("allowzero"))
    return ops.reshape(node.output(), x, sizes, requires)


@operator("Flatten", since=1)
def flatten(node: NodeContext, x: Tensor) -> Tensor:
    """As a matrix."""
    axis = node.integer("axis", 1)
    if not -x.rank <= axis <= x.rank:
        node.fail(f"axis {axis} of a tensor with {x.rank} axes")
    return ops.flatten(node.output(), x, axis)


@operator("Squeeze", since=1)
def squeeze(node: NodeContext, x: Tensor) -> Tensor:
    """Without axes of size 1, given as an attribute."""
    return _squeeze(node, x, node.integers("axes") if node.has("axes") else None)


@operator("Squeeze", since=13)
def squeeze_axes(node: NodeContext, x: Tensor, axes: Tensor | None = None) -> Tensor:
    """Without axes of size 1, given as an input."""
    if axes is None:
        return _squeeze(node, x, None)
    given = node.content(axes, "axes")
    fixed = node.known_constants(axes)
    if fixed is not None:
        return _squeeze(node, x, fixed)
    return without(node.output(), x, flags_of(given, x.rank), len(given))


def _squeeze(node: NodeContext, x: Tensor, axes: list[int] | None) -> Tensor:
    if axes is None:
        if any(known(d) is None and not holds(d >= 2) for d in x.shape):
            node.unsupported("axes to squeeze: which sizes are 1 is not known before it runs")
        axes = [a for a, d in enumerate(x.shape) if known(d) == 1]
    return views.squeeze(node.output(), x, axes)


@operator("Unsqueeze", since=1)
def unsqueeze(node: NodeContext, x: Tensor) -> Tensor:
    """With axes of size 1, given as an attribute."""
    return views.unsqueeze(node.output(), x, node.integers("axes"))


@operator("Unsqueeze", since=13)
def unsqueeze_axes(node: NodeContext, x: Tensor, axes: Tensor) -> Tensor:
    """With axes of size 1, given as an input."""
    given = node.content(axes, "axes")
    fixed = node.known_constants(axes)
    if fixed is not None:
        return views.unsqueeze(node.output(), x, fixed)
    return with_ones(node.output(), x, given)


@operator("Expand", since=8)
def expand(node: NodeContext, x: Tensor, shape: Tensor) -> Tensor:
    """Broadcast to a shape."""
    return views.expand(node.output(), x, node.content(shape, "a shape"))
