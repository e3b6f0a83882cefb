"""Operators as they were before version 7, where their later forms do not cover them.

Operands did not broadcast as in numpy: the attribute `broadcast` asked for it, and `axis` told
from which axis of the first operand on the axes of the second lie.
"""

from __future__ import annotations

from typing import Any

from onnx import TensorProto

import onnx_frontend.nodes.logic  # noqa: F401 -- registers what is wrapped here
from halo.ir.expr import Expr
from halo.ops import functions as f
from halo.ops.elementwise import elementwise
from halo.ops.index import index, known
from halo.ops.normalization import per_channel
from halo.ops.reshape import reshape, target_shape
from halo.ops.tensor import Tensor
from halo.ops.views import normal_axis, tile, unsqueeze
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.activation import clip, prelu
from onnx_frontend.nodes.arithmetic import BINARY
from onnx_frontend.nodes.cast import convert
from onnx_frontend.nodes.dropout import dropout
from onnx_frontend.nodes.matmul import gemm
from onnx_frontend.nodes.normalization import batch_normalization, instance_normalization
from onnx_frontend.nodes.pad import pad_by
from onnx_frontend.registry import operator, own_operator


def _aligned(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """Return `b` with axes of size 1 behind, so that it lies along axis `axis` of `a`."""
    if not node.flag("broadcast"):
        if a.rank != b.rank:
            node.fail(
                f"its operands have {a.rank} and {b.rank} axes",
                hint="before version 7 they broadcast only with the attribute broadcast=1",
            )
        return b
    behind = a.rank - normal_axis(node.integer("axis"), a.rank) - b.rank if node.has("axis") else 0
    if behind < 0 or b.rank > a.rank:
        node.fail(f"its second operand has {b.rank} axes, more than are left of the first")
    if not behind or not b.rank:
        return b
    return unsqueeze(node.inner("aligned"), b, range(b.rank, b.rank + behind))


def _register(name: str) -> None:
    later = own_operator("", name, 7)
    assert later is not None

    @operator(name, since=1)
    def apply(node: NodeContext, a: Tensor, b: Tensor) -> Any:
        return later(node, a, _aligned(node, a, b))


for _name in (*BINARY, "And", "Or", "Xor", "Equal", "Less", "Greater"):
    _register(_name)


@operator("PRelu", since=1)
def prelu_per_channel(node: NodeContext, x: Tensor, slope: Tensor) -> Tensor:
    """x, the negative side scaled by one number or by one per channel."""
    if slope.rank == 1 and known(slope.shape[0]) != 1 and x.rank > 2:
        slope = per_channel(node.inner("slope"), x, slope)
    return prelu(node, x, slope)


@operator("Gemm", since=1)
def gemm_broadcast(node: NodeContext, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """alpha * A @ B + beta * C."""
    return gemm(node, a, b, c)


@operator("BatchNormalization", since=1)
def batch_normalization_in_test(
    node: NodeContext, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor
) -> Tensor | tuple[Tensor, ...]:
    """Per channel by given statistics."""
    if not node.flag("is_test"):
        node.unsupported("is_test=1: before version 7 training is the default")
    return batch_normalization(node, x, scale, bias, mean, variance)


@operator("InstanceNormalization", since=1)
def instance_normalization_first(
    node: NodeContext, x: Tensor, scale: Tensor, bias: Tensor
) -> Tensor:
    """Each channel of each sample by its own statistics."""
    return instance_normalization(node, x, scale, bias)


@operator("Dropout", since=1)
def dropout_in_test(node: NodeContext, x: Tensor) -> Tensor | tuple[Tensor, ...]:
    """The same cells."""
    if not node.flag("is_test"):
        node.unsupported("is_test=1: before version 7 training is the default")
    return dropout(node, x)


@operator("Reshape", since=1)
def reshape_by_attribute(node: NodeContext, x: Tensor) -> Tensor:
    """Under a shape that is an attribute."""
    sizes, requires = target_shape(x, [index(n) for n in node.integers("shape")], False)
    return reshape(node.output(), x, sizes, requires)


@operator("Cast", since=1)
def cast_by_name(node: NodeContext, x: Tensor) -> Tensor:
    """Cells as another type, which is given by its name."""
    name = node.text("to").upper()
    if name not in TensorProto.DataType.keys():  # noqa: SIM118 -- an enum of protobuf, no mapping
        node.fail(f"attribute 'to' is {name!r}, no element type")
    return convert(node, x, *node.element_named(TensorProto.DataType.Value(name)))


@operator("Selu", since=1)
def selu_rounded(node: NodeContext, x: Tensor) -> Tensor:
    """Scaled exponential linear unit; its constants have fewer digits."""
    alpha, gamma = node.number("alpha", 1.6732), node.number("gamma", 1.0507)
    return elementwise(node.output(), lambda v: f.selu(v, alpha, gamma), x)


@operator("Pad", since=1)
def pad_first(node: NodeContext, x: Tensor) -> Tensor:
    """Cells around, how many being an attribute."""
    return pad_by(node, x, node.integers("paddings"))


@operator("Tile", since=1)
def tile_axis(node: NodeContext, x: Tensor, tiles: Tensor, axis: Tensor) -> Tensor:
    """Repeated along one axis."""
    place = normal_axis(node.constants(axis, "an axis")[0], x.rank)
    repeats: list[Expr] = [index(1)] * x.rank
    repeats[place] = node.scalar(tiles, "a number of tiles")
    return tile(node.output(), x, repeats)


operator("Clip", since=1)(clip)
