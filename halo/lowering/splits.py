"""From the loops of a stage to the variables of its definition: splits and fusions undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from halo.ir.expr import GE, LE, Add, Div, Expr, Min, Mod, Mul, Sub, Variable, as_const, i32
from halo.ir.interval import Interval, bounds_of, intersect
from halo.ir.simplify import simplify
from halo.ir.stmt import ForKind, Partition
from halo.ir.types import Int
from halo.schedule.directives import Fuse, Split
from halo.schedule.state import StageSchedule
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
    """A let that is known inside loop `depth` (-1: outside all)."""

    depth: int
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition on the iterations, known inside loop `depth`."""

    depth: int
    condition: Expr


@dataclass(slots=True)
class StageNest:
    """The loops of a stage and how the definition's variables follow from them.

    Attributes
    ----------
    loops
        Outermost first.
    bindings, guards
        What goes inside which loop; a binding may use those before it.
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
    values: dict[str, Expr] = field(default_factory=dict)
    fused: bool = False
    needs: list[Expr] = field(default_factory=list)

    def fresh(self, name: str) -> str:
        """Return `name`, numbered where a binding has it: a variable may be split repeatedly."""
        used = {b.name for b in self.bindings}
        numbered = (f"{name}.{n}" for n in range(1, len(used) + 1))
        return name if name not in used else next(n for n in numbered if n not in used)

    def scope_at(self, depth: int, domain: Mapping[str, Interval]) -> dict[str, Interval]:
        """Return the ranges of the definition's variables inside loop `depth`.

        Variables of loops down to `depth` and bindings known there stand for themselves.
        """
        scope = {loop.name: loop.interval for loop in self.loops[depth + 1 :]}
        for b in self.bindings:
            if b.depth > depth:
                scope[b.name] = bounds_of(b.value, scope)
        ranges = {}
        for name, value in self.values.items():
            r = bounds_of(value, scope)
            if self.guards or self.fused:
                r = intersect(r, domain[name])
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
    prefix: str, stage: StageSchedule, domain: Mapping[str, Interval], careful: bool
) -> StageNest:
    """Work out the loops of a stage over `domain`.

    Requires: every interval of `domain` is bounded.
    Ensures: running the loops, where the guards hold, visits each point of `domain` (rounded up
    where a split says so) at least once, and exactly once unless a step was shifted inwards.

    Parameters
    ----------
    prefix
        Goes before the names of loops and bindings.
    careful
        Guard every incomplete step and run everything serially: right for any extent.
    """
    ranges = {name: (known_end(r.min), extent_of(r)) for name, r in domain.items()}
    nest = StageNest()
    steps = [_apply(s, ranges, careful, nest) for s in stage.splits]
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


@dataclass(frozen=True, slots=True)
class _SplitStep:
    split: Split
    min: Expr
    extent: Expr
    tail: TailStrategy | None

    def undo(self, prefix: str, nest: StageNest, depth: dict[str, int]) -> None:
        s = self.split
        start: Expr = Mul(nest.values.pop(s.outer), i32(s.factor))
        if self.tail is TailStrategy.ShiftInwards:
            start = Min(start, Sub(self.extent, i32(s.factor)))
        base = Variable(Int(32), nest.fresh(f"{prefix}.{s.old}.base"))
        d = depth.pop(s.outer)
        nest.bindings.append(Binding(d, base.name, simplify(Add(start, self.min))))
        old: Expr = Add(base, nest.values.pop(s.inner))
        d = max(d, depth.pop(s.inner))
        nest.values[s.old] = old
        depth[s.old] = d
        if self.tail is TailStrategy.GuardWithIf:
            last = simplify(last_of(self.min, self.extent))
            nest.guards.append(Guard(d, LE(old, last)))


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
            made = Variable(Int(32), nest.fresh(f"{prefix}.{name}.of.{f.fused}"))
            nest.bindings.append(Binding(d, made.name, simplify(value)))
            nest.values[name] = made
            depth[name] = d


def _apply(
    s: Split | Fuse, ranges: dict[str, tuple[Expr, Expr]], careful: bool, nest: StageNest
) -> _SplitStep | _FuseStep:
    if isinstance(s, Fuse):
        inner, outer = ranges.pop(s.inner), ranges.pop(s.outer)
        ranges[s.fused] = (i32(0), simplify(Mul(inner[1], outer[1])))
        return _FuseStep(s, inner, outer)
    low, extent = ranges.pop(s.old)
    ranges[s.outer] = (i32(0), simplify(ceil_div(extent, s.factor)))
    ranges[s.inner] = (i32(0), i32(s.factor))
    return _SplitStep(s, low, extent, _tail(s, extent, careful, nest))


def _tail(s: Split, extent: Expr, careful: bool, nest: StageNest) -> TailStrategy | None:
    """Return the tail strategy this extent needs; None where every step is complete."""
    if as_const(simplify(Mod(extent, i32(s.factor)))) == 0 or s.tail is TailStrategy.RoundUp:
        return None
    if s.tail is not TailStrategy.ShiftInwards:
        return TailStrategy.GuardWithIf
    known = as_const(extent)
    if careful or (known is not None and known < s.factor):
        return TailStrategy.GuardWithIf
    if known is None:
        nest.needs.append(simplify(GE(extent, i32(s.factor))))
    return TailStrategy.ShiftInwards


def rounded(stage: StageSchedule, domain: Mapping[str, Interval]) -> dict[str, Interval]:
    """Return `domain`, of pure variables, grown to whole steps where a split says RoundUp."""
    grown = dict(domain)
    unit: dict[str, int] = {}
    for s in reversed(stage.splits):
        if isinstance(s, Fuse):
            unit.pop(s.fused, None)
        else:
            outer = unit.pop(s.outer, 1)
            unit.pop(s.inner, None)
            round_up = s.tail is TailStrategy.RoundUp
            if round_up or outer > 1:
                unit[s.old] = outer * s.factor
    for name, n in unit.items():
        if name not in grown:  # a reduction variable: its extent is the user's promise
            continue
        r = grown[name]
        extent = Mul(ceil_div(extent_of(r), n), i32(n))
        grown[name] = Interval(r.min, simplify(last_of(known_end(r.min), extent)))
    return grown
