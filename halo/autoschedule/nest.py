"""The loops of one definition, as directives that are given one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from halo.schedule.directives import (
    Directive,
    Fuse,
    Parallel,
    Reorder,
    Split,
    Unroll,
    Vectorize,
)
from halo.schedule.schedule import Entry
from halo.schedule.tail import TailStrategy


class Nest:
    """Directives for stage `stage` of Func `func`, whose loops are `loops`, innermost first."""

    def __init__(self, func: str, stage: int, loops: Sequence[str], why: str = "") -> None:
        self.func = func
        self.stage = stage
        self.entries: list[Entry] = []
        self.why = why
        self._loops = list(loops)
        self._taken = set(loops)

    def give(self, *directives: Directive) -> None:
        """Add `directives`; the first is told why."""
        for d in directives:
            self.entries.append(Entry(self.func, self.stage, d, why=self.why))
            self.why = ""

    def split(
        self, old: str, factor: int, suffix: str, tail: TailStrategy = TailStrategy.Auto
    ) -> str:
        """Split `old`, whose name the outer loop keeps; return the name of the inner one."""
        inner = self._fresh(f"{old}{suffix}")
        self._loops.insert(self._loops.index(old), inner)
        self.give(Split(old, old, inner, factor, tail))
        return inner

    def fuse(self, inner: str, outer: str) -> str:
        """Run two neighbouring loops as one; return its name."""
        fused = self._fresh(f"{inner}{outer}")
        self._loops[self._loops.index(inner)] = fused
        self._loops.remove(outer)
        self.give(Fuse(inner, outer, fused))
        return fused

    def reorder(self, *loops: str) -> None:
        """Put `loops` into this order, innermost first."""
        if [v for v in self._loops if v in loops] == list(loops):
            return
        moved = iter(loops)
        self._loops = [next(moved) if v in loops else v for v in self._loops]
        self.give(Reorder(loops))

    def vectorize(self, loop: str) -> None:
        self.give(Vectorize(loop))

    def unroll(self, loop: str) -> None:
        self.give(Unroll(loop))

    def parallel(self, loop: str) -> None:
        self.give(Parallel(loop))

    def _fresh(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name
