"""Evaluate an expression on many numbers at once, and count units in the last place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    NE,
    Add,
    And,
    Broadcast,
    Call,
    Cast,
    Div,
    Expr,
    FloatImm,
    IntImm,
    Max,
    Min,
    Mul,
    Not,
    Or,
    Reinterpret,
    Select,
    Sub,
    Variable,
)
from halo.ir.math import definition
from halo.ir.types import Float

Array = np.ndarray[Any, np.dtype[Any]]

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    Add: np.add,
    Sub: np.subtract,
    Mul: np.multiply,
    Div: np.divide,
    Min: lambda a, b: np.where(a < b, a, b),
    Max: lambda a, b: np.where(a > b, a, b),
    EQ: np.equal,
    NE: np.not_equal,
    LT: np.less,
    LE: np.less_equal,
    GT: np.greater,
    GE: np.greater_equal,
    And: np.logical_and,
    Or: np.logical_or,
}


def _fma(a: Array, b: Array, c: Array) -> Array:
    if a.dtype == np.float32:
        product = a.astype(np.float64) * b.astype(np.float64)
        return (product.astype(np.longdouble) + c).astype(np.float32)
    p = a * b
    s = p + c
    plain = np.isfinite(s) & (np.abs(a) < 1e150) & (np.abs(b) < 1e150)
    ah, bh = _upper(a), _upper(b)
    al, bl = a - ah, b - bh
    lost = ((ah * bh - p) + ah * bl + al * bh) + al * bl
    t = s - p
    rest = (p - (s - t)) + (c - t)
    return np.where(plain, s + (rest + lost), s)


def _upper(a: Array) -> Array:
    t = a * 134217729.0
    return t - (t - a)


_CALLS: dict[str, Callable[..., Any]] = {
    "fma": _fma,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "trunc": np.trunc,
    "is_nan": np.isnan,
    "is_inf": np.isinf,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "shift_left": np.left_shift,
    "shift_right": np.right_shift,
}


def _evaluate(e: Expr, values: dict[str, Array], memo: dict[int, Array]) -> Array:
    if id(e) in memo:
        return memo[id(e)]
    kids = [_evaluate(c, values, memo) for c in e.children()]
    match e:
        case IntImm() | FloatImm():
            out = np.array([e.value], e.type.dtype)
        case Variable():
            out = values[e.name]
        case Broadcast():
            out = kids[0]
        case Cast():
            out = kids[0].astype(e.type.dtype)
        case Reinterpret():
            out = kids[0].view(e.type.dtype)
        case Select():
            out = np.where(*kids)
        case Not():
            out = ~kids[0]
        case Call():
            out = _CALLS[e.name](*kids)
        case _:
            out = _BINARY[type(e)](*kids)
    assert out.dtype == e.type.dtype, e
    memo[id(e)] = out
    return out


def _call(name: str, *args: Array) -> Array:
    """Return math function `name` of arrays of one float type."""
    type = Float(args[0].dtype.itemsize * 8)
    variables = tuple(Variable(type, f"x{i}") for i in range(len(args)))
    made = definition(name, variables)
    with np.errstate(all="ignore"):
        values = {v.name: a for v, a in zip(variables, args, strict=True)}
        return np.broadcast_to(_evaluate(made, values, {}), args[0].shape)


def _errors(got: Array, exact: Array) -> Array:
    """Return the error of `got` in units in the last place of the result's type.

    Infinities, NaNs and results that round to them must agree; otherwise the error is infinite.
    """
    with np.errstate(all="ignore"):
        rounded = exact.astype(got.dtype)
        step = np.spacing(np.abs(rounded)).astype(exact.dtype)
        error = np.abs(got.astype(exact.dtype) - exact) / step
    same = (got == rounded) | (np.isnan(got) & np.isnan(exact))
    plain = np.isfinite(got) & np.isfinite(rounded)
    return np.where(plain, error, np.where(same, 0.0, np.inf)).astype(np.float64)


@pytest.fixture
def evaluate() -> Callable[..., Array]:
    """Evaluate a math function, by name, of arrays."""
    return _call


@pytest.fixture
def ulps() -> Callable[[Array, Array], Array]:
    """Measure errors in units in the last place."""
    return _errors
