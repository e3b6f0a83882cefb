"""Numbers as scaled integers or 8-bit floats, and back."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Float, Int, Type, UInt
from halo.lang.operators import clamp
from halo.ops.elementwise import elementwise
from halo.ops.encoded import ENCODINGS, code_of, decode, saturated_code
from halo.ops.index import ceil_div, floor_div, known
from halo.ops.normalization import along_axis
from halo.ops.tensor import Tensor
from halo.ops.views import normal_axis, view
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.scaled import READERS
from onnx_frontend.registry import operator


def _spread(node: NodeContext, role: str, x: Tensor, values: Tensor) -> Tensor:
    """Return scales or zero points, one per tensor, per place of an axis, or per block of it."""
    if values.rank == 0 or (values.rank == 1 and known(values.shape[0]) == 1):
        return values
    axis = normal_axis(node.integer("axis", 1), x.rank)
    if values.rank == 1:
        return along_axis(node.inner(role), x, values, axis)
    if values.rank != x.rank:
        node.fail(f"its scale has {values.rank} axes, its input {x.rank}")
    block = node.integer("block_size", 0)
    if block < 1:
        node.fail(f"its block_size is {block}")

    def cell(*coords: Any) -> Expr:
        return values.at(*coords[:axis], as_expr(coords[axis]) / block, *coords[axis + 1 :])

    shape = [*x.shape]
    if known(floor_div(x.shape[axis], block)) == 0:
        node.fail(f"its block_size is {block}, more than its axis {axis} has")
    blocks = [ceil_div(d, block) if a == axis else d for a, d in enumerate(x.shape)]
    requires = tuple(zip(values.shape, blocks, strict=True))
    return view(node.inner(role), shape, cell, values, what="blocks", requires=requires)


def _float_of(type: Type) -> Type:
    return type if type.is_float() and type.bits() >= 32 else Float(32)


@operator("QuantizeLinear", since=10, codes=True)
def quantize(node: NodeContext, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """round(x / scale) + zero, held in the range of the result's type."""
    type, encoding = (UInt(8), None) if zero is None else (zero.type, zero.encoding)
    if zero is None and node.has("output_dtype") and node.integer("output_dtype"):
        type, encoding = node.element_named(node.integer("output_dtype"))
    factor = _spread(node, "scales", x, scale)
    is_float = encoding is not None and not ENCODINGS[encoding].is_integer
    offset = None if zero is None or is_float else _spread(node, "zeros", x, _numbers(node, zero))

    def cell(v: Expr, s: Expr, *z: Expr) -> Expr:
        common = v.type if v.type.is_float() else s.type
        quotient = cast_to(common, v) / cast_to(common, s)
        if is_float:
            return code_of(quotient, str(encoding), node.flag("saturate", True))
        places = intrinsic("round", cast_to(_float_of(common), quotient))
        # Far beyond all results, and what is added to it is exact.
        held = cast_to(Int(32), clamp(places, -(1 << 20), 1 << 20))
        moved = held + cast_to(Int(32), z[0]) if z else held
        if encoding is not None:
            return saturated_code(moved, encoding)
        return cast_to(type, clamp(moved, const(Int(32), type.min_value), type.max_value))

    operands = [t for t in (x, factor, offset) if t is not None]
    made = elementwise(node.output(), cell, *operands, type=type)
    made.encoding = encoding
    return made


def _numbers(node: NodeContext, x: Tensor) -> Tensor:
    return x if x.encoding is None else decode(node.inner("zero"), x)


@operator("DequantizeLinear", since=10, codes=True)
def dequantize(node: NodeContext, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """(x - zero) * scale."""
    type = scale.type
    if node.has("output_dtype") and node.integer("output_dtype"):
        type = node.type_named(node.integer("output_dtype"))
    numbers = x if x.encoding is None else decode(node.inner("numbers"), x)
    factor = _spread(node, "scales", x, scale)
    offset = None if zero is None else _spread(node, "zeros", x, _numbers(node, zero))
    wide = Float(32) if type.bits() < 32 else type

    def cell(v: Expr, s: Expr, *z: Expr) -> Expr:
        if z and v.type.is_integral:
            v = cast_to(Int(32), v) - cast_to(Int(32), z[0])
        return cast_to(type, cast_to(wide, v) * cast_to(wide, s))

    operands = [t for t in (numbers, factor, offset) if t is not None]
    joins = {"joins": READERS} if numbers.type.bits() < type.bits() else {}
    return elementwise(node.output(), cell, *operands, type=type, attrs=joins)
