"""Memory that is taken further out than the cells in it are needed: how much, and which part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from halo.ir.expr import Add, Expr, Max, Min, Mod, Mul, Sub, Variable, as_const, i32
from halo.ir.interval import Interval, bounds_of
from halo.ir.simplify import simplify
from halo.ir.stmt import HoistedStorage, Realize, Stmt
from halo.lowering.names import Lets, Names, inline
from halo.lowering.sites import Site
from halo.lowering.sliding_window import limits
from halo.lowering.splits import extent_of, last_of


@dataclass(slots=True, eq=False)
class Frame:
    """An enclosing loop: what sliding over it, and storage outside it, need to know."""

    site: Site
    loop: Variable
    serial: bool
    min: Expr
    extent: Expr
    gaps: bool = False
    """Whether a definition in it may do nothing in an iteration before those in which it does."""
    lets: Lets = field(default_factory=Lets)


def hoisted(
    s: Realize, slots: int, frames: Sequence[Frame], outside: Sequence[Interval]
) -> tuple[Realize, tuple[Expr, ...]]:
    """Return `s` as a user of memory taken outside `frames`, and how many cells that must hold.

    Parameters
    ----------
    slots
        How many times over the memory is there.
    outside
        The cells that all uses of the memory together need.
    """
    pairs = zip(s.bounds, outside, strict=True)
    most = tuple(_greatest(extent, frames, extent_of(r)) for (_, extent), r in pairs)
    slot = _slot(frames, slots) if slots > 1 else None
    made = Realize(s.name, s.types, s.bounds, s.body, s.layout, s.folds, s.memory, True, slot)
    return made, most


def taken_outside(
    body: Stmt, users: Sequence[tuple[Realize, tuple[Expr, ...]]], slots: int
) -> Stmt:
    """Return `body` inside the memory that `users` in it share."""
    if not users:
        return body
    first = users[0][0]
    extents = users[0][1]
    for _, more in users[1:]:
        extents = tuple(simplify(Max(a, b)) for a, b in zip(extents, more, strict=True))
    return HoistedStorage(
        first.name, first.types, extents, body, first.layout, first.folds, slots, first.memory
    )


def _greatest(extent: Expr, frames: Sequence[Frame], fallback: Expr) -> Expr:
    """Return a bound of `extent` in terms of what is known outside `frames`."""
    names = [frame.lets for frame in frames]
    ranges = _ranges(frames, names)
    e = inline(extent, names)
    found = [bounds_of(simplify(x), ranges).max for x in (e, *limits(e, Min))]
    known = [x for x in found if x is not None]
    constants = [x for x in known if as_const(x) is not None]
    if constants:
        return min(constants, key=lambda x: int(as_const(x) or 0))
    return simplify(known[0]) if known else fallback


def _ranges(frames: Sequence[Frame], names: Names) -> dict[str, Interval]:
    ranges: dict[str, Interval] = {}
    for frame in frames:
        low = bounds_of(inline(frame.min, names), ranges).min
        high = bounds_of(inline(last_of(frame.min, frame.extent), names), ranges).max
        ranges[frame.loop.name] = Interval(low, high)
    return ranges


def _slot(frames: Sequence[Frame], slots: int) -> Expr:
    """Return the number of the iteration of `frames`, modulo `slots`."""
    n = i32(slots)
    slot: Expr = i32(0)
    for frame in frames:
        i = Mod(Sub(frame.loop, frame.min), n)
        slot = Mod(Add(Mul(slot, Mod(frame.extent, n)), i), n)
    return simplify(slot)
