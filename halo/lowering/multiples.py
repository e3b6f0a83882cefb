"""Coordinates that are known to be multiples of a number, up to a constant."""

from __future__ import annotations

from halo.ir.expr import (
    Add,
    Call,
    Expr,
    IntImm,
    Max,
    Min,
    Mul,
    Select,
    Sub,
    Variable,
    as_const,
    i32,
)
from halo.ir.intrinsics import intrinsic, is_marked
from halo.ir.simplify import simplify
from halo.ir.types import Int


def in_units(e: Expr, unit: int) -> tuple[Expr, int] | None:
    """Return (q, r) with e == q*unit + r and 0 <= r < unit if `e` shows them.

    x*4 + 6, 4   ->  x + 1, 2
    min(x*4, n), 4  ->  None
    """
    match e:
        case IntImm():
            return i32(e.value // unit), e.value % unit
        case Add() | Sub():
            a, b = in_units(e.a, unit), in_units(e.b, unit)
            if a is None or b is None:
                return None
            carry, r = divmod(a[1] + b[1] if isinstance(e, Add) else a[1] - b[1], unit)
            return Add(type(e)(a[0], b[0]), i32(carry)), r
        case Mul():
            return _product(e, unit)
        case Call() if is_marked(e):
            a = in_units(e.args[0], unit)
            return None if a is None else (intrinsic(e.name, a[0]), a[1])
        case Min() | Max():
            a, b = in_units(e.a, unit), in_units(e.b, unit)
            return None if a is None or b is None or a[1] != b[1] else (type(e)(a[0], b[0]), a[1])
        case Select():
            a, b = in_units(e.true_value, unit), in_units(e.false_value, unit)
            if a is None or b is None or a[1] != b[1]:
                return None
            return Select(e.condition, a[0], b[0]), a[1]
    return None


def _product(e: Mul, unit: int) -> tuple[Expr, int] | None:
    factor = as_const(e.b)
    if factor is None:
        return None
    if factor % unit == 0:
        return Mul(e.a, i32(int(factor) // unit)), 0
    inner = in_units(e.a, unit)
    if inner is None:
        return None
    carry, r = divmod(inner[1] * int(factor), unit)
    return Add(Mul(inner[0], i32(int(factor))), i32(carry)), r


def named_units(e: Expr, name: str, unit: int) -> tuple[tuple[str, Expr], Expr] | None:
    """Return a let of `e` in units, and `e` in terms of it, if it is a multiple up to a constant.

    What is made of it is then seen to be one, too.

        (x/2)*2 + 1, "f.min", 2  ->  ("f.min.units", x/2), f.min.units*2 + 1
    """
    found = in_units(e, unit) if unit > 1 else None
    if found is None:
        return None
    let = f"{name}.units", simplify(found[0])
    return let, simplify(Add(Mul(Variable(Int(32), let[0]), i32(unit)), i32(found[1])))
