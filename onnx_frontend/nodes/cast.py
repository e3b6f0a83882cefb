"""Conversions and copies."""

from __future__ import annotations

from halo.ir.expr import Reinterpret
from halo.ir.types import Type
from halo.ops import functions as f
from halo.ops.elementwise import elementwise
from halo.ops.encoded import decode, encode
from halo.ops.tensor import Tensor
from halo.ops.views import identity
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator
from onnx_frontend.values import Value


def convert(node: NodeContext, x: Tensor, to: Type, encoding: str | None) -> Tensor:
    """Return the cells of `x` as type `to`, in an encoding if one is given."""
    if to == x.type and encoding == x.encoding:
        return identity(node.output(), x)
    if x.encoding is not None:
        x = decode(node.inner("numbers"), x)
    if encoding is not None:
        saturate, rounding = node.flag("saturate", True), node.text("round_mode", "up")
        return encode(node.output(), x, encoding, saturate=saturate, rounding=rounding)
    return elementwise(node.output(), lambda v: f.convert(v, to), x, type=to)


@operator("Cast", since=6, codes=True)
def cast(node: NodeContext, x: Tensor) -> Tensor:
    """Cells as another type."""
    return convert(node, x, *node.element_named(node.integer("to")))


@operator("CastLike", since=15, codes=True)
def cast_like(node: NodeContext, x: Tensor, like: Tensor) -> Tensor:
    """Cells as the type of another tensor."""
    return convert(node, x, like.type, like.encoding)


@operator("BitCast", since=26)
def bit_cast(node: NodeContext, x: Tensor) -> Tensor:
    """The bits of cells as another type of the same width."""
    to = node.type_named(node.integer("to"))
    if to.bytes() != x.type.bytes():
        node.fail(f"its input has {x.type.bytes()} bytes, its result {to.bytes()}")
    if to.is_bool() or x.type.is_bool():
        return elementwise(node.output(), lambda v: f.convert(v, to), x, type=to)
    return elementwise(
        node.output(), lambda v: v if v.type == to else Reinterpret(to, v), x, type=to
    )


@operator("Identity", since=1, values=True)
def copy(node: NodeContext, x: Value) -> Value:
    """The same cells."""
    return identity(node.output(), x) if isinstance(x, Tensor) else x
