"""Directives that say what the loops of a definition become."""

from __future__ import annotations

from dataclasses import dataclass

from halo.schedule.directives.base import Directive
from halo.schedule.tail import TailStrategy


@dataclass(frozen=True, slots=True)
class LoopStep(Directive):
    """Base of directives that make loops of others."""

    @property
    def consumed(self) -> tuple[str, ...]:
        """The loops that are no more."""
        raise NotImplementedError

    @property
    def made(self) -> tuple[str, ...]:
        """The loops that are new, outermost first."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Split(LoopStep):
    """Replace the loop over `old` by a loop over `outer` around one over `inner`.

    ``old == outer*factor + inner`` with `inner` in [0, factor) and `outer` from 0 when `old`
    starts at 0; a loop from ``min`` adds it: ``old == outer*factor + inner + min``. `outer` or
    `inner` may take over the name of `old`.
    """

    old: str
    outer: str
    inner: str
    factor: int
    tail: TailStrategy = TailStrategy.Auto
    method = "split"

    @property
    def consumed(self) -> tuple[str, ...]:
        return (self.old,)

    @property
    def made(self) -> tuple[str, ...]:
        return (self.outer, self.inner)


@dataclass(frozen=True, slots=True)
class Fuse(LoopStep):
    """Replace two neighbouring loops by one over both.

    ``fused == outer*extent(inner) + inner``, each counted from its min. The loop over `inner`
    stands directly inside the one over `outer`.
    """

    inner: str
    outer: str
    fused: str
    method = "fuse"

    @property
    def consumed(self) -> tuple[str, ...]:
        return (self.outer, self.inner)

    @property
    def made(self) -> tuple[str, ...]:
        return (self.fused,)


@dataclass(frozen=True, slots=True)
class Rename(LoopStep):
    """Call the loop over `old` `new`: ``old == new``."""

    old: str
    new: str
    method = "rename"

    @property
    def consumed(self) -> tuple[str, ...]:
        return (self.old,)

    @property
    def made(self) -> tuple[str, ...]:
        return (self.new,)


@dataclass(frozen=True, slots=True)
class Reorder(Directive):
    """Put the loops over `vars` into the order given, innermost first.

    Loops that are not named keep their places.
    """

    vars: tuple[str, ...]
    method = "reorder"


@dataclass(frozen=True, slots=True)
class Vectorize(Directive):
    """Run all iterations over `var` at once, as lanes of vectors.

    Of several such loops in one another the innermost gives the lanes; an outer one gives copies
    of these vectors, side by side inside the loops between the two.
    """

    var: str
    method = "vectorize"


@dataclass(frozen=True, slots=True)
class Unroll(Directive):
    """Write the body once for each iteration over `var`."""

    var: str
    method = "unroll"


@dataclass(frozen=True, slots=True)
class Parallel(Directive):
    """Share the iterations over `var` among threads."""

    var: str
    method = "parallel"


@dataclass(frozen=True, slots=True)
class Serial(Directive):
    """Run the iterations over `var` one after the other, as they do unless told otherwise."""

    var: str
    method = "serial"


@dataclass(frozen=True, slots=True)
class AllowRaceConditions(Directive):
    """Take the user's word that iterations that may meet in a cell do no harm.

    Loops of the stage may run at once although they are proven, or not proven, to clash; and
    in another order where it is only not proven that this changes nothing.
    """

    method = "allow_race_conditions"


@dataclass(frozen=True, slots=True)
class Unscheduled(Directive):
    """Say that the definition is meant to have no directives for its loops."""

    method = "unscheduled"
