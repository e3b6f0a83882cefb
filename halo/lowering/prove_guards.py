"""Guards and checks that isl proves, where simplifying left something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from halo.ir.expr import (
    TRUE,
    Add,
    And,
    Comparison,
    Div,
    Expr,
    Mod,
    Not,
    Or,
    Sub,
    Variable,
    i32,
    is_true,
)
from halo.ir.interval import Interval
from halo.ir.intrinsics import intrinsic, is_marked
from halo.ir.stmt import NO_OP, AssertStmt, For, IfThenElse, LetStmt, Stmt
from halo.ir.substitute import find
from halo.ir.types import Int
from halo.lowering.affine import atoms, is_index
from halo.polyhedral import always_true


def prove_guards(s: Stmt) -> Stmt:
    """Remove the parts of conditions that hold wherever they are asked.

    The simplifier decides linear conditions by itself; only what has quotients or remainders is
    worth a question, about a millisecond each.

    Requires: flat stage, scalar conditions, no name bound again in its own scope.
    Ensures: the same stores, in the same order; the same checks can fail.

        for x in 0..n { for y in 0..x { if (y/4 + x <= x*3) body } }   ->   ... { body } ...
    """
    made: Stmt = _Prover({}, ()).visit(s)
    return made


@dataclass(frozen=True, slots=True)
class _Prover:
    """What is known at a place: ranges of variables, and conditions."""

    ranges: dict[str, Interval]
    facts: tuple[Expr, ...]

    def visit(self, s: Any) -> Any:
        match s:
            case Expr():
                return s
            case LetStmt(name, value, body):
                inside = self._with(name, Interval(value, value)) if value.type == Int(32) else self
                done = inside.visit(body)
                return s if done is body else LetStmt(name, value, done)
            case For(name=name, min=low, extent=extent, body=body):
                last = Sub(Add(low, extent), i32(1))
                done = self._with(name, Interval(low, last)).visit(body)
                return s if done is body else replace(s, body=done)
            case IfThenElse():
                return self._branch(s)
            case AssertStmt(condition=condition):
                left = self._left(condition)
                if left is condition:
                    return s
                return NO_OP if is_true(left) else replace(s, condition=left)
            case _:
                return s.map_children(self.visit)

    def _branch(self, s: IfThenElse) -> Stmt:
        condition = self._left(s.condition)
        known = [a if truth else Not(a) for a, truth in atoms(s.condition) if _compares_indices(a)]
        inside = _Prover(self.ranges, (*self.facts, *known))
        then = inside.visit(s.then_case)
        if is_true(condition):
            return then  # type: ignore[no-any-return]
        other = None if s.else_case is None else self.visit(s.else_case)
        if condition is s.condition and then is s.then_case and other is s.else_case:
            return s
        return IfThenElse(condition, then, other)

    def _with(self, name: str, interval: Interval) -> _Prover:
        return _Prover({**self.ranges, name: interval}, self.facts)

    def _left(self, condition: Expr) -> Expr:
        """Return `condition` without what is proven of it; itself if that is nothing."""
        if isinstance(condition, And):
            a, b = self._left(condition.a), self._left(condition.b)
            if a is condition.a and b is condition.b:
                return condition
            return b if is_true(a) else a if is_true(b) else And(a, b)
        if is_marked(condition):
            inside = condition.args[0]
            left = self._left(inside)
            if left is inside or is_true(left):
                return condition if left is inside else left
            return intrinsic(condition.name, left)
        return TRUE if self._holds(condition) else condition

    def _holds(self, condition: Expr) -> bool:
        if not _compares_indices(condition) or not any(map(_is_division, find(condition, Expr))):
            return False
        names = {v.name for v in find(condition, Variable)}
        asked = condition
        for fact in self.facts:
            if names & {v.name for v in find(fact, Variable)}:
                asked = Or(Not(fact), asked)
        return always_true(asked, self.ranges) is True


def _compares_indices(e: Expr) -> bool:
    if isinstance(e, Not):
        e = e.a
    return isinstance(e, Comparison) and is_index(e.a) and is_index(e.b)


def _is_division(e: Expr) -> bool:
    return isinstance(e, (Div, Mod)) and e.type.is_int()
