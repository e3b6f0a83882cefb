"""How far a Function on a thread of its own may run ahead of those who read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from halo.ir.expr import Expr, Sub, i32
from halo.ir.interval import Interval
from halo.ir.simplify import simplify
from halo.ir.substitute import free_variables, substitute
from halo.lowering.hoisted_storage import Frame
from halo.lowering.names import Names, inline
from halo.lowering.sliding_window import fold_factor, greatest_extent

UNBOUNDED = 1 << 16
"""Iterations ahead where no cell is ever written twice: as many as one may wish for."""

_FARTHEST = 8
"""Iterations ahead that a circular buffer is looked at for."""


@dataclass(slots=True)
class Ahead:
    """How a Function on its own thread keeps in step with its users.

    Attributes
    ----------
    ring
        Whether its memory is a ring buffer, outside its storage.
    depth
        An iteration may write once the one so many before has been read.
    loops
        Names of the loops whose iterations are counted.
    drains
        Names of the loops which it begins only when all before was read.
    why_not
        Why it has to wait for its users each time.
    """

    ring: bool = False
    depth: int = UNBOUNDED
    loops: set[str] = field(default_factory=set)
    drains: set[str] = field(default_factory=set)
    why_not: str = ""

    def join(self, other: Ahead) -> None:
        """Hold for the places of `other` too."""
        self.depth = min(self.depth, other.depth)
        self.loops |= other.loops
        self.drains |= other.drains
        self.why_not = self.why_not or other.why_not


@dataclass(frozen=True, slots=True)
class Window:
    """A region that slides along dimension `axis` with a loop.

    `extents` are the cells between the first that an iteration needs and the last that the one 0,
    1, ... after it needs, as far as they are constants.
    """

    axis: int
    loop: str
    inner: bool
    extents: tuple[int, ...]
    nested: bool

    def ahead(self, arg: str, fold: int) -> Ahead:
        """Return how it keeps in step where `fold` cells are kept, 0 for all."""
        made = Ahead(loops={self.loop}, drains={self.loop} if self.nested else set())
        if not self.inner:
            made.why_not = "it is computed again in iterations that its cells do not depend on"
        elif fold:
            made.depth = sum(n <= fold for n in self.extents)
            if made.depth < 2:
                more = f"; fold_storage({arg}, {self.extents[1]})" if len(self.extents) > 1 else ""
                made.why_not = f"{fold} cells along {arg} leave no room to run ahead{more}"
        return made


def window(
    axis: int, r: Interval, frames: Sequence[Frame], loop: Frame, names: Names, forward: bool
) -> Window:
    """Describe how the cells `r` slide with `loop`, one of the `frames` around.

    Requires: both ends move one way, `forward` or back.
    """
    extents: list[int] = []
    for n in range(_FARTHEST):
        most = greatest_extent(_with_earlier(r, loop, names, forward, n), ())
        if most is None or most < 1:
            break
        extents.append(most)
    inner, nested = loop is frames[-1], loop is not frames[0]
    return Window(axis, loop.loop.name, inner, tuple(extents), nested)


def fold_factor_ahead(r: Interval, loop: Frame, names: Names, forward: bool) -> int:
    """Return the cells of a circular buffer in which one iteration may run ahead; 0 if none."""
    return fold_factor(_with_earlier(r, loop, names, forward, 1), ())


def _with_earlier(r: Interval, loop: Frame, names: Names, forward: bool, n: int) -> Interval:
    """Return the cells `r` of an iteration together with those of the one `n` before it."""

    def earlier(e: Expr) -> Expr:
        return simplify(substitute(e, {loop.loop.name: Sub(loop.loop, i32(n))}))

    low, high = inline(r.min, names), inline(r.max, names)
    return Interval(earlier(low), high) if forward else Interval(low, earlier(high))


def ring(slots: int, between: Sequence[Frame]) -> Ahead:
    """Return how a Function keeps in step whose memory outside `between` is a ring buffer.

    Parts are numbered by iterations. A loop whose extent changes from one iteration of those
    around it to the next breaks the numbering, and begins when all was read.
    """
    drains: set[str] = set()
    names = [frame.lets for frame in between]
    outer: set[str] = set()
    for frame in between:
        extent = inline(frame.extent, names)
        if outer & free_variables(extent):
            drains.add(frame.loop.name)
        outer.add(frame.loop.name)
    return Ahead(True, slots, {between[-1].loop.name}, drains)
