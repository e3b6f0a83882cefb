"""How far beyond its region a stage reads and stores: as far as its splits run over the end."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from halo.ir.expr import Add, Mul, i32
from halo.ir.interval import Interval, union
from halo.ir.simplify import simplify
from halo.lowering.splits import ceil_div, extent_of, known_end, last_of
from halo.schedule.directives import Fuse, Rename
from halo.schedule.state import StageSchedule
from halo.schedule.tail import TailStrategy

Domain = dict[str, Interval]


@dataclass(frozen=True, slots=True)
class Reach:
    """The values of a stage's variables for which it reads, and those for which it stores."""

    reads: Domain
    stores: Domain


@dataclass(frozen=True, slots=True)
class Ranges:
    """The values of a stage's variables that are asked for, and those for which it reads."""

    asked: Domain
    reads: Domain

    def map(self, f: Callable[[Interval], Interval]) -> Ranges:
        """Return these ranges with `f` applied to each."""
        asked = {name: f(r) for name, r in self.asked.items()}
        return Ranges(asked, {name: f(r) for name, r in self.reads.items()})


def reach_of(stage: StageSchedule, domain: Domain, whole: Container[str]) -> Reach:
    """Return for which values of its variables `stage` reads and stores where asked for `domain`.

    Every loop nest that the stage may run is covered. A range that does not grow is the very
    object that it is in `domain`.

    Parameters
    ----------
    whole
        The variables whose range the loops run over at once; of others they run over parts, each
        of which is rounded up by itself.

    Example: x in [a, b], split by 8 with RoundUp -> x in [a, a + (b - a + 8)/8*8 - 1].
    """
    variants = list(stage.variants())
    reads = [_units(v, lambda t: t.reads_over) for v in variants]
    stores = [_units(v, lambda t: t.stores_over) for v in variants]
    read = {name: _grown(r, name, reads, name in whole) for name, r in domain.items()}
    stored = {
        name: read[name] if _same(name, reads, stores) else _grown(r, name, stores, name in whole)
        for name, r in domain.items()
    }
    return Reach(read, stored)


def _units(stage: StageSchedule, over: Callable[[TailStrategy], bool]) -> dict[str, int]:
    """Return the variables whose range grows, to a multiple of what."""
    unit: dict[str, int] = {}
    for s in reversed(stage.splits):
        if isinstance(s, Fuse):
            continue  # a fused loop does not run over its end
        if isinstance(s, Rename):
            if s.new in unit:
                unit[s.old] = unit.pop(s.new)
            continue
        outer = unit.pop(s.outer, 1)
        if over(s.tail):
            unit[s.old] = outer * s.factor
    return unit


def _same(name: str, a: Sequence[Mapping[str, int]], b: Sequence[Mapping[str, int]]) -> bool:
    return [u.get(name, 1) for u in a] == [u.get(name, 1) for u in b]


def _grown(r: Interval, name: str, units: Sequence[Mapping[str, int]], whole: bool) -> Interval:
    sizes = sorted({u.get(name, 1) for u in units})
    if sizes == [1]:
        return r
    return reduce(union, [_rounded(r, n, whole) for n in sizes])


def _rounded(r: Interval, n: int, whole: bool) -> Interval:
    if n == 1:
        return r
    if not whole:  # a part may end anywhere, so its last step anywhere in the n cells after that
        return Interval(r.min, simplify(Add(known_end(r.max), i32(n - 1))))
    extent = Mul(ceil_div(extent_of(r), n), i32(n))
    return Interval(r.min, simplify(last_of(known_end(r.min), extent)))
