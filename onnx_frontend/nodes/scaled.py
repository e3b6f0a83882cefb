"""What operators on scaled integers share: taking off zero points, and scaling sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.ir.expr import Expr, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to
from halo.ir.types import Float, Int, Type
from halo.lang.operators import clamp
from halo.ops.broadcast import fits_into
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.index import known
from halo.ops.normalization import along_axis
from halo.ops.tensor import Array, OpKind, Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext

READERS = frozenset({OpKind.ELEMENTWISE, OpKind.VIEW, OpKind.REDUCE})
"""Those that read a cell about once: they scale it themselves."""

PRODUCTS = frozenset({OpKind.CONV, OpKind.DEPTHWISE_CONV, OpKind.MATMUL, OpKind.POOL})
"""Those that come back to a cell: they take off its zero point each time, not its scale."""


def is_scalar(x: Tensor) -> bool:
    """Whether `x` is known to have one element."""
    return all(known(d) == 1 for d in x.shape)


def spread(node: NodeContext, role: str, x: Tensor, values: Tensor, axis: int) -> Tensor:
    """Return `values`, one of all or one per place of `axis`, shaped to broadcast to `x`."""
    if values.rank != 1 or is_scalar(values):
        return values
    return along_axis(node.inner(role), x, values, normal_axis(axis, x.rank))


def shifted(node: NodeContext, role: str, x: Tensor, zero: Tensor | None, axis: int = 0) -> Tensor:
    """Return x - zero in as few bits as hold it; of constants it is computed now.

    Parameters
    ----------
    zero
        A zero point of all, or one per place of `axis`, or what broadcasts to `x`.

    Raises
    ------
    DefinitionError
        It is none of these.
    """
    zeros = None if zero is None else spread(node, f"{role}_zero", x, zero, axis)
    if zeros is not None:
        fits_into(zeros, x)
    if not x.type.is_integral:
        node.unsupported(f"operands of integers, not {x.type}")
    if zero is not None and zero.constant is not None and not zero.constant.any():
        zero = None
    if x.constant is not None and (zero is None or zero.constant is not None):
        return constant(node.inner(role), _less(x, zero, axis))
    if zero is None or zeros is None:
        return x
    type = Int(16) if x.type.bits() == 8 else Int(32)

    def cell(v: Expr, z: Expr) -> Expr:
        return cast_to(type, v) - cast_to(type, z)

    joins = {"joins": READERS | PRODUCTS}
    return elementwise(node.inner(role), cell, x, zeros, type=type, attrs=joins)


def _less(x: Tensor, zero: Tensor | None, axis: int) -> Array:
    assert x.constant is not None
    made = x.constant.astype(np.int64)
    if zero is not None and zero.constant is not None:
        shape: Any = zero.constant.shape
        if zero.rank == 1 and not is_scalar(zero):
            shape = (-1, *[1] * (x.rank - 1 - normal_axis(axis, x.rank)))
        made = made - zero.constant.astype(np.int64).reshape(shape)
    low, high = (int(made.min()), int(made.max())) if made.size else (0, 0)
    fitting = [t for t in (np.int8, np.uint8, np.int16) if _fits(low, high, t)]
    return made.astype(fitting[0] if fitting else np.int32)


def _fits(low: int, high: int, type: Any) -> bool:
    limits = np.iinfo(type)
    return int(limits.min) <= low and high <= int(limits.max)


def held(value: Expr, type: Type) -> Expr:
    """Return the float `value` rounded to the nearest integer, ties to even, held in `type`."""
    low, high = const(value.type, type.min_value), const(value.type, type.max_value)
    return cast_to(type, clamp(intrinsic("round", value), low, high))


def rescaled(
    node: NodeContext,
    name: str,
    sums: Tensor,
    scales: tuple[Tensor, Tensor, Tensor],
    zero: Tensor,
) -> Tensor:
    """Return round(sums * a / c * b + zero), held in the type of `zero`."""
    type = zero.type
    if not type.is_integral:
        node.unsupported(f"a result of integers, not {type}")

    def cell(v: Expr, a: Expr, b: Expr, c: Expr, z: Expr) -> Expr:
        wide = Float(64)
        return held(cast_to(wide, v) * cast_to(wide, a * b / c) + cast_to(wide, z), type)

    return elementwise(name, cell, sums, *scales, zero, type=type)
