"""How often loops compute or read one cell: counted, not run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from halo.ir.expr import Call, Expr
from halo.ir.intrinsics import is_intrinsic
from halo.ir.stmt import (
    Block,
    CallExtern,
    For,
    HoistedStorage,
    IfThenElse,
    LetStmt,
    ProducerConsumer,
    Provide,
    Realize,
    Stmt,
)
from halo.ir.substitute import calls_of
from halo.provenance.spans import Span, span_of

_STEPS = 30_000
"""Statements to look at before giving up."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of times; where `exact` is not set, data decides and it is at most that."""

    times: int
    exact: bool = True


class _Undecided(Exception):
    """It differs among the iterations looked at together."""


class _GivenUp(Exception):
    """Too many statements, or loops of unknown length."""


def count_cell(
    loops: Stmt, name: str, cell: tuple[int, ...], values: Mapping[str, int], reads: bool
) -> Count | None:
    """Return how often `loops` write (or, if `reads`, read) cell `cell` of Func or image `name`.

    Iterations are looked at together and taken apart only where they differ, so that the cost
    depends on the number of times rather than on the extents. None where it would be too much.

    Parameters
    ----------
    loops
        A statement at stage "loops".
    values
        Of the variables that it does not bind.
    """
    counter = _Counter(name, cell, reads, {n: (v, v) for n, v in values.items()})
    try:
        return Count(counter.count(loops), counter.exact)
    except _GivenUp:
        return None


@dataclass(slots=True)
class _Counter:
    name: str
    cell: tuple[int, ...]
    reads: bool
    spans: dict[str, Span]
    exact: bool = True
    steps: int = 0
    wide: int = 0
    """Loops around of which several iterations are looked at together."""
    calls: dict[int, tuple[Expr, list[Call]]] = field(default_factory=dict)

    def count(self, s: Stmt) -> int:
        """Return how often it happens in `s`."""
        self.steps += 1
        if self.steps > _STEPS:
            raise _GivenUp
        match s:
            case Block(stmts):
                return sum(self.count(x) for x in stmts)
            case ProducerConsumer() | Realize() | HoistedStorage():
                return self.count(s.body)
            case LetStmt(name, value, body):
                here = self._read_in(value)
                self.spans[name] = span_of(value, self.spans)
                return here + self.count(body)
            case IfThenElse(condition, then, other):
                return self._read_in(condition) + self._branch(condition, then, other)
            case For():
                return self._loop(s)
            case Provide():
                return self._provide(s)
            case CallExtern():
                return self._extern(s)
            case _:
                return 0

    def _branch(self, condition: Expr, then: Stmt, other: Stmt | None) -> int:
        low, high = span_of(condition, self.spans)
        if low == high == 1:
            return self.count(then)
        if low == high == 0:
            return 0 if other is None else self.count(other)
        a, b = self.count(then), 0 if other is None else self.count(other)
        if a != b:
            self._undecided()
        return max(a, b)

    def _loop(self, s: For) -> int:
        low, extent = span_of(s.min, self.spans), span_of(s.extent, self.spans)
        if low[0] == low[1] and extent[0] == extent[1]:
            return self._part(s, low[0], low[0] + extent[0] - 1)
        if not self.wide:
            raise _GivenUp
        self.spans[s.name] = (low[0], low[1] + extent[1] - 1)
        each = self._together(s.body)
        if each and extent[0] != extent[1]:
            raise _Undecided
        return each * extent[1]

    def _part(self, s: For, first: int, last: int) -> int:
        """Return the count over iterations `first` to `last`, halved until they are alike."""
        if last < first:
            return 0
        self.spans[s.name] = (first, last)
        if first == last:
            return self.count(s.body)
        try:
            return self._together(s.body) * (last - first + 1)
        except _Undecided:
            middle = (first + last) // 2
            return self._part(s, first, middle) + self._part(s, middle + 1, last)

    def _together(self, body: Stmt) -> int:
        self.wide += 1
        try:
            return self.count(body)
        finally:
            self.wide -= 1

    def _provide(self, s: Provide) -> int:
        roots = (*s.values, *s.args) if s.predicate is None else (*s.values, *s.args, s.predicate)
        times = sum(map(self._read_in, roots))
        if not self.reads and s.name == self.name:
            times += self._hit(s.args)
        if times and s.predicate is not None:
            low, high = span_of(s.predicate, self.spans)
            if low != high:
                self._undecided()
            return times * high
        return times

    def _extern(self, s: CallExtern) -> int:
        """Return how often a C function is given a buffer with the cell: its last is its own."""
        given = [a for a in s.args if is_intrinsic(a, "buffer")]
        times = 0
        for a in given[:-1] if self.reads else given[-1:]:
            first, *ends = a.args  # type: ignore[attr-defined]
            if first.name == self.name:
                pairs = zip(ends[::2], ends[1::2], self.cell, strict=True)
                times += all([self._is_inside(m, n, c) for m, n, c in pairs])
        self.exact = self.exact and not (self.reads and times)
        return times

    def _is_inside(self, low: Expr, extent: Expr, coordinate: int) -> bool:
        (a, b), (m, n) = span_of(low, self.spans), span_of(extent, self.spans)
        if coordinate < a or coordinate >= b + n:
            return False
        if not (b <= coordinate < a + m):
            self._undecided()
        return True

    def _read_in(self, e: Expr) -> int:
        """Return how often evaluating `e` reads the cell."""
        if not self.reads:
            return 0
        if id(e) not in self.calls:
            self.calls[id(e)] = (e, [c for c in calls_of(e) if c.name == self.name])
        return sum(self._hit(c.args) for c in self.calls[id(e)][1])

    def _hit(self, args: tuple[Expr, ...]) -> int:
        pairs = [(span_of(a, self.spans), c) for a, c in zip(args, self.cell, strict=True)]
        if any(not low <= c <= high for (low, high), c in pairs):
            return 0
        if any(low != high for (low, high), _ in pairs):
            self._undecided()
        return 1

    def _undecided(self) -> None:
        """Note that it depends: on which iteration, if several are looked at; or on data."""
        if self.wide:
            raise _Undecided
        self.exact = False
