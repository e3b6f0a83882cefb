"""Comparisons, logic and choice."""

from __future__ import annotations

import operator as python
from collections.abc import Callable

from halo.ir.expr import Expr, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.types import Bool
from halo.ops import functions as f
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator

_TO_BOOL: dict[str, Callable[[Expr, Expr], Expr]] = {
    "Equal": python.eq,
    "Less": python.lt,
    "LessOrEqual": python.le,
    "Greater": python.gt,
    "GreaterOrEqual": python.ge,
    "And": python.and_,
    "Or": python.or_,
    "Xor": python.xor,
}

_BITWISE: dict[str, Callable[[Expr, Expr], Expr]] = {
    "BitwiseAnd": python.and_,
    "BitwiseOr": python.or_,
    "BitwiseXor": python.xor,
}


def _register(name: str, function: Callable[[Expr, Expr], Expr], to_bool: bool) -> None:
    @operator(name, since=7)
    def apply(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
        return elementwise(node.output(), function, a, b, type=Bool() if to_bool else a.type)


def compare_equal(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """Return whether cells are equal."""
    return elementwise(node.output(), python.eq, a, b, type=Bool())


for _name, _function in _TO_BOOL.items():
    _register(_name, _function, to_bool=True)
for _name, _function in _BITWISE.items():
    _register(_name, _function, to_bool=False)


@operator("Not", since=1)
def logical_not(node: NodeContext, x: Tensor) -> Tensor:
    """Logical negation."""
    return elementwise(node.output(), f.logical_not, x)


@operator("BitwiseNot", since=18)
def bitwise_not(node: NodeContext, x: Tensor) -> Tensor:
    """All bits flipped."""
    return elementwise(node.output(), python.invert, x)


@operator("BitShift", since=11)
def bit_shift(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """Bits moved left or right; by as many as there are or more, or by less than 0, all of them."""
    direction = node.text("direction")
    if direction not in ("LEFT", "RIGHT"):
        node.fail(f"attribute 'direction' is {direction!r}", hint="it is LEFT or RIGHT")

    def cell(x: Expr, by: Expr) -> Expr:
        bits = x.type.bits()
        fits = by < const(by.type, bits)
        if by.type.is_int():
            fits = fits & (by >= const(by.type, 0))
        if direction == "RIGHT" and x.type.is_int():
            return x >> Select(fits, by, const(by.type, bits - 1))
        moved = x << by if direction == "LEFT" else x >> by
        return Select(fits, moved, const(x.type, 0))

    return elementwise(node.output(), cell, a, b)


@operator("Where", since=9)
def where(node: NodeContext, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """A cell of one or the other, as the condition tells."""
    return elementwise(node.output(), f.where, condition, a, b, type=a.type)


@operator("IsNaN", since=9)
def is_nan(node: NodeContext, x: Tensor) -> Tensor:
    """Whether a cell is not a number."""
    return elementwise(node.output(), lambda v: intrinsic("is_nan", v), x, type=Bool())


@operator("IsInf", since=10)
def is_inf(node: NodeContext, x: Tensor) -> Tensor:
    """Whether a cell is infinite."""
    negative, positive = node.flag("detect_negative", True), node.flag("detect_positive", True)
    return elementwise(node.output(), lambda v: f.is_inf(v, negative, positive), x, type=Bool())
