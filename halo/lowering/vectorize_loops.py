"""Vectorisation: a loop of constant extent becomes straight code on vectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

from halo.errors import InternalError
from halo.ir.expr import Broadcast, Expr, IntImm, Load, Not, Or, Ramp, Variable, i64
from halo.ir.stmt import (
    Allocate,
    AssertStmt,
    Atomic,
    Block,
    CallExtern,
    Evaluate,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    Memoize,
    Print,
    ProducerConsumer,
    Stmt,
    Store,
    Trace,
    TraceScope,
    block,
    flattened,
)
from halo.ir.types import Int
from halo.lowering.accumulate_lanes import accumulated
from halo.lowering.affine import constant_of
from halo.lowering.copies import key_of
from halo.lowering.lanes import Lanes, NotVectorizable, broadcast, conjunction, lane
from halo.lowering.outcome import NOT_CONSTANT, Outcome


def vectorize_loops(s: Stmt, outcome: Outcome | None = None) -> Stmt:
    """Replace each VECTORIZED loop of constant extent by code on vectors of that many lanes.

    The loop variable becomes a `Ramp`; values that differ by lane become vectors, conditions that
    do become predicates of the loads and stores under them. Statement by statement all lanes run
    together, loads before stores. What is printed or checked is so lane by lane, in order. A loop
    that has no vector form (its extent is not constant, its lanes write one cell in turn, it calls
    a C function, ...) runs serially; its `note` says so, and so does `outcome`.

    Requires: flat stage, `jam_vectors`. Ensures: no VECTORIZED loop is left.

        vectorized x in 0..4 { if (x < n) out[b + x] = in[x] * 2 }
        -> out[ramp(b, 1, 4)] = in[ramp(0, 1, 4) if p] * x4(2) if p,  p = ramp(0, 1, 4) < x4(n)
    """
    made: Stmt = _Pass(outcome or Outcome()).rewrite(s)
    return made


class _Pass:
    """Finds the loops, and records what became of each."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def rewrite(self, node: Any) -> Any:
        if isinstance(node, Expr):
            return node
        if isinstance(node, For) and node.kind is ForKind.VECTORIZED:
            return self._vectorize(node)
        if isinstance(node, Atomic) and not node.threads:
            return self.rewrite(node.body)
        return flattened(node.map_children(self.rewrite))

    def _vectorize(self, loop: For) -> Stmt:
        lanes = constant_of(loop.extent)
        if lanes is None:
            return self._serial(loop, NOT_CONSTANT)
        if lanes <= 0:
            return Block(())
        if lanes == 1:
            return LetStmt(loop.name, loop.min, self.rewrite(loop.body))
        try:
            made: Stmt = self.rewrite(_Vectorizer(loop, lanes).result())
        except NotVectorizable as reason:
            return self._serial(loop, str(reason))
        self._outcome.done.add(key_of(loop))
        return made

    def _serial(self, loop: For, reason: str) -> Stmt:
        self._outcome.serial[key_of(loop)] = reason
        note = f"{loop.note}; serial: {reason}" if loop.note else f"serial: {reason}"
        body = self.rewrite(loop.body)
        return dataclasses.replace(loop, kind=ForKind.SERIAL, body=body, note=note)


class _Vectorizer:
    """Converts the statements inside one loop."""

    def __init__(self, loop: For, lanes: int) -> None:
        self._loop = loop
        self._meets = False
        self._start: Expr = loop.min
        if not isinstance(loop.min, (IntImm, Variable)):
            self._start = Variable(Int(32), f"{loop.name}.base")
        self._in = Lanes(loop.name, self._start, lanes)

    def result(self) -> Stmt:
        body = self._stmt(self._loop.body)
        if self._start is self._loop.min:
            return body
        return LetStmt(f"{self._loop.name}.base", self._loop.min, body)

    def _stmt(self, s: Any) -> Stmt:
        match s:
            case Store():
                return self._store(s)
            case LetStmt():
                return self._let(s)
            case IfThenElse():
                return self._if(s)
            case For():
                return self._for(s)
            case Allocate():
                return self._allocate(s)
            case Atomic():
                return self._atomic(s)
            case Block() | ProducerConsumer():
                return flattened(s.map_children(self._stmt))
            case Print():
                return self._by_lane(s, _guarded)
            case Trace():
                return self._by_lane(s, _guarded)
            case AssertStmt():
                return self._assert(s)
            case Memoize():
                raise NotVectorizable("a Func is memoized inside")
            case TraceScope():
                raise NotVectorizable("a realization is traced inside")
            case Evaluate() | CallExtern():
                raise NotVectorizable("a call of a C function inside")
            case _:
                raise InternalError(f"{type(s).__name__} is not of the flat stage")

    def _atomic(self, s: Atomic) -> Stmt:
        self._meets = True
        body = self._stmt(s.body)
        self._meets = False
        return Atomic(s.name, body, s.threads, s.lock)

    def _store(self, s: Store) -> Stmt:
        combined = accumulated(self._in, s)
        if combined is not None:
            return combined
        lanes = self._in.lanes
        value, index = self._in.widen(s.value), self._in.index(s.name, s.index)
        predicate = None if s.predicate is None else self._in.widen(s.predicate)
        predicate = conjunction(self._in.mask, predicate)
        if index.type.is_vector():
            if self._meets and not isinstance(index, Ramp):
                raise NotVectorizable(f"its lanes may meet in one cell of {s.name}")
            if predicate is not None and predicate.type.is_vector():
                predicate = broadcast(predicate, lanes)
            return dataclasses.replace(
                s, value=broadcast(value, lanes), index=index, predicate=predicate
            )
        masked = predicate is not None and predicate.type.is_vector()
        if value.type.is_vector() or masked or _loads_from(value, s.name):
            raise NotVectorizable(f"all lanes write the same cell of {s.name}")
        return dataclasses.replace(s, value=value, index=index, predicate=predicate)

    def _let(self, s: LetStmt) -> Stmt:
        # Ramps stay visible as such, so that the loads they index are seen to be dense.
        value = self._in.widen(s.value)
        if isinstance(value, Ramp) and isinstance(value.stride, IntImm):
            name = f"{s.name}.base"
            base = value.base
            if isinstance(base, (IntImm, Variable)):
                return self._bound(s, value)
            start = Variable(base.type, name)
            return LetStmt(name, base, self._bound(s, Ramp(start, value.stride, value.lanes)))
        if value.type.is_vector():
            name = f"{s.name}.lanes"
            return LetStmt(name, value, self._bound(s, Variable(value.type, name)))
        body = self._bound(s, None)
        return s if value is s.value and body is s.body else LetStmt(s.name, value, body)

    def _bound(self, s: LetStmt | For, stands_for: Expr | None) -> Stmt:
        """Convert the body of `s`, which binds a name, with a vector for that name or without."""
        names = self._in.names
        hidden = names.pop(s.name, None)
        if stands_for is not None:
            names[s.name] = stands_for
        self._in.forget()
        body = self._stmt(s.body)
        names.pop(s.name, None)
        if hidden is not None:
            names[s.name] = hidden
        self._in.forget()
        return body

    def _if(self, s: IfThenElse) -> Stmt:
        condition = self._in.widen(s.condition)
        if condition.type.is_scalar():
            then_case = self._stmt(s.then_case)
            else_case = None if s.else_case is None else self._stmt(s.else_case)
            return IfThenElse(condition, then_case, else_case)
        then_case = self._masked(condition, s.then_case)
        if s.else_case is None:
            return then_case
        return block(then_case, self._masked(Not(condition), s.else_case))

    def _masked(self, condition: Expr, s: Stmt) -> Stmt:
        outer = self._in.mask
        self._in.mask = conjunction(outer, condition)
        self._in.forget()
        made = self._stmt(s)
        self._in.mask = outer
        self._in.forget()
        return made

    def _for(self, s: For) -> Stmt:
        start, extent = self._in.widen(s.min), self._in.widen(s.extent)
        if start.type.is_vector() or extent.type.is_vector():
            raise NotVectorizable(f"the bounds of loop {s.name} differ by lane")
        return dataclasses.replace(s, min=start, extent=extent, body=self._bound(s, None))

    def _allocate(self, s: Allocate) -> Stmt:
        extents = tuple(self._in.widen(e) for e in s.extents)
        if any(e.type.is_vector() for e in extents):
            raise NotVectorizable(f"the size of {s.name} differs by lane")
        was = s.name in self._in.own
        self._in.own.add(s.name)
        self._in.forget()
        body = self._stmt(s.body)
        if not was:
            self._in.own.discard(s.name)
        self._in.forget()
        return Allocate(s.name, s.type, (i64(self._in.lanes), *extents), body, s.memory)

    def _assert(self, s: AssertStmt) -> Stmt:
        if self._in.mask is None and s.map_children(self._in.widen) is s:
            return s
        return self._by_lane(s, _implied)

    def _by_lane(self, s: Print | Trace | AssertStmt, under: Callable[[Expr, Any], Stmt]) -> Stmt:
        """Return `s` for one lane after the other; `under` puts it under the lane's mask."""
        lets: list[tuple[str, Expr]] = []

        def named(e: Expr) -> Expr:
            if not e.type.is_vector() or isinstance(e, (Ramp, Broadcast, Variable)):
                return e
            lets.append((f"{self._loop.name}.part.{len(lets)}", e))
            return Variable(e.type, lets[-1][0])

        wide = s.map_children(lambda e: named(self._in.widen(e)))
        mask = None if self._in.mask is None else named(self._in.mask)
        made: list[Stmt] = []
        for i in range(self._in.lanes):
            one = wide.map_children(partial(lane, i=i))
            made.append(one if mask is None else under(lane(mask, i), one))
        body = block(*made)
        for name, value in reversed(lets):
            body = LetStmt(name, value, body)
        return body


def _guarded(condition: Expr, s: Print | Trace) -> Stmt:
    return IfThenElse(condition, s)


def _implied(condition: Expr, s: AssertStmt) -> Stmt:
    return dataclasses.replace(s, condition=Or(Not(condition), s.condition))


def _loads_from(e: Expr, name: str) -> bool:
    if isinstance(e, Load) and e.name == name:
        return True
    return any(_loads_from(c, name) for c in e.children())
