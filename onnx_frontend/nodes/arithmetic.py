"""Arithmetic and mathematical functions of one, two or many operands."""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from functools import reduce

from halo.ir.expr import Expr, const
from halo.ir.intrinsics import intrinsic
from halo.lang import math
from halo.ops import functions as f
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator

_UNARY: dict[str, Callable[[Expr], Expr]] = {
    "Abs": f.magnitude,
    "Acos": math.acos,
    "Acosh": math.acosh,
    "Asin": math.asin,
    "Asinh": math.asinh,
    "Atan": math.atan,
    "Atanh": math.atanh,
    "Ceil": lambda x: intrinsic("ceil", x),
    "Cos": math.cos,
    "Cosh": math.cosh,
    "Erf": math.erf,
    "Exp": math.exp,
    "Floor": lambda x: intrinsic("floor", x),
    "Log": math.log,
    "Neg": python.neg,
    "Reciprocal": f.reciprocal,
    "Round": lambda x: intrinsic("round", x),
    "Sign": f.sign,
    "Sin": math.sin,
    "Sinh": math.sinh,
    "Sqrt": math.sqrt,
    "Tan": math.tan,
    "Tanh": math.tanh,
}

BINARY: dict[str, Callable[[Expr, Expr], Expr]] = {
    "Add": python.add,
    "Sub": python.sub,
    "Mul": python.mul,
    "Div": f.divide,
    "Pow": f.power,
}

_VARIADIC: dict[str, Callable[[Expr, Expr], Expr]] = {
    "Max": f.larger,
    "Min": f.smaller,
    "Sum": python.add,
}


def _unary(name: str, function: Callable[[Expr], Expr]) -> None:
    @operator(name, since=1)
    def apply(node: NodeContext, x: Tensor) -> Tensor:
        return elementwise(node.output(), function, x)


def _binary(name: str, function: Callable[[Expr, Expr], Expr]) -> None:
    @operator(name, since=7)
    def apply(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
        return elementwise(node.output(), function, a, b)


def _variadic(name: str, function: Callable[[Expr, Expr], Expr]) -> None:
    @operator(name, since=1)
    def apply(node: NodeContext, *inputs: Tensor) -> Tensor:
        return elementwise(node.output(), lambda *cells: reduce(function, cells), *inputs)


for _name, _function in _UNARY.items():
    _unary(_name, _function)
for _name, _of_two in BINARY.items():
    _binary(_name, _of_two)
for _name, _of_two in _VARIADIC.items():
    _variadic(_name, _of_two)


@operator("Mean", since=1)
def mean(node: NodeContext, *inputs: Tensor) -> Tensor:
    """The mean of all operands."""

    def cell(*cells: Expr) -> Expr:
        return reduce(python.add, cells) / const(cells[0].type, len(cells))

    return elementwise(node.output(), cell, *inputs)


@operator("Mod", since=10)
def mod(node: NodeContext, a: Tensor, b: Tensor) -> Tensor:
    """The remainder, with the sign of the divisor or (fmod) of the dividend."""
    if not node.flag("fmod"):
        return elementwise(node.output(), f.modulo, a, b)
    return elementwise(node.output(), f.truncated_modulo, a, b)
