"""Sliding windows: what of a region an earlier iteration of a loop has computed already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from halo.ir.expr import EQ, GE, Add, Expr, Max, Min, Select, Sub, Variable, as_const, i32
from halo.ir.interval import Interval, bounds_of
from halo.ir.simplify import can_prove, simplify
from halo.ir.substitute import substitute, uses_variable

Lets = Sequence[tuple[str, Expr]]


@dataclass(frozen=True, slots=True)
class Slide:
    """What is known of a region as a loop goes on.

    Attributes
    ----------
    depends
        Whether the region depends on the loop variable at all.
    arg
        The one dimension that moves with the loop, forwards; None if there is no such one.
    new_min
        First cell along `arg` that the iterations before did not compute.
    """

    depends: bool
    arg: str | None
    new_min: Expr


def slide(
    args: Sequence[str], domain: Mapping[str, Interval], loop: Variable, first: Expr, lets: Lets
) -> Slide:
    """Say how the region `domain` moves as `loop` runs upwards from `first`.

    Requires: the loop is serial, and `lets` binds every name in `domain` made inside it.
    Ensures: if `arg` is given, computing [new_min, max] along it in each iteration leaves
    everything computed that the iteration needs, because earlier ones computed the rest.

    Example: rows [y - 1, y + 1] over y from 0 -> new_min = select(y == 0, y - 1, y + 1).
    """
    moving: list[tuple[str, Expr, Expr]] = []
    for arg in args:
        low, high = (_inline(e, lets) for e in (domain[arg].min, domain[arg].max))
        if uses_variable(low, loop.name) or uses_variable(high, loop.name):
            moving.append((arg, low, high))
    nothing = i32(0)
    if len(moving) != 1:
        return Slide(bool(moving), None, nothing)
    arg, low, high = moving[0]
    if not (_grows(low, loop) and _grows(high, loop)):
        return Slide(True, None, nothing)
    previous = simplify(substitute(high, {loop.name: Sub(loop, i32(1))}))
    start = domain[arg].min
    assert start is not None
    later = Max(start, Add(previous, i32(1)))
    return Slide(True, arg, Select(EQ(loop, first), start, later))


def fold_factor(r: Interval, lets: Lets) -> int:
    """Return the number of cells of a circular buffer that holds `r`, a power of two; 0 if none.

    Requires: the region moves forwards, and nothing before its min is read again.
    """
    n = greatest_extent(r, lets)
    if n is None or n < 1:
        return 0
    return 1 << (n - 1).bit_length()


def greatest_extent(r: Interval, lets: Lets) -> int | None:
    """Return the greatest number of integers that `r` may hold, None if no constant bounds it."""
    low, high = _inline(r.min, lets), _inline(r.max, lets)
    found: list[int] = []
    for last in _limits(high, Min):
        for first in _limits(low, Max):
            width = bounds_of(simplify(Add(Sub(last, first), i32(1))), {}).max
            n = as_const(width) if width is not None else None
            if n is not None:
                found.append(int(n))
    return min(found, default=None)


_MOST_LIMITS = 8


def _limits(e: Expr, choice: type[Min | Max]) -> list[Expr]:
    """Return expressions that `e`, where it is a sum with choices in it, never goes beyond.

    _limits(min(a, b) + c, Min)  ->  [a + c, b + c]
    """
    found = [e]
    if isinstance(e, choice):
        found = _limits(e.a, choice) + _limits(e.b, choice)
    elif isinstance(e, Add):
        found = [Add(a, b) for a in _limits(e.a, choice) for b in _limits(e.b, choice)]
    elif isinstance(e, Sub):
        found = [Sub(a, e.b) for a in _limits(e.a, choice)]
    return found if len(found) <= _MOST_LIMITS else [e]


def _inline(e: Expr | None, lets: Lets) -> Expr:
    assert e is not None
    for name, value in reversed(lets):
        if uses_variable(e, name):
            e = substitute(e, {name: value})
    return simplify(e)


def _grows(e: Expr, loop: Variable) -> bool:
    after = substitute(e, {loop.name: Add(loop, i32(1))})
    return can_prove(GE(after, e))
