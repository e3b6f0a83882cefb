"""Trimming: code that does nothing goes, and loops run only where their body does something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from halo.ir.expr import And, Expr, IntImm, Load, Variable, is_false, is_true
from halo.ir.operators import add, sub
from halo.ir.ranges import larger, smaller
from halo.ir.stmt import (
    NO_OP,
    Allocate,
    Atomic,
    Block,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    Memoize,
    Prefetch,
    PrefetchLine,
    ProducerConsumer,
    Stmt,
    Store,
    block,
)
from halo.ir.substitute import walk
from halo.ir.types import Int
from halo.lowering.affine import Linear, atoms, bound_of, inequalities, is_index, linear_form
from halo.lowering.lets import split_lets, with_lets


def trim_no_ops(s: Stmt) -> Stmt:
    """Remove statements without effect and shorten loops whose whole body is guarded.

    A serial or parallel loop whose body is one `if` without `else` runs over the iterations in
    which the part of its condition that is linear in the loop variable holds, and that part goes.

    Memory that nothing reads goes, and what is stored there.

    Requires: flat stage, no name bound again in its own scope.
    Ensures: the same stores to what is read, in the same order.

        for x in 0..n { if (x*2 + 1 < m) body }   ->   for x in 0..min(n, m/2) { body }
    """
    made: Stmt = _trim(s)
    unread = _unread(made)
    return _trim(_without(made, unread)) if unread else made


def _unread(s: Stmt) -> set[str]:
    """Return the allocations that nothing reads."""
    own: set[str] = set()
    used: set[str] = set()
    for n in walk(s):
        if isinstance(n, Memoize):  # it reads what it keeps, under other names
            return set()
        if isinstance(n, Allocate):
            own.add(n.name)
        elif isinstance(n, (Load, Prefetch, PrefetchLine)):
            used.add(n.name)
    return own - used


def _without(node: Any, unread: set[str]) -> Any:
    if isinstance(node, Expr):
        return node
    if isinstance(node, Store) and node.name in unread:
        return NO_OP
    made = node.map_children(lambda n: _without(n, unread))
    return made.body if isinstance(made, Allocate) and made.name in unread else made


def _trim(node: Any) -> Any:
    if isinstance(node, Expr):
        return node
    s = node.map_children(_trim)
    match s:
        case Block():
            return _block(s)
        case IfThenElse():
            return _branch(s)
        case For(body=Block(stmts=())) | LetStmt(body=Block(stmts=())):
            return NO_OP
        case Allocate(body=Block(stmts=())) | ProducerConsumer(body=Block(stmts=())):
            return NO_OP
        case Atomic(body=Block(stmts=())):
            return NO_OP
        case For(kind=ForKind.SERIAL | ForKind.PARALLEL):
            return _loop(s)
        case _:
            return s


def _block(s: Block) -> Stmt:
    if any(isinstance(x, Block) for x in s.stmts) or len(s.stmts) == 1:
        return block(*s.stmts)
    return s


def _is_no_op(s: Stmt | None) -> bool:
    return s is None or (isinstance(s, Block) and not s.stmts)


def _branch(s: IfThenElse) -> Stmt:
    if is_true(s.condition):
        return s.then_case
    if is_false(s.condition):
        return NO_OP if s.else_case is None else s.else_case
    if _is_no_op(s.else_case):
        if _is_no_op(s.then_case):
            return NO_OP
        if s.else_case is not None:
            return IfThenElse(s.condition, s.then_case)
    return s


def _loop(loop: For) -> Stmt:
    """Shorten `loop` to where the guard of its body holds."""
    lets, body = split_lets(loop.body)
    if not isinstance(body, IfThenElse) or body.else_case is not None:
        return loop
    guard = _Guard(loop.name, lets)
    rest = guard.split(body.condition)
    if not guard.lows and not guard.highs:
        return loop
    inner = body.then_case if rest is None else IfThenElse(rest, body.then_case)
    return guard.shortened(loop, with_lets(lets, inner))


class _Guard:
    """The bounds that a condition sets to a loop variable."""

    def __init__(self, name: str, lets: Sequence[tuple[str, Expr]]) -> None:
        self._name = name
        self._lets: dict[str, Linear | None] = {}
        self.lows: list[Expr] = []
        self.highs: list[Expr] = []
        for let, value in lets:
            self._lets[let] = linear_form(value, self._leaf)

    def _leaf(self, e: Expr) -> Linear | None:
        if isinstance(e, Variable):
            if e.param is not None:
                return None
            return self._lets[e.name] if e.name in self._lets else Linear(0, {e.name: (1, e)})
        if is_index(e) and not self._varies(e):
            return Linear(0, {id(e): (1, e)})
        return None

    def _varies(self, e: Expr) -> bool:
        if isinstance(e, Variable):
            return e.name == self._name or e.name in self._lets
        return any(self._varies(c) for c in e.children())

    def split(self, condition: Expr) -> Expr | None:
        """Take the bounds out of `condition`; return what is left of it, None for nothing."""
        rest: Expr | None = None
        for atom, truth in atoms(condition):
            forms = inequalities(atom, truth, self._leaf)
            if forms is not None and all(map(self._is_bound, forms)):
                for form in forms:
                    is_low, bound = bound_of(self._name, form)
                    (self.lows if is_low else self.highs).append(bound)
            else:
                kept = atom if truth else ~atom
                rest = kept if rest is None else And(rest, kept)
        return rest

    def _is_bound(self, form: Linear) -> bool:
        return form.coefficient(self._name) != 0 and form.is_narrow

    def shortened(self, loop: For, body: Stmt) -> Stmt:
        """Return `loop` with `body` over the iterations inside the bounds."""
        start, end = loop.min, add(loop.min, loop.extent)
        for low in self.lows:
            start = larger(start, low)
        for high in self.highs:
            end = smaller(end, high)
        if isinstance(start, (IntImm, Variable)) or not self.lows:
            return replace(loop, min=start, extent=sub(end, start), body=body)
        first = Variable(Int(32), f"{loop.name}.first")
        short = replace(loop, min=first, extent=sub(end, first), body=body)
        return LetStmt(first.name, start, short)
