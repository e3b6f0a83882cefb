"""Loop partitioning: the iterations in which nothing special happens get code of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.ir.equality import equal
from halo.ir.expr import (
    FALSE,
    GE,
    LT,
    TRUE,
    And,
    Expr,
    Not,
    Or,
    Select,
    Variable,
    as_const,
    i32,
    is_false,
    is_true,
)
from halo.ir.intrinsics import is_intrinsic, is_marked
from halo.ir.operators import add, sub
from halo.ir.ranges import larger, smaller
from halo.ir.stmt import (
    NO_OP,
    Block,
    For,
    ForKind,
    IfThenElse,
    Partition,
    Stmt,
    block,
    flattened,
)
from halo.ir.types import Int
from halo.lowering.affine import Linear, bound_of
from halo.lowering.lets import split_lets, with_lets
from halo.lowering.serialize_gathers import serialize_gathers
from halo.lowering.steady_state import SteadyState, Undecided, holds_likely

SMALL = 1500
"""Nodes of a body, unrolled, up to which its general copy is worth partitioning further."""

SHORT = 4
"""Iterations up to which a loop is not worth cutting."""


def partition_loops(s: Stmt, small: int = SMALL) -> Stmt:
    """Give the iterations in which all that is marked `likely` holds a body without the tests.

    Taken as likely are conditions and operands of min and max marked `likely`, and the condition
    of a select with one side marked; in a loop that may be cut also `likely_if_innermost`. What
    must hold for them, as linear constraints on the loop variable, is made independent of the
    loops inside by taking their worst iteration. An innermost loop is cut in up to three; any
    other, a short or a parallel one tests the constraints in each iteration. Clamps that the
    constraints imply go too. The general copy is partitioned by the loops inside only while it is
    small. A loop of policy `Never` is left as it is; one of policy `Always` is partitioned in
    general copies too, and cut however short it is.

    Requires: flat stage, before unrolling and vectorising; no name bound again in its own scope.
    Ensures: no `likely` is left; the same stores in the same order; a loop that was partitioned
    no longer has the policy `Always`.

        for x in 0..n { out[x] = select(likely(x >= 1), in[max(x - 1, 0)], 0) }
        ->  for x in 0..min(1, n) { ... }  for x in 1..n { out[x] = in[x - 1] }
    """
    maker = _Partitioner(small)
    return _strip(maker.rewrite(s), {}) if maker.marked(s) else s


class _Partitioner:
    def __init__(self, small: int) -> None:
        self._small = small
        self._only_forced = False
        self._memo: dict[int, tuple[Any, bool]] = {}

    def marked(self, node: Stmt) -> bool:
        """Whether anything in `node` is marked likely."""
        return holds_likely(node, self._memo)

    def rewrite(self, node: Any) -> Any:
        if isinstance(node, Expr) or not self.marked(node):
            return node
        if isinstance(node, For) and node.kind in (ForKind.SERIAL, ForKind.PARALLEL):
            return self._loop(node)
        if isinstance(node, IfThenElse) and is_intrinsic(node.condition, "likely"):
            # What is done instead of the likely is not worth more code.
            then_case = self.rewrite(node.then_case)
            return IfThenElse(node.condition, then_case, node.else_case)
        return flattened(node.map_children(self.rewrite))

    def _loop(self, loop: For) -> Stmt:
        forced = loop.partition is Partition.Always
        if loop.partition is Partition.Never or (self._only_forced and not forced):
            return loop.map_children(self.rewrite)
        try:
            state = SteadyState(loop, innermost=not _is_tested(loop, loop.body))
        except Undecided:
            state = None
        if state is None or not state.known:
            return loop.map_children(self.rewrite)
        constraints = state.constraints
        steady = _Rewriter(state.known).apply(loop.body)
        if not constraints:
            return _loop_of(loop, self.rewrite(steady))
        if state.pivots or _is_tested(loop, steady):
            if self._is_guard(loop.body):  # a test before the test; `trim` shortens the loop
                return loop.map_children(self.rewrite)
            return _loop_of(loop, self._tested(loop, state))
        return self._cut(loop, state, steady)

    def _is_guard(self, body: Stmt) -> bool:
        """Whether `body` is one statement that is likely done, and nothing in it is asked again."""
        _, inner = split_lets(body)
        if not isinstance(inner, IfThenElse) or inner.else_case is not None:
            return False
        return is_intrinsic(inner.condition, "likely") and not self.marked(inner.then_case)

    def _general(self, s: Stmt) -> Stmt:
        """Return `s` for the iterations outside the steady state."""
        s = serialize_gathers(s)
        outside = self._only_forced
        self._only_forced = outside or weight(s, self._small) >= self._small
        made: Stmt = self.rewrite(s)
        self._only_forced = outside
        return made

    def _tested(self, loop: For, state: SteadyState) -> Stmt:
        lets, body = split_lets(loop.body)
        condition: Expr = TRUE
        for form in state.constraints:
            condition = _and(condition, _test(loop, form, state.pivots))
        steady = self.rewrite(_Rewriter(state.known).apply(body))
        body = steady if is_true(condition) else IfThenElse(condition, steady, self._general(body))
        return with_lets(lets, body)

    def _cut(self, loop: For, state: SteadyState, steady: Stmt) -> Stmt:
        start, end = loop.min, add(loop.min, loop.extent)
        first, last = start, end
        for form in state.constraints:
            is_low, bound = bound_of(loop.name, form)
            if is_low:
                first = larger(first, bound)
            else:
                last = smaller(last, bound)
        first = start if equal(first, start) else smaller(first, end)
        last = end if equal(last, end) else larger(last, first)
        n = as_const(sub(last, first))
        if n is not None and n <= 0:
            return loop.map_children(self.rewrite)
        steady = self.rewrite(steady)
        lets: list[tuple[str, Expr]] = []
        if first is not start:
            first = _named(f"{loop.name}.steady", first, lets)
        if last is not end:
            last = _named(f"{loop.name}.tail", last, lets)
        made = block(
            *_piece(loop, start, first, lambda: self._general(loop.body)),
            *_piece(loop, first, last, lambda: steady),
            *_piece(loop, last, end, lambda: self._general(loop.body)),
        )
        return with_lets(lets, made)


def _loop_of(loop: For, body: Stmt) -> For:
    return replace(loop, body=body, partition=Partition.Auto)


def _piece(loop: For, start: Expr, end: Expr, body: Any) -> list[Stmt]:
    if start is end:
        return []
    extent = sub(end, start)
    if as_const(extent) == 0:
        return []
    return [_loop_of(replace(loop, min=start, extent=extent), body())]


def _named(name: str, value: Expr, lets: list[tuple[str, Expr]]) -> Expr:
    if as_const(value) is not None or isinstance(value, Variable):
        return value
    lets.append((name, value))
    return Variable(Int(32), name)


def _test(loop: For, form: Linear, pivots: set[str]) -> Expr:
    """Return the condition ``form >= 0``; TRUE if it is one of a loop bound that always holds."""
    if not pivots.isdisjoint(form.terms):
        return GE(form.expr(), i32(0))
    is_low, bound = bound_of(loop.name, form)
    v = Variable(Int(32), loop.name)
    start, known = as_const(loop.min), as_const(bound)
    if is_low:
        always = start is not None and known is not None and known <= start
        return TRUE if always else GE(v, bound)
    end = as_const(add(loop.min, loop.extent))
    return TRUE if end is not None and known is not None and known >= end else LT(v, bound)


def _and(a: Expr, b: Expr) -> Expr:
    if is_true(a):
        return b
    return a if is_true(b) else And(a, b)


def _is_tested(loop: For, usual: Stmt) -> bool:
    """Whether a test in each iteration is better than up to three loops; most do `usual`."""
    extent = as_const(loop.extent)
    short = extent is not None and extent <= SHORT and loop.partition is not Partition.Always
    return loop.kind is ForKind.PARALLEL or short or _has_loop(usual)


def _has_loop(node: Any) -> bool:
    """Whether `node` contains a loop that stays a loop."""
    if isinstance(node, Expr):
        return False
    if isinstance(node, For) and node.kind in (ForKind.SERIAL, ForKind.PARALLEL):
        return as_const(node.extent) != 1 or _has_loop(node.body)
    return any(_has_loop(c) for c in node.children())


def weight(node: Any, limit: int) -> int:
    """Return the number of nodes of `node` once it is unrolled; anything >= `limit` if more."""
    total = 1
    for child in node.children():
        if total >= limit:
            return total
        total += weight(child, limit - total)
    if isinstance(node, For) and node.kind is ForKind.UNROLLED:
        total *= int(as_const(node.extent) or 1)
    return total


class _Rewriter:
    """Puts what is known in the steady state in place of what it was asked with."""

    def __init__(self, known: dict[int, Expr]) -> None:
        self._known = known
        self._memo: dict[int, Any] = {}

    def apply(self, node: Any) -> Any:
        made = self._memo.get(id(node))
        if made is None:
            known = self._known.get(id(node))
            made = self.apply(known) if known is not None else fold(node.map_children(self.apply))
            self._memo[id(node)] = made
        return made


def fold(e: Any) -> Any:
    """Simplify logic on constants and choices by them."""
    match e:
        case And(a, b):
            if is_true(a) or is_false(b):
                return b
            return a if is_true(b) or is_false(a) else e
        case Or(a, b):
            if is_false(a) or is_true(b):
                return b
            return a if is_false(b) or is_true(a) else e
        case Not(a) if a.type.is_scalar() and as_const(a) is not None:
            return FALSE if is_true(a) else TRUE
        case Select(c, t, f) if as_const(c) is not None:
            return t if is_true(c) else f
        case Block():
            return flattened(e)
        case IfThenElse(c, t, f) if as_const(c) is not None:
            return t if is_true(c) else (NO_OP if f is None else f)
        case _ if is_marked(e) and as_const(e.args[0]) is not None:
            return e.args[0]
        case _:
            return e


def _strip(node: Any, memo: dict[int, Any]) -> Any:
    """Return `node` without `likely`; `memo` holds what was done, and what it was done to."""
    known = memo.get(id(node))
    if known is None:
        made = node.map_children(lambda c: _strip(c, memo))
        if is_marked(made):
            made = made.args[0]
        known = memo[id(node)] = (node, made)
    return known[1]
