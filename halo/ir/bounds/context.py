"""What the rules of interval arithmetic share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halo.ir import expr as E
from halo.ir.cross_lane import Shuffle, VectorReduce
from halo.ir.expr import Call, CallKind, Expr, as_const, const, is_true
from halo.ir.intrinsics import is_effect
from halo.ir.ranges import UNBOUNDED, Interval
from halo.ir.simplify import Simplifier
from halo.ir.types import Type

Build = Callable[[Expr, Expr], Expr]
Rule = Callable[[Any, "Bounds"], Interval]


class Bounds:
    """Bounds of many expressions in one scope, shared parts being looked at once."""

    def __init__(
        self,
        rules: Mapping[type[Expr], Rule],
        scope: Mapping[str, Interval],
        simplifier: Simplifier,
    ) -> None:
        self.rules = rules
        self.scope = scope
        self.simplifier = simplifier
        self._done: dict[int, tuple[Expr, Interval]] = {}
        self._fixed: dict[int, tuple[Expr, bool]] = {}

    def of(self, e: Expr) -> Interval:
        """Return the interval of `e`."""
        return self.visit(self.simplify(e))

    def within(self, scope: Mapping[str, Interval]) -> Bounds:
        """Return bounds in another scope."""
        return Bounds(self.rules, scope, self.simplifier)

    def simplify(self, e: Expr) -> Expr:
        """Return `e` simplified."""
        return self.simplifier.simplify(e)

    def proves(self, condition: Expr) -> bool:
        """Whether `condition` always holds."""
        return is_true(self.simplify(condition))

    def visit(self, e: Expr) -> Interval:
        """Return the interval of the simplified `e`."""
        known = self._done.get(id(e))
        if known is None:
            made = self._visit(e)
            if not made.is_point and e.type.is_integral and e.type.bits() < 32:
                made = in_type(made, e.type)
            known = self._done[id(e)] = (e, made)
        return known[1]

    def _visit(self, e: Expr) -> Interval:
        if self.is_fixed(e) and e.type.is_scalar():
            return Interval.point(e)
        rule = self.rules.get(type(e))
        return UNBOUNDED if rule is None else rule(e, self)

    def is_fixed(self, e: Expr) -> bool:
        """Whether `e` is made of constants and of variables that are not in scope."""
        known = self._fixed.get(id(e))
        if known is not None:
            return known[1]
        if isinstance(e, E.Variable):
            fixed = e.name not in self.scope
        elif isinstance(e, (E.Load, E.Let, Shuffle, VectorReduce)) or (
            isinstance(e, Call) and (e.kind is not CallKind.INTRINSIC or is_effect(e))
        ):
            fixed = False
        else:
            fixed = all([self.is_fixed(c) for c in e.children()])
        self._fixed[id(e)] = (e, fixed)
        return fixed

    def apply(self, make: Build, a: Expr | None, b: Expr | None) -> Expr | None:
        """Return make(a, b) simplified; None if either is."""
        return None if a is None or b is None else self.simplify(make(a, b))

    def sign(self, e: Expr | None) -> int:
        """Return 1 if e >= 0, -1 if e <= 0, 0 if neither is known."""
        if e is None:
            return 0
        zero = const(e.type, 0)
        if as_const(e) is not None:
            return 1 if as_const(e) >= 0 else -1  # type: ignore[operator]
        if not e.type.is_integral:
            return 0
        if self.proves(E.GE(e, zero)):
            return 1
        return -1 if self.proves(E.LE(e, zero)) else 0

    def simplified(self, i: Interval) -> Interval:
        """Return `i` with its ends simplified."""
        low = None if i.min is None else self.simplify(i.min)
        high = low if i.is_point else None if i.max is None else self.simplify(i.max)
        return Interval(low, high)


def in_type(i: Interval, t: Type) -> Interval:
    """Return `i` if it is constant and fits into the narrow type `t`, else the range of `t`."""
    return (
        i
        if i.is_bounded
        else Interval(
            const(t.element, t.min_value) if i.min is None else i.min,
            const(t.element, t.max_value) if i.max is None else i.max,
        )
    )
