"""Expressions of a vectorised loop: vectors where lanes differ, scalars where they do not."""

from __future__ import annotations

from typing import Any

from halo.ir.cross_lane import Shuffle
from halo.ir.expr import (
    Add,
    And,
    Binary,
    Broadcast,
    Call,
    CallKind,
    Cast,
    Comparison,
    Expr,
    FloatImm,
    IntImm,
    Let,
    Load,
    Mul,
    Not,
    Ramp,
    Reinterpret,
    Select,
    Sub,
    Variable,
    as_const,
    const,
)
from halo.ir.intrinsics import is_marked
from halo.ir.operators import add, cast_to, mul, sub
from halo.ir.types import Int
from halo.lowering.affine import is_index


class NotVectorizable(Exception):
    """Something that has no vector form: the loop around it has to run serially."""


def broadcast(e: Expr, lanes: int) -> Expr:
    """Return `e` as a vector of `lanes` lanes."""
    return e if e.type.is_vector() else Broadcast(e, lanes)


def lane(e: Expr, i: int) -> Expr:
    """Return lane `i` of `e`; a scalar is the same in all lanes."""
    match e:
        case Broadcast():
            return e.value
        case Ramp():
            return add_scalar(e.base, multiply_scalar(const(e.base.type, i), e.stride))
        case _:
            return e if e.type.is_scalar() else Shuffle((e,), (i,))


def conjunction(a: Expr | None, b: Expr | None) -> Expr | None:
    """Return the predicate that holds where `a` and `b` do; None stands for true."""
    if a is None or b is None:
        return b if a is None else a
    lanes = max(a.type.lanes(), b.type.lanes())
    return And(a, b) if lanes == 1 else And(broadcast(a, lanes), broadcast(b, lanes))


class Lanes:
    """Widens the expressions of one vectorised loop.

    Attributes
    ----------
    lanes
        Number of iterations of the loop.
    names
        Vector (or ramp) that stands for a scalar variable of the original code.
    own
        Allocations inside the loop: each lane has its own element, next to the other lanes'.
    mask
        Where the code under conversion runs, a vector; None is everywhere. Under a mask every load
        is predicated, because the address may be valid only where the condition holds.
    """

    def __init__(self, name: str, start: Expr, lanes: int) -> None:
        self.lanes = lanes
        one = const(start.type, 1)
        self.names: dict[str, Expr] = {name: Ramp(start, one, lanes)}
        self.own: set[str] = set()
        self.mask: Expr | None = None
        self._memo: dict[tuple[int, bool], Expr] = {}

    def forget(self) -> None:
        """Drop what is known of expressions: `names`, `own` or `mask` has changed."""
        self._memo.clear()

    def widen(self, e: Expr, in_index: bool = False) -> Expr:
        """Return `e` for all lanes at once: a vector, or a scalar if no lane differs.

        `in_index` says that `e` is part of a flat index, where integers do not overflow.
        """
        key = (id(e), in_index)
        known = self._memo.get(key)
        if known is None:
            known = self._memo[key] = self._widen(e, in_index)
        return known

    def index(self, name: str, index: Expr) -> Expr:
        """Return the place(s) in `name` that stand for place `index` of the scalar code."""
        wide = self.widen(index, in_index=True)
        if name not in self.own:
            return wide
        own = Ramp(const(Int(64), 0), const(Int(64), 1), self.lanes)
        return self._sum(self._product(wide, const(Int(64), self.lanes)), own)

    def _widen(self, e: Expr, in_index: bool) -> Expr:
        match e:
            case IntImm() | FloatImm():
                return e
            case Variable():
                return self.names.get(e.name, e)
            case Binary() | Comparison():
                return self._binary(e, in_index)
            case Cast():
                return self._cast(e, in_index)
            case Load():
                return self._load(e)
            case Select():
                return self._select(e, in_index)
            case Not():
                a = self.widen(e.a)
                return e if a is e.a else Not(a)
            case Reinterpret():
                value = self.widen(e.value)
                return e if value is e.value else Reinterpret(self._type(e, value), value)
            case Call():
                return self._call(e, in_index)
            case Let():
                return self._let(e, in_index)
            case _:
                return self._invariant(e)

    def _type(self, e: Expr, value: Expr) -> Any:
        return e.type.with_lanes(value.type.lanes())

    def _binary(self, e: Binary | Comparison, in_index: bool) -> Expr:
        a, b = self.widen(e.a, in_index), self.widen(e.b, in_index)
        if a is e.a and b is e.b:
            return e
        if e.type.is_integral:
            if isinstance(e, Add):
                return self._sum(a, b)
            if isinstance(e, Sub):
                return self._difference(a, b)
            if isinstance(e, Mul):
                return self._product(a, b)
        return type(e)(*self._even(a, b))

    def _even(self, a: Expr, b: Expr) -> tuple[Expr, Expr]:
        if a.type.lanes() == b.type.lanes():
            return a, b
        return broadcast(a, self.lanes), broadcast(b, self.lanes)

    def _sum(self, a: Expr, b: Expr) -> Expr:
        if isinstance(b, Ramp) and not isinstance(a, Ramp):
            a, b = b, a
        if isinstance(a, Ramp):
            if b.type.is_scalar():
                return self._ramp(add_scalar(a.base, b), a.stride)
            if isinstance(b, Ramp):
                return self._ramp(add_scalar(a.base, b.base), add_scalar(a.stride, b.stride))
        return add(*self._even(a, b))

    def _difference(self, a: Expr, b: Expr) -> Expr:
        if isinstance(b, Ramp) and (a.type.is_scalar() or isinstance(a, Ramp)):
            minus_one = const(b.base.type, -1)
            return self._sum(a, Ramp(mul(b.base, minus_one), mul(b.stride, minus_one), b.lanes))
        if isinstance(a, Ramp) and b.type.is_scalar():
            base = a.base if as_const(b) == 0 else sub(a.base, b)
            return self._ramp(base, a.stride)
        return sub(*self._even(a, b))

    def _product(self, a: Expr, b: Expr) -> Expr:
        if isinstance(b, Ramp):
            a, b = b, a
        if isinstance(a, Ramp) and b.type.is_scalar():
            return self._ramp(multiply_scalar(a.base, b), multiply_scalar(a.stride, b))
        return mul(*self._even(a, b))

    def _ramp(self, base: Expr, stride: Expr) -> Expr:
        return base if as_const(stride) == 0 else Ramp(base, stride, self.lanes)

    def _cast(self, e: Cast, in_index: bool) -> Expr:
        value = self.widen(e.value, in_index)
        if value is e.value:
            return e
        if isinstance(value, Ramp) and e.type.is_int() and e.type.bits() >= value.type.bits():
            base, stride = value.base, value.stride
            # An index cannot overflow, so the ramp of the wider type is the same ramp.
            if in_index or (is_index(base) and is_index(stride)):
                return Ramp(cast_to(e.type, base), cast_to(e.type, stride), self.lanes)
        return Cast(self._type(e, value), value)

    def _load(self, e: Load) -> Expr:
        index = self.index(e.name, e.index)
        predicate = None if e.predicate is None else self.widen(e.predicate)
        predicate = conjunction(self.mask, predicate)
        if index is e.index and predicate is e.predicate:
            return e
        vector = index.type.is_vector() or (predicate is not None and predicate.type.is_vector())
        if not vector:
            return Load(e.type, e.name, index, predicate)
        if predicate is not None:
            predicate = broadcast(predicate, self.lanes)
        index = broadcast(index, self.lanes)
        return Load(e.type.with_lanes(self.lanes), e.name, index, predicate)

    def _select(self, e: Select, in_index: bool) -> Expr:
        condition = self.widen(e.condition)
        t, f = self.widen(e.true_value, in_index), self.widen(e.false_value, in_index)
        if condition is e.condition and t is e.true_value and f is e.false_value:
            return e
        t, f = self._even(t, f)
        if condition.type.is_vector():
            t, f = broadcast(t, self.lanes), broadcast(f, self.lanes)
        return Select(condition, t, f)

    def _call(self, e: Call, in_index: bool) -> Expr:
        if is_marked(e):
            return self.widen(e.args[0], in_index)
        args = [self.widen(a, in_index) for a in e.args]
        if all(a is b for a, b in zip(args, e.args, strict=True)):
            return e
        if e.name == "address_of" or e.kind not in (CallKind.INTRINSIC, CallKind.MATH):
            raise NotVectorizable(e.name)
        if all(a.type.is_scalar() for a in args):
            return Call(e.type, e.name, tuple(args), e.kind)
        wide = tuple(broadcast(a, self.lanes) for a in args)
        return Call(e.type.with_lanes(self.lanes), e.name, wide, e.kind)

    def _let(self, e: Let, in_index: bool) -> Expr:
        value = self.widen(e.value, in_index)
        hidden = self.names.pop(e.name, None)
        name = e.name
        if value.type.is_vector():
            name = f"{e.name}.lanes"
            self.names[e.name] = Variable(value.type, name)
        self.forget()
        body = self.widen(e.body, in_index)
        self.names.pop(e.name, None)
        if hidden is not None:
            self.names[e.name] = hidden
        self.forget()
        return Let(name, value, body)

    def _invariant(self, e: Expr) -> Expr:
        """Pass vector code through that is the same for all lanes."""
        if e.map_children(self.widen) is not e:
            raise NotVectorizable(type(e).__name__)
        return e


def add_scalar(a: Expr, b: Expr) -> Expr:
    """a + b of scalars, without adding zero."""
    if as_const(a) == 0:
        return b
    return a if as_const(b) == 0 else add(a, b)


def multiply_scalar(a: Expr, b: Expr) -> Expr:
    """a * b of scalars, without multiplying by one."""
    if as_const(a) == 1:
        return b
    return a if as_const(b) == 1 else mul(a, b)
