"""Extents as expressions of the model's symbols: products, widening, evaluation, JSON.

An extent is an int32 expression over constants and symbols (plain variables). Here are the few
operations that planning, the entry function and a saved model's manifest need of them. They must
work without a compiler and fast, so they know these nodes only: arithmetic, min, max, select,
comparison and conversion between integers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from halo.errors import InternalError
from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    NE,
    Add,
    And,
    Binary,
    Cast,
    Comparison,
    Div,
    Expr,
    IntImm,
    Max,
    Min,
    Mod,
    Mul,
    Not,
    Or,
    Select,
    Sub,
    Variable,
    i64,
)
from halo.ir.operators import euclid_div, euclid_mod
from halo.ir.types import Int
from halo.ops.tensor import LARGEST

_BINARY: dict[type[Expr], tuple[str, Callable[[int, int], int]]] = {
    Add: ("+", operator.add),
    Sub: ("-", operator.sub),
    Mul: ("*", operator.mul),
    Div: ("/", euclid_div),
    Mod: ("%", euclid_mod),
    Min: ("min", min),
    Max: ("max", max),
    EQ: ("==", operator.eq),
    NE: ("!=", operator.ne),
    LT: ("<", operator.lt),
    LE: ("<=", operator.le),
    GT: (">", operator.gt),
    GE: (">=", operator.ge),
    And: ("and", operator.and_),
    Or: ("or", operator.or_),
}
_BY_NAME = {name: compute for name, compute in _BINARY.values()}

Serial = int | str | list[Any]
"""JSON form of an extent: a number, a symbol's name, or ``[operator, operand, ...]``."""


def to_serial(e: Expr) -> Serial:
    """Return the JSON form of extent `e`.

    Raises
    ------
    InternalError
        `e` holds a node that no extent is made of.
    """
    match e:
        case IntImm(value=value):
            return value
        case Variable(name=name):
            return name
        case Cast(value=value) if e.type.is_bool() and not value.type.is_bool():
            return ["!=", to_serial(value), 0]
        case Cast(value=value):
            return to_serial(value)
        case Binary() | Comparison():
            return [_BINARY[type(e)][0], to_serial(e.a), to_serial(e.b)]
        case Not(a=a):
            return ["not", to_serial(a)]
        case Select():
            parts = (e.condition, e.true_value, e.false_value)
            return ["select", *(to_serial(p) for p in parts)]
        case _:
            raise InternalError(f"'{e}' is not an extent: {type(e).__name__}")


def evaluate(serial: Serial, symbols: Mapping[str, int]) -> int:
    """Return the value of an extent in JSON form for the given symbols."""
    if isinstance(serial, int):
        return serial
    if isinstance(serial, str):
        return symbols[serial]
    name, *operands = serial
    values = [evaluate(operand, symbols) for operand in operands]
    if name == "select":
        return values[1] if values[0] else values[2]
    if name == "not":
        return int(not values[0])
    return int(_BY_NAME[name](values[0], values[1]))


def value_of(e: Expr, symbols: Mapping[str, int]) -> int:
    """Return the value of extent `e` for the given symbols."""
    return evaluate(to_serial(e), symbols)


def describe(serial: Serial) -> str:
    """Return an extent in JSON form as text for people, such as ``(W + 1) / 2``."""
    text = _describe(serial)
    return text[1:-1] if isinstance(serial, list) and text.startswith("(") else text


def _describe(serial: Serial) -> str:
    if not isinstance(serial, list):
        return str(serial)
    name, *operands = serial
    texts = [_describe(operand) for operand in operands]
    if name.isalpha() and name not in ("and", "or"):
        return f"{name}({', '.join(texts)})"
    return f"({f' {name} '.join(texts)})"


def names_in(serial: Serial) -> set[str]:
    """Return the symbols in an extent in JSON form."""
    if isinstance(serial, list):
        return set().union(*map(names_in, serial[1:]))
    return {serial} if isinstance(serial, str) else set()


def symbols_of(e: Expr) -> Iterator[str]:
    """Yield the names of the variables in `e`, repeated as they stand."""
    if isinstance(e, Variable):
        yield e.name
    for child in e.children():
        yield from symbols_of(child)


def widen(e: Expr) -> Expr:
    """Return extent `e` computed in int64, so that no step of it can overflow."""
    match e:
        case IntImm(value=value) if not e.type.is_bool():
            return i64(value)
        case Variable():
            return Cast(Int(64), e)
        case Cast(value=value) if e.type.is_bool() or value.type.is_bool():
            return Cast(e.type if e.type.is_bool() else Int(64), widen(value))
        case Cast(value=value):
            return widen(value)
        case Binary() | Comparison() | Select() | Not():
            return e.map_children(widen)
        case _:
            return e


def product(factors: Iterable[Expr]) -> Expr:
    """Return the product of extents as an int64 expression, constants gathered in front."""
    known = 1
    rest: list[Expr] = []
    for factor in factors:
        wide = widen(factor)
        if isinstance(wide, IntImm):
            known *= wide.value
        else:
            rest.append(wide)
    if known != 1 or not rest:
        rest.insert(0, i64(known))
    result = rest[0]
    for factor in rest[1:]:
        result = Mul(result, factor)
    return result


def saturating_product(factors: Iterable[Expr]) -> Expr:
    """Return the product of extents (int64) where it is at most `LARGEST`, else more than that.

    No step overflows, whatever the values of the symbols.
    """
    result: Expr = i64(1)
    for factor in factors:
        wide = _saturate(widen(factor))
        result = _clip(wide if is_const(result, 1) else Mul(result, wide))
    return result


def is_const(e: Expr, value: int) -> bool:
    """Whether `e` is the integer constant `value`."""
    return isinstance(e, IntImm) and e.value == value


def _saturate(e: Expr) -> Expr:
    e = e.map_children(_saturate)
    return _clip(e) if isinstance(e, Mul) else e


def _clip(e: Expr) -> Expr:
    return e if isinstance(e, (IntImm, Cast)) else Min(e, i64(LARGEST + 1))
