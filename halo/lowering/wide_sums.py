"""Sums and products in 32 bits, and the same in 64."""

from __future__ import annotations

from collections.abc import Iterator

from halo.ir.expr import (
    Add,
    Call,
    CallKind,
    Cast,
    Expr,
    IntImm,
    Load,
    Mul,
    Sub,
    as_const,
    i64,
)
from halo.ir.types import Int
from halo.lowering.magnitude import shift_of

_SMALL = 1 << 20
"""A sum of a thousand products of int32 with constants up to this fits in 64 bits."""


def sums_in(e: Expr) -> Iterator[Expr]:
    """Yield the sums and products in the scalar `e` whose values must be in range, inmost first.

    Those that only larger ones use need not be: modulo 2**32 it makes no difference. What becomes
    a narrow or an unsigned integer wraps, and data that `e` reads has indices of its own.
    """
    seen: set[tuple[int, bool]] = set()

    def visit(n: Expr, inside: bool) -> Iterator[Expr]:
        """`inside`: it is part of a sum."""
        if (id(n), inside) in seen or _is_read(n) or _wraps(n):
            return
        seen.add((id(n), inside))
        own = _is_sum(n)
        for child in n.children():
            if isinstance(child, Expr):
                yield from visit(child, own)
        if own and not (inside and _fits_in_sums(n)):
            yield n

    yield from visit(e, False)


def _is_read(e: Expr) -> bool:
    return isinstance(e, Load) or (isinstance(e, Call) and e.kind is not CallKind.INTRINSIC)


def _wraps(e: Expr) -> bool:
    if not isinstance(e, Cast) or not (e.type.is_integral and e.value.type.is_integral):
        return False
    return e.type.bits() < 32 or e.type.is_uint()


def _is_sum(e: Expr) -> bool:
    """Whether `e` is a ring operation on int32, or the low half of one on int64."""
    if e.type != Int(32):
        return False
    if isinstance(e, Cast):
        return e.value.type == Int(64)
    return isinstance(e, (Add, Sub, Mul)) or shift_of(e) is not None


def _fits_in_sums(e: Expr) -> bool:
    """Whether `e`, whose operands are int32, may be one of many summands in 64 bits."""
    if isinstance(e, Cast):
        return False
    if isinstance(e, Mul):
        by = [c for c in (as_const(e.a), as_const(e.b)) if c is not None]
        return bool(by) and abs(by[0]) <= _SMALL
    by_bits = shift_of(e)
    return by_bits is None or 1 << by_bits <= _SMALL


def wide(e: Expr) -> Expr:
    """Return the int64 value of the int32 `e`, of which every part of `sums_in` is in range."""
    match e:
        case IntImm():
            return i64(e.value)
        case Add() | Sub() | Mul():
            return type(e)(wide(e.a), wide(e.b))
        case Cast() if e.value.type == Int(64):
            return e.value
    shift = shift_of(e)
    if shift is not None and isinstance(e, Call):
        return Mul(wide(e.args[0]), i64(1 << shift))
    return Cast(Int(64), e)
