"""Expressions as plain data for JSON: lists whose first element names the node."""

from __future__ import annotations

import re
from typing import Any

from halo.ir import expr as E
from halo.ir.expr import Binary, Call, CallKind, Cast, Comparison, Expr, Select, Variable
from halo.ir.types import Type, TypeCode

_PAIRS: dict[str, type[Binary] | type[Comparison]] = {
    c.__name__: c
    for c in (
        *(E.Add, E.Sub, E.Mul, E.Div, E.Mod, E.Min, E.Max, E.And, E.Or),
        *(E.EQ, E.NE, E.LT, E.LE, E.GT, E.GE),
    )
}
_CALLS = {CallKind.INTRINSIC.value: CallKind.INTRINSIC, CallKind.MATH.value: CallKind.MATH}
_TYPE = re.compile(r"(int|uint|float|bfloat)(\d+)")


class NotStorable(Exception):
    """An expression of something other than constants, parameters and sizes; or data of none."""


def expr_to_data(e: Expr) -> list[Any]:
    """Return a scalar expression of constants, parameters and sizes as lists, texts and numbers.

    Raises
    ------
    NotStorable
        It reads cells, or contains a node that has no place outside a definition.
    """
    match e:
        case E.IntImm() | E.FloatImm():
            return ["const", _type_to_data(e.type), e.value]
        case Variable():
            return ["var", _type_to_data(e.type), e.name]
        case Cast(t, value):
            return ["Cast", _type_to_data(t), expr_to_data(value)]
        case E.Not(a):
            return ["Not", expr_to_data(a)]
        case Select(c, a, b):
            return ["Select", expr_to_data(c), expr_to_data(a), expr_to_data(b)]
        case Call() if e.kind.value in _CALLS:
            args = [expr_to_data(a) for a in e.args]
            return ["call", _type_to_data(e.type), e.kind.value, e.name, args]
        case Binary() | Comparison():
            return [type(e).__name__, expr_to_data(e.a), expr_to_data(e.b)]
        case _:
            raise NotStorable(f"{e} is not made of constants, parameters and sizes alone")


def expr_from_data(data: Any) -> Expr:
    """Return the expression that `expr_to_data` gave `data` for; its variables are mere names.

    Raises
    ------
    NotStorable
        The data are no expression.
    """
    match data:
        case ["const", str(t), int(value) | float(value)]:
            return E.const(_type_from_data(t), value)
        case ["var", str(t), str(name)]:
            return Variable(_type_from_data(t), name)
        case ["Cast", str(t), value]:
            return Cast(_type_from_data(t), expr_from_data(value))
        case ["Not", a]:
            return E.Not(expr_from_data(a))
        case ["Select", c, t, f]:
            return Select(expr_from_data(c), expr_from_data(t), expr_from_data(f))
        case ["call", str(t), str(kind), str(name), list(args)] if kind in _CALLS:
            exprs = tuple(expr_from_data(a) for a in args)
            return Call(_type_from_data(t), name, exprs, _CALLS[kind])
        case [str(name), a, b] if name in _PAIRS:
            x, y = expr_from_data(a), expr_from_data(b)
            if x.type == y.type:
                return _PAIRS[name](x, y)
    raise NotStorable(f"{data!r} is no stored expression")


def _type_to_data(t: Type) -> str:
    return "bool" if t.is_bool() else f"{t.code().value}{t.bits()}"


def _type_from_data(text: str) -> Type:
    if text == "bool":
        return Type(TypeCode.UINT, 1)
    found = _TYPE.fullmatch(text)
    if found is None or int(found[2]) not in (8, 16, 32, 64):
        raise NotStorable(f"{text!r} is no type")
    return Type(TypeCode(found[1]), int(found[2]))
