"""From the loops of a stage to the variables of its definition: splits and fusions undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from halo.ir.expr import GE, LE, LT, Add, Div, Expr, Min, Mod, Mul, Sub, Variable, as_const, i32
from halo.ir.interval import Interval, bounds_of, intersect
from halo.ir.intrinsics import likely_if_innermost
from halo.ir.simplify import simplify
from halo.ir.stmt import ForKind, Partition
from halo.ir.substitute import free_variables
from halo.ir.types import Int
from halo.lowering.multiples import named_units
from halo.schedule.directives import Fuse, Rename, Split
from halo.schedule.state import StageSchedule, parts_of
from halo.schedule.tail import TailStrategy


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop of a stage; `name` is unique in the nest."""

    name: str
    min: Expr
    extent: Expr
    kind: ForKind
    note: str
    partition: Partition

    @property
    def interval(self) -> Interval:
        """The values the loop variable takes."""
        return Interval(self.min, simplify(last_of(self.min, self.extent)))


@dataclass(frozen=True, slots=True)
class Binding:
    """A let that is known inside loop `depth` (-1: outside all).

    `marked` is its value, in which what it usually is may be marked likely.
    """

    depth: int
    name: str
    value: Expr
    marked: Expr


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition on the iterations, known inside loop `depth`.

    `cuts` says that it is worth cutting the loop, so that only the last step asks.
    """

    depth: int
    condition: Expr
    cuts: bool


@dataclass(slots=True)
class StageNest:
    """The loops of a stage and how the definition's variables follow from them.

    Attributes
    ----------
    loops
        Outermost first.
    bindings, guards
        What goes inside which loop; a binding may use those before it.
    load_guards, store_guards
        Conditions under which an iteration may read, and store.
    fresh
        Conditions under which a cell is the iteration's own; else it keeps its value.
    store_once
        Conditions under which a cell is the iteration's own; else it is left to the iteration
        whose own it is, which may run at the same time.
    values
        Variable of the definition to its value in terms of loops and bindings.
    fused
        Whether loops were fused; the ranges that follow from such a loop are loose.
    needs
        Conditions under which the nest is right (ShiftInwards: enough cells).
    """

    loops: list[Loop] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    load_guards: list[Expr] = field(default_factory=list)
    store_guards: list[Expr] = field(default_factory=list)
    fresh: list[Expr] = field(default_factory=list)
    store_once: list[Guard] = field(default_factory=list)
    values: dict[str, Expr] = field(default_factory=dict)
    fused: bool = False
    needs: list[Expr] = field(default_factory=list)

    def unused(self, name: str) -> str:
        """Return `name`, numbered where a binding has it: a variable may be split repeatedly."""
        used = {b.name for b in self.bindings}
        numbered = (f"{name}.{n}" for n in range(1, len(used) + 1))
        return name if name not in used else next(n for n in numbered if n not in used)

    def depth_of(self, e: Expr) -> int:
        """Return the outermost loop inside which `e` is known; -1: outside all."""
        depths = {loop.name: i for i, loop in enumerate(self.loops)}
        depths.update((b.name, b.depth) for b in self.bindings)
        return max((depths.get(name, -1) for name in free_variables(e)), default=-1)

    def own_conditions(self) -> list[Expr]:
        """Return the conditions under which an iteration may do all that it does."""
        return [*self.load_guards, *self.store_guards, *self.fresh]

    def scope_at(self, depth: int, reads: Mapping[str, Interval]) -> dict[str, Interval]:
        """Return the ranges of the definition's variables for which loop `depth` reads inside.

        `reads` are the ranges for which the whole nest does. Variables of loops down to `depth`
        and bindings known there stand for themselves.
        """
        scope = {loop.name: loop.interval for loop in self.loops[depth + 1 :]}
        for b in self.bindings:
            if b.depth > depth:
                scope[b.name] = bounds_of(b.value, scope)
        ranges = {}
        for name, value in self.values.items():
            r = bounds_of(value, scope)
            if self.guards or self.load_guards or self.fused:
                r = intersect(r, reads[name])
            ranges[name] = r
        return ranges


def known_end(e: Expr | None) -> Expr:
    """Return an end of an interval that is bounded on that side."""
    assert e is not None
    return e


def last_of(min: Expr, extent: Expr) -> Expr:
    """Return min + extent - 1."""
    return Sub(Add(min, extent), i32(1))


def extent_of(r: Interval) -> Expr:
    """Return the number of integers in a bounded interval."""
    return simplify(Add(Sub(known_end(r.max), known_end(r.min)), i32(1)))


def ceil_div(a: Expr, n: int) -> Expr:
    """Return a / n rounded up."""
    return Div(Add(a, i32(n - 1)), i32(n))


def undo_splits(
    prefix: str,
    stage: StageSchedule,
    domain: Mapping[str, Interval],
    careful: bool,
    units: Mapping[str, int],
) -> StageNest:
    """Work out the loops of a stage over `domain`.

    Requires: every interval of `domain` is bounded.
    Ensures: running the loops, where the guards hold, visits each point of `domain` (and more
    where a split runs over the end) at least once, and exactly once unless a step was shifted
    inwards; and exactly once where also what is in `fresh` and `store_once` holds. Iterations that
    run on several threads never store to one cell.

    Parameters
    ----------
    prefix
        Goes before the names of loops and bindings.
    careful
        Guard every incomplete step and run everything serially: right for any extent.
    units
        Variable to what its range may begin and end at multiples of, up to a constant.
    """
    ranges = {name: (known_end(r.min), extent_of(r)) for name, r in domain.items()}
    nest = StageNest()
    overrun = _overrun(stage)
    steps = [
        _apply(s, ranges, careful, over, _meets(stage, i), nest, units)
        for i, (s, over) in enumerate(zip(stage.splits, overrun, strict=True))
    ]
    depth: dict[str, int] = {}
    for k, dim in enumerate(stage.dims):
        low, extent = ranges[dim.name]
        kind = dim.kind
        if careful and kind in (ForKind.VECTORIZED, ForKind.UNROLLED):
            kind = ForKind.SERIAL
        loop = Loop(f"{prefix}.{dim.name}", low, extent, kind, dim.note, dim.partition)
        nest.loops.append(loop)
        nest.values[dim.name] = Variable(Int(32), loop.name)
        depth[dim.name] = k
    for step in reversed(steps):
        step.undo(prefix, nest, depth)
    return nest


class _Meets(Enum):
    """Whether threads meet in the cells that two steps of a split have in common."""

    NEVER = "never"
    IN_STEPS = "the loops over the inner part are plain: a shifted step can be made shorter"
    IN_WIDE_STEPS = "some of these are vectorized or unrolled"


def _meets(stage: StageSchedule, index: int) -> _Meets:
    """Return how threads meet in split number `index`, should its last step be shifted."""
    s = stage.splits[index]
    if not isinstance(s, Split):
        return _Meets.NEVER
    steps, inside = parts_of(stage, index, s.outer), parts_of(stage, index, s.inner)
    if not any(d.kind is ForKind.PARALLEL and d.name in steps for d in stage.dims):
        return _Meets.NEVER
    wide = (ForKind.VECTORIZED, ForKind.UNROLLED)
    if any(d.kind in wide and d.name in inside for d in stage.dims):
        return _Meets.IN_WIDE_STEPS
    return _Meets.IN_STEPS


@dataclass(frozen=True, slots=True)
class _SplitStep:
    split: Split
    min: Expr
    extent: Expr
    tail: TailStrategy | None
    overrun: bool
    meets: _Meets
    unit: int

    def undo(self, prefix: str, nest: StageNest, depth: dict[str, int]) -> None:
        s = self.split
        first: Expr = Mul(nest.values.pop(s.outer), i32(s.factor))
        shifts = self.tail is not None and self.tail.shifts
        name = nest.unused(f"{prefix}.{s.old}.base")
        let, base = self._base(name, self._start(first, shifts))
        marked = (
            self._base(name, self._start(likely_if_innermost(first), shifts))[0] if shifts else let
        )
        d = depth.pop(s.outer)
        nest.bindings.append(Binding(d, *let, marked[1]))
        if shifts and self.overrun:  # a step beyond the end would be the last one once more
            nest.guards.append(Guard(d, LT(first, self.extent), True))
        inner = nest.values.pop(s.inner)
        old: Expr = Add(base, inner)
        d = max(d, depth.pop(s.inner))
        nest.values[s.old] = old
        depth[s.old] = d
        inside = LE(old, simplify(last_of(self.min, self.extent)))
        match self.tail:
            case TailStrategy.GuardWithIf | TailStrategy.Predicate:
                nest.guards.append(Guard(d, inside, self.tail is TailStrategy.GuardWithIf))
            case TailStrategy.PredicateLoads:
                nest.load_guards.append(inside)
            case TailStrategy.PredicateStores:
                nest.store_guards.append(inside)
            case TailStrategy.RoundUpAndBlend:
                nest.fresh.append(inside)
            case TailStrategy.ShiftInwardsAndBlend:
                nest.fresh.append(self._is_own(first, inner))
            case TailStrategy.ShiftInwards if self.meets is not _Meets.NEVER:
                own = self._is_own(first, inner)
                nest.store_once.append(Guard(d, own, self.meets is _Meets.IN_WIDE_STEPS))

    def _start(self, first: Expr, shifts: bool) -> Expr:
        return Min(first, Sub(self.extent, i32(self.split.factor))) if shifts else first

    def _base(self, name: str, start: Expr) -> tuple[tuple[str, Expr], Expr]:
        """Return a let of the first cell of a step, and what that cell is in terms of it."""
        cell = simplify(Add(start, self.min))
        return named_units(cell, name, self.unit) or ((name, cell), Variable(Int(32), name))

    def _is_own(self, first: Expr, inner: Expr) -> Expr:
        """Return the condition that a cell of a shifted step is in no other, too.

        Those are the cells from where it would have begun. Solved for the extent: linear in the
        loops, so that loop partitioning understands it.
        """
        end = Sub(Add(first, i32(self.split.factor)), inner)
        return LE(simplify(end), self.extent)


@dataclass(frozen=True, slots=True)
class _FuseStep:
    fuse: Fuse
    inner: tuple[Expr, Expr]
    outer: tuple[Expr, Expr]

    def undo(self, prefix: str, nest: StageNest, depth: dict[str, int]) -> None:
        f = self.fuse
        nest.fused = True
        fused, d = nest.values.pop(f.fused), depth.pop(f.fused)
        (inner_min, inner_extent), (outer_min, _) = self.inner, self.outer
        for name, value in (
            (f.inner, Add(Mod(fused, inner_extent), inner_min)),
            (f.outer, Add(Div(fused, inner_extent), outer_min)),
        ):
            made = Variable(Int(32), nest.unused(f"{prefix}.{name}.of.{f.fused}"))
            nest.bindings.append(Binding(d, made.name, simplify(value), simplify(value)))
            nest.values[name] = made
            depth[name] = d


@dataclass(frozen=True, slots=True)
class _RenameStep:
    rename: Rename

    def undo(self, prefix: str, nest: StageNest, depth: dict[str, int]) -> None:
        old, new = self.rename.old, self.rename.new
        nest.values[old] = nest.values.pop(new)
        depth[old] = depth.pop(new)


def _overrun(stage: StageSchedule) -> list[bool]:
    """Return for each split of `stage` whether its outer loop runs over its end."""
    over: set[str] = set()
    found: list[bool] = []
    for s in reversed(stage.splits):
        found.append(isinstance(s, Split) and s.outer in over)
        if isinstance(s, Rename) and s.new in over:
            over.discard(s.new)
            over.add(s.old)
        if isinstance(s, Split):
            over.discard(s.outer)
            if s.tail.runs_over:
                over.add(s.old)
    return found[::-1]


def _apply(
    s: Split | Fuse | Rename,
    ranges: dict[str, tuple[Expr, Expr]],
    careful: bool,
    overrun: bool,
    meets: _Meets,
    nest: StageNest,
    units: Mapping[str, int],
) -> _SplitStep | _FuseStep | _RenameStep:
    if isinstance(s, Rename):
        ranges[s.new] = ranges.pop(s.old)
        return _RenameStep(s)
    if isinstance(s, Fuse):
        inner, outer = ranges.pop(s.inner), ranges.pop(s.outer)
        ranges[s.fused] = (i32(0), simplify(Mul(inner[1], outer[1])))
        return _FuseStep(s, inner, outer)
    low, extent = ranges.pop(s.old)
    ranges[s.outer] = (i32(0), simplify(ceil_div(extent, s.factor)))
    ranges[s.inner] = (i32(0), i32(s.factor))
    whole = not overrun and as_const(simplify(Mod(extent, i32(s.factor)))) == 0
    tail = None if whole else _tail(s, extent, careful, nest)
    return _SplitStep(s, low, extent, tail, overrun, meets, units.get(s.old, 1))


def _tail(s: Split, extent: Expr, careful: bool, nest: StageNest) -> TailStrategy:
    """Return the tail strategy this extent needs: what shifts needs enough cells."""
    if not s.tail.shifts:
        return s.tail
    known = as_const(extent)
    if careful or (known is not None and known < s.factor):
        return TailStrategy.GuardWithIf
    if known is None:
        nest.needs.append(simplify(GE(extent, i32(s.factor))))
    return s.tail
