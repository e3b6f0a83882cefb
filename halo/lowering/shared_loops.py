"""Loops that run several definitions, each where the loop is inside its own range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from halo.ir.case import Case
from halo.ir.equality import equal
from halo.ir.expr import GE, LE, Add, Expr, Max, Min, Sub, Variable, i32
from halo.ir.simplify import simplify
from halo.ir.stmt import For, ForKind, LetStmt, Stmt
from halo.ir.types import Int
from halo.lowering.copies import shared_name
from halo.lowering.hoisted_storage import Frame
from halo.lowering.names import Lets, Names, inline
from halo.lowering.reach import Domain
from halo.lowering.sites import Site
from halo.lowering.splits import Guard, Loop, StageNest, last_of
from halo.schedule.align import LoopAlignStrategy
from halo.schedule.fusion import Stage
from halo.schedule.state import StageSchedule


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the loop nests of a stage."""

    func: str
    stage: int
    schedule: StageSchedule

    @property
    def prefix(self) -> str:
        """What the names of its loops begin with."""
        return f"{self.func}.s{self.stage}"


@dataclass(slots=True, eq=False)
class Member:
    """A loop nest under construction, alone or with others that share its outer loops.

    `reads` are the ranges for which it reads; `sites` are those of its loops, `innermost` is
    another one inside all of them. `where` is what the predicate says of the loops alone: where it
    does not hold, nothing inside is needed. `store_once` is not yet asked. `guards` hold where it
    runs at all, and are asked where its own loops begin.
    """

    variant: Variant
    nest: StageNest
    reads: Domain
    sites: list[Site]
    innermost: Site | None = None
    where: Sequence[Guard] = ()
    store_once: list[Guard] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        """The definition."""
        return self.variant.func, self.variant.stage

    def guards_at(self, depth: int) -> list[Guard]:
        """Return the conditions that are known inside loop `depth`."""
        return [g for g in self.nest.guards if g.depth == depth]

    def where_at(self, depth: int) -> list[Guard]:
        """Return what the predicate says that is known inside loop `depth`, and not outside it."""
        return [g for g in self.where if g.depth == depth]

    def take_store_once(self, depth: int) -> list[Guard]:
        """Return what is known inside loop `depth` of where it may store; it is then asked."""
        found = [g for g in self.store_once if g.depth == depth]
        self.store_once = [g for g in self.store_once if g.depth != depth]
        return found

    def bindings_at(self, depth: int) -> list[tuple[str, Expr]]:
        """Return the names that are known inside loop `depth`, the first outermost."""
        return [(b.name, b.value) for b in self.nest.bindings if b.depth == depth]

    def frame(self, depth: int) -> Frame:
        """Return loop `depth` as one of those around what is inside it."""
        spec = self.nest.loops[depth]
        serial = spec.kind in (ForKind.SERIAL, ForKind.UNROLLED)
        loop = Variable(Int(32), spec.name)
        gaps = any(self.nest.depth_of(g.condition) >= depth for g in self.where)
        lets = Lets(self.bindings_at(depth))
        return Frame(self.sites[depth], loop, serial, spec.min, spec.extent, gaps, lets)


def with_bindings(m: Member, depth: int, body: Stmt) -> Stmt:
    """Return `body` inside the names that are known inside loop `depth` of `m`."""
    for b in reversed(m.nest.bindings):
        if b.depth == depth:
            body = LetStmt(b.name, b.marked, body)
    return body


class SharedLoop:
    """The loop at `depth` of `members`, whose owner is the last definition in the chain.

    Where their ranges differ it runs over all of them. A member's own loop variable is then kept
    in its range, so that what is computed for it reads nothing that does not exist; the guard
    asks for the iteration itself.

    Example: f over [0, 4], g over [2, 7] -> ``for v in [0, 7]: if v <= 4: f(v); if v >= 2: g(v)``.
    """

    def __init__(self, members: Sequence[Member], depth: int, names: Names) -> None:
        self._depth = depth
        self._names = names
        self._own = {m.stage: m.nest.loops[depth] for m in members}
        site = members[0].sites[depth]
        owner = self._own[(site.func, site.stage)]
        self._owner = owner
        self._same = all(self._equal(owner, loop) for loop in self._own.values())
        self._shifts = {m.stage: self._shift(m, owner) for m in members}
        self.name = owner.name if self._same else shared_name(owner.name)
        self._first, self._last = self._range()
        serial = owner.kind in (ForKind.SERIAL, ForKind.UNROLLED)
        loop = Variable(Int(32), self.name)
        self.frame = Frame(site, loop, serial, self._first, self._extent(), not self._same)
        self.frame.lets.extend(self._variables())

    def guards(self, m: Member) -> list[Guard]:
        """Return where `m` runs in this loop."""
        if self._same:
            return []
        loop, v = self._own[m.stage], self._iteration(m.stage)
        ends = GE(v, loop.min), LE(v, last_of(loop.min, loop.extent))
        return [Guard(self._depth, end, True) for end in ends]

    def around(self, body: Stmt, case: tuple[Case, ...]) -> Stmt:
        """Return the loop over `body`, in the specialisations `case`."""
        for name, value in reversed(self._variables()):
            body = LetStmt(name, value, body)
        o = self._owner
        return For(self.name, self._first, self._extent(), o.kind, body, o.note, o.partition, case)

    def _extent(self) -> Expr:
        if self._same:
            return self._owner.extent
        return simplify(Add(Sub(self._last, self._first), i32(1)))

    def _range(self) -> tuple[Expr, Expr]:
        if self._same:
            return self._owner.min, last_of(self._owner.min, self._owner.extent)
        lows: list[Expr] = []
        highs: list[Expr] = []
        for stage, loop in self._own.items():
            lows.append(Add(loop.min, self._shifts[stage]))
            highs.append(Add(last_of(loop.min, loop.extent), self._shifts[stage]))
        return simplify(reduce(Min, lows)), simplify(reduce(Max, highs))

    def _iteration(self, stage: Stage) -> Expr:
        return simplify(Sub(Variable(Int(32), self.name), self._shifts[stage]))

    def _variables(self) -> list[tuple[str, Expr]]:
        """Return the loop variables of the members in terms of this loop's."""
        made: list[tuple[str, Expr]] = []
        for stage, loop in self._own.items():
            v = self._iteration(stage)
            if not self._same:
                v = Max(Min(v, last_of(loop.min, loop.extent)), loop.min)
            if loop.name != self.name:
                made.append((loop.name, v))
        return made

    def _shift(self, m: Member, owner: Loop) -> Expr:
        """Return what is added to the variable of `m` to get this loop's."""
        fused = m.variant.schedule.fused
        loop = self._own[m.stage]
        if self._same or fused is None or loop is owner:
            return i32(0)
        how = fused.align(m.variant.schedule.dims[self._depth].name)
        if how is LoopAlignStrategy.AlignStart:
            return simplify(Sub(owner.min, loop.min))
        if how is LoopAlignStrategy.AlignEnd:
            ends = last_of(owner.min, owner.extent), last_of(loop.min, loop.extent)
            return simplify(Sub(*ends))
        return i32(0)

    def _equal(self, a: Loop, b: Loop) -> bool:
        pairs = ((a.min, b.min), (a.extent, b.extent))
        return all(equal(inline(x, self._names), inline(y, self._names)) for x, y in pairs)
