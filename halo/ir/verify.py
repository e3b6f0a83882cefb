"""The invariants that statements keep at each stage of lowering."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Literal, NoReturn

from halo.errors import InternalError
from halo.ir import expr as E
from halo.ir import stmt as S
from halo.ir.cross_lane import Shuffle, VectorReduce
from halo.ir.expr import Call, CallKind, Expr
from halo.ir.growing import Grow, Growing
from halo.ir.node import Node
from halo.ir.stmt import ForKind, Stmt
from halo.ir.substitute import walk
from halo.ir.types import Bool, Int, Type

Stage = Literal["loops", "flat", "final"]

_FLAT_ONLY: tuple[type[Node], ...] = (S.Store, S.Allocate, Growing, Grow, E.Load)
_LOOPS_ONLY: tuple[type[Node], ...] = (S.Provide, S.Realize, S.HoistedStorage, S.Prefetch)


def verify(stmt: Stmt, stage: Stage, free: Collection[str] | None = None) -> None:
    """Check that `stmt` is well formed at `stage`.

    Parameters
    ----------
    stage
        ``loops``: cells of Funcs, no flat memory. ``flat``: flat memory, no cells of Funcs.
        ``final``: also no loop left to vectorise or unroll.
    free
        The names that may be used without being bound; None allows all.

    Raises
    ------
    InternalError
        Names what is broken and where.
    """
    _Verifier(stage, free).stmt(stmt, frozenset())


class _Verifier:
    def __init__(self, stage: Stage, free: Collection[str] | None) -> None:
        self.stage = stage
        self.free = free
        self.growing: list[str] = []
        self.checked: set[tuple[int, frozenset[str]]] = set()

    def fail(self, what: str, node: Node) -> NoReturn:
        text = str(node)
        shown = text if len(text) <= 400 else text[:400] + " ..."
        raise InternalError(f"after {self.stage}: {what}:\n{shown}")

    def stmt(self, s: Stmt, bound: frozenset[str]) -> None:
        """Check `s`, in which the names `bound` are visible."""
        while isinstance(s, S.LetStmt):
            self.expr(s.value, bound)
            bound |= {s.name}
            s = s.body
        self._kind(s)
        check = _CHECKS.get(type(s))
        if check is not None:
            check(self, s)
        inside = bound | {s.name} if isinstance(s, S.For) else bound
        if isinstance(s, S.Fork):
            inside = bound | {name for name, _ in s.semaphores}
        elif isinstance(s, (S.Acquire, S.Release)) and s.semaphore not in bound:
            self.fail("a semaphore of no fork around", s)
        if isinstance(s, Growing):
            self.growing.append(s.name)
        for child in s.children():
            if isinstance(child, Stmt):
                self.stmt(child, inside)
            else:
                self.expr(child, bound)
        if isinstance(s, Growing):
            self.growing.pop()

    def _kind(self, n: Node) -> None:
        """Check that a node of this class may occur at this stage."""
        if self.stage == "loops":
            if isinstance(n, _FLAT_ONLY):
                self.fail("flat memory before storage is flattened", n)
            return
        if isinstance(n, _LOOPS_ONLY):
            self.fail("a cell of a Func after storage was flattened", n)
        if isinstance(n, Call) and n.kind in (CallKind.FUNC, CallKind.IMAGE):
            self.fail("a cell of a Func or image after storage was flattened", n)
        left = isinstance(n, S.For) and n.kind in (ForKind.VECTORIZED, ForKind.UNROLLED)
        if left and self.stage == "final":
            self.fail("a loop left to vectorise or unroll", n)

    def expr(self, e: Expr, bound: frozenset[str]) -> None:
        """Check `e`, in which the names `bound` are visible."""
        if (id(e), bound) in self.checked:
            return
        self.checked.add((id(e), bound))
        lets = False
        for n in walk(e):
            if isinstance(n, E.Variable):
                if not lets:
                    self._variable(n, bound)
            elif isinstance(n, E.Let):
                self._lets(e, bound)
                lets = True
                break
        for n in walk(e):
            self._kind(n)
            self._types(n)

    def _lets(self, e: Node, bound: frozenset[str]) -> None:
        """Check the names in an expression that binds some."""
        stack: list[tuple[Node, frozenset[str]]] = [(e, bound)]
        seen: set[tuple[int, frozenset[str]]] = set()
        while stack:
            n, names = stack.pop()
            if (id(n), names) in seen:
                continue
            seen.add((id(n), names))
            if isinstance(n, E.Variable):
                self._variable(n, names)
            elif isinstance(n, E.Let):
                stack += [(n.value, names), (n.body, names | {n.name})]
            else:
                stack += [(c, names) for c in n.children()]

    def _variable(self, v: E.Variable, bound: frozenset[str]) -> None:
        if self.free is not None and v.name not in bound and v.name not in self.free:
            self.fail("a variable that nothing binds", v)

    def _types(self, n: Node) -> None:
        if isinstance(n, E.Load):
            self._index(n.index, n)
            self._lanes(n.index, n.type.lanes(), n)
            self.predicate(n.predicate, n.type.lanes(), n)
        elif isinstance(n, E.Select):
            t = n.condition.type
            if not t.is_bool() or t.lanes() not in (1, n.type.lanes()):
                self.fail("a select on what is not a bool of its lanes", n)
        elif isinstance(n, (E.Cast, E.Reinterpret)):
            self._lanes(n.value, n.type.lanes(), n)
        elif isinstance(n, (E.And, E.Or, E.Not)) and not n.type.is_bool():
            self.fail("logic on what is not a bool", n)
        elif isinstance(n, Shuffle):
            total = sum([v.type.lanes() for v in n.vectors])
            if any([not 0 <= i < total for i in n.indices]):
                self.fail("a shuffle of lanes that are not there", n)
        elif isinstance(n, VectorReduce) and n.value.type.lanes() % n.lanes:
            self.fail("a reduction of lanes into groups of different sizes", n)

    def _index(self, index: Expr, n: Node) -> None:
        if index.type.element != Int(64):
            self.fail(f"a flat index of type {index.type.element}, not int64", n)

    def _lanes(self, e: Expr, lanes: int, n: Node) -> None:
        self._lanes_of(e.type, lanes, n)

    def _lanes_of(self, t: Type, lanes: int, n: Node) -> None:
        if t.lanes() != lanes:
            self.fail(f"{t.lanes()} lanes where there must be {lanes}", n)

    def predicate(self, p: Expr | None, lanes: int, n: Node) -> None:
        """Check that `p` is a bool of `lanes` lanes, if there is one."""
        if p is not None and p.type != Bool(lanes):
            self.fail(f"a predicate of type {p.type}, not {Bool(lanes)}", n)

    def store(self, s: S.Store) -> None:
        """Check a Store."""
        self._index(s.index, s)
        self._lanes(s.index, s.value.type.lanes(), s)
        self.predicate(s.predicate, s.value.type.lanes(), s)

    def provide(self, s: S.Provide) -> None:
        """Check a Provide."""
        lanes = max([e.type.lanes() for e in (*s.values, *s.args)], default=1)
        if s.predicate is not None and not s.predicate.type.is_bool():
            self.predicate(s.predicate, lanes, s)
        for arg in s.args:
            if arg.type.element != Int(32):
                self.fail(f"a coordinate of type {arg.type}, not int32", s)

    def allocate(self, s: S.Allocate) -> None:
        """Check an Allocate."""
        for extent in s.extents:
            self._index(extent, s)

    def memory_that_grows(self, s: Growing) -> None:
        """Check a Growing."""
        self._lanes_of(s.type, 1, s)

    def grow(self, s: Grow) -> None:
        """Check a Grow."""
        self._index(s.count, s)
        self._lanes(s.count, 1, s)
        if s.name not in self.growing:
            self.fail("more of what is no growing array around", s)

    def loop(self, s: S.For) -> None:
        """Check the range of a For."""
        if s.min.type != Int(32) or s.extent.type != Int(32):
            self.fail("a loop over what is not int32", s)

    def condition(self, s: S.IfThenElse | S.AssertStmt) -> None:
        """Check that a condition is a scalar bool."""
        self.predicate(s.condition, 1, s)

    def block(self, s: S.Block) -> None:
        """Check that a Block is flat."""
        if any([isinstance(c, S.Block) for c in s.stmts]):
            self.fail("a block directly inside a block", s)


_CHECKS: dict[type[Stmt], Callable[[_Verifier, Any], None]] = {
    S.Store: _Verifier.store,
    S.PrefetchLine: lambda v, s: v._index(s.index, s),
    S.Provide: _Verifier.provide,
    S.Allocate: _Verifier.allocate,
    Growing: _Verifier.memory_that_grows,
    Grow: _Verifier.grow,
    S.For: _Verifier.loop,
    S.IfThenElse: _Verifier.condition,
    S.AssertStmt: _Verifier.condition,
    S.Block: _Verifier.block,
}
