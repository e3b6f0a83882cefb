"""Associative and commutative operations, and updates that combine a cell with one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from halo.ir.cross_lane import ReduceOp
from halo.ir.equality import equal
from halo.ir.expr import (
    GE,
    GT,
    LE,
    LT,
    NE,
    Add,
    And,
    Call,
    CallKind,
    Expr,
    Max,
    Min,
    Mul,
    Or,
    Select,
    Sub,
    as_const,
    const,
)
from halo.ir.intrinsics import intrinsic, is_intrinsic
from halo.ir.node import Node
from halo.ir.operators import add, mul, negate, sub
from halo.ir.substitute import walk
from halo.ir.types import Type

_NODES: dict[type[Expr], ReduceOp] = {
    Add: ReduceOp.ADD,
    Sub: ReduceOp.ADD,
    Mul: ReduceOp.MUL,
    Min: ReduceOp.MIN,
    Max: ReduceOp.MAX,
    And: ReduceOp.AND,
    Or: ReduceOp.OR,
}

_INTRINSICS = {
    "fma": ReduceOp.ADD,
    "bitwise_and": ReduceOp.AND,
    "bitwise_or": ReduceOp.OR,
    "bitwise_xor": ReduceOp.XOR,
}


def combine(op: ReduceOp, a: Expr, b: Expr) -> Expr:
    """Return a op b."""
    if a.type.is_bool():
        if op in (ReduceOp.AND, ReduceOp.MIN, ReduceOp.MUL):
            return And(a, b)
        if op in (ReduceOp.OR, ReduceOp.MAX):
            return Or(a, b)
        return NE(a, b)
    return _BUILD[op](a, b)


_BUILD: dict[ReduceOp, Callable[[Expr, Expr], Expr]] = {
    ReduceOp.ADD: Add,
    ReduceOp.MUL: Mul,
    ReduceOp.MIN: Min,
    ReduceOp.MAX: Max,
    ReduceOp.AND: lambda a, b: intrinsic("bitwise_and", a, b),
    ReduceOp.OR: lambda a, b: intrinsic("bitwise_or", a, b),
    ReduceOp.XOR: lambda a, b: intrinsic("bitwise_xor", a, b),
    ReduceOp.SATURATING_ADD: lambda a, b: _saturating_sum(a, b),
}


def _saturating_sum(a: Expr, b: Expr) -> Expr:
    total = Add(a, b)
    return Select(LT(total, a), const(total.type, total.type.max_value), total)


def identity(op: ReduceOp, t: Type) -> Expr:
    """Return the value e of type `t` for which ``x op e`` is x: for float sums it is -0."""
    return const(t, _float_identity(op) if t.is_float() else _integer_identity(op, t))


def _float_identity(op: ReduceOp) -> float:
    values = {ReduceOp.ADD: -0.0, ReduceOp.MUL: 1.0, ReduceOp.MIN: math.inf}
    return values.get(op, -math.inf)


def _integer_identity(op: ReduceOp, t: Type) -> int:
    if op is ReduceOp.AND:
        return -1 if t.is_int() else t.max_value
    values = {ReduceOp.MUL: 1, ReduceOp.MIN: t.max_value, ReduceOp.MAX: t.min_value}
    return values.get(op, 0)


Reads = Callable[[Node], bool]
"""Whether a node, itself, reads the array that an update writes."""


def operation_of(e: Expr) -> ReduceOp | None:
    """Return the associative and commutative operation at the top of `e`, if any.

    Differences and multiply-adds count as sums, ``!=`` of bools as exclusive or.
    """
    if isinstance(e, NE):
        return ReduceOp.XOR if e.a.type.is_bool() else None
    if isinstance(e, Call) and e.kind is CallKind.INTRINSIC:
        return _INTRINSICS.get(e.name)
    return _NODES.get(type(e))


def split_update(value: Expr, is_old: Reads, reads: Reads) -> tuple[ReduceOp, Expr] | None:
    """Return (op, rest) such that `value` is ``old op rest``; None if there is no such.

    Parameters
    ----------
    is_old
        Whether a node is the old value of the cell that `value` is for.
    reads
        Whether a node reads that array anywhere; `rest` does not.

    Example
    -------
    ``a + f[i] - b`` -> (ADD, ``a - b``)

    ``select(c, f[i] + 1, f[i])`` -> (ADD, ``select(c, 1, 0)``)
    """
    made = _Splitter(is_old, reads)
    for op in _candidates(value):
        rest = made.rest(value, op)
        if rest is not None:
            return op, identity(op, value.type) if rest is _NOTHING else rest  # type: ignore[return-value]
    return None


def _candidates(value: Expr) -> list[ReduceOp]:
    """Return the operations that the top of `value` may be: under selects, those of its sides."""
    if not isinstance(value, Select):
        op = operation_of(value)
        return [] if op is None else [op]
    if _saturated(value) is not None:
        return [ReduceOp.SATURATING_ADD]
    found = [_extreme(value)]
    for side in (value.true_value, value.false_value):
        found += _candidates(side)
    return [op for op in dict.fromkeys(found) if op is not None]


def _extreme(e: Select) -> ReduceOp | None:
    """Return MIN or MAX if `e` chooses the smaller or the larger of what it compares."""
    c = e.condition
    if not isinstance(c, (LT, LE, GT, GE)):
        return None
    smaller = isinstance(c, (LT, LE))
    if equal(c.a, e.true_value) and equal(c.b, e.false_value):
        return ReduceOp.MIN if smaller else ReduceOp.MAX
    if equal(c.b, e.true_value) and equal(c.a, e.false_value):
        return ReduceOp.MAX if smaller else ReduceOp.MIN
    return None


def _saturated(e: Select) -> tuple[Expr, Expr] | None:
    """Return a and b if `e` is their sum, unsigned, or the largest value where it wraps."""
    total, c = e.false_value, e.condition
    if not (isinstance(total, Add) and total.type.is_uint() and isinstance(c, LT)):
        return None
    limited = as_const(e.true_value) == total.type.max_value and equal(c.a, total)
    wraps = equal(c.b, total.a) or equal(c.b, total.b)
    return (total.a, total.b) if limited and wraps else None


class _Nothing:
    """The rest of the old value itself: no operand at all."""


_NOTHING = _Nothing()
_Rest = Expr | _Nothing | None


def _both_ways(pair: tuple[Expr, Expr] | None) -> list[tuple[Expr, Expr]]:
    return [] if pair is None else [pair, pair[::-1]]


class _Splitter:
    def __init__(self, is_old: Reads, reads: Reads) -> None:
        self._is_old = is_old
        self._reads = reads

    def _free(self, *es: Expr) -> bool:
        """Whether none of `es` reads the array."""
        return not any(self._reads(n) for n in walk(es))

    def rest(self, e: Expr, op: ReduceOp) -> _Rest:
        """Return what `e` combines the old value with by `op`; None if it does not."""
        if self._is_old(e):
            return _NOTHING
        if isinstance(e, Select):
            return self._select(e, op)
        if operation_of(e) is not op:
            return None
        if is_intrinsic(e, "fma"):
            a, b, c = e.children()
            return self._joined(self.rest(c, op), mul(a, b), op) if self._free(a, b) else None
        a, b = e.children()
        if isinstance(e, Sub):
            return self._minus(self.rest(a, op), b) if self._free(b) else None
        if self._free(b):
            return self._joined(self.rest(a, op), b, op)
        return self._joined(self.rest(b, op), a, op) if self._free(a) else None

    def _joined(self, rest: _Rest, other: Any, op: ReduceOp) -> _Rest:
        if rest is None or isinstance(rest, _Nothing):
            return None if rest is None else other
        return add(rest, other) if op is ReduceOp.ADD else combine(op, rest, other)

    def _minus(self, rest: _Rest, other: Expr) -> _Rest:
        if rest is None or isinstance(rest, _Nothing):
            return None if rest is None else negate(other)
        return sub(rest, other)

    def _select(self, e: Select, op: ReduceOp) -> _Rest:
        if op is ReduceOp.SATURATING_ADD:
            for old, new in _both_ways(_saturated(e)):
                if self._is_old(old) and self._free(new):
                    return new
            return None
        if _extreme(e) is op:
            a, b = e.true_value, e.false_value
            old, other = (a, b) if self._is_old(a) else (b, a)
            return other if self._is_old(old) and self._free(other) else None
        if not self._free(e.condition):
            return None
        sides = [self.rest(s, op) for s in (e.true_value, e.false_value)]
        if any(s is None for s in sides):
            return None
        if all(isinstance(s, _Nothing) for s in sides):
            return _NOTHING
        none = identity(op, e.type)
        t, f = [none if isinstance(s, _Nothing) else s for s in sides]
        return Select(e.condition, t, f)  # type: ignore[arg-type]
