"""Sliding windows: what of a region an earlier iteration of a loop has computed already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from halo.ir.equality import equal
from halo.ir.expr import EQ, GE, LE, Add, Expr, Max, Min, Select, Sub, Variable, as_const, i32
from halo.ir.interval import Interval, bounds_of
from halo.ir.simplify import can_prove, simplify
from halo.ir.substitute import find, substitute, uses_variable
from halo.lowering.names import Names, inline

_EVERYTHING = Interval(None, None)


@dataclass(frozen=True, slots=True)
class Slide:
    """What is known of a region as a loop goes on.

    Attributes
    ----------
    depends
        Whether the region depends on the loop variable at all.
    arg
        The one dimension that moves with the loop, one way; None if there is no such one.
    new
        The cells along `arg` that the iterations before did not compute.
    """

    depends: bool
    arg: str | None = None
    new: Interval = _EVERYTHING


def slide(
    args: Sequence[str], domain: Mapping[str, Interval], loop: Variable, first: Expr, names: Names
) -> Slide:
    """Say how the region `domain` moves as `loop` runs upwards from `first`.

    Requires: the loop is serial, and `names` are all in `domain` that are bound inside it.
    Ensures: if `arg` is given, computing `new` along it in each iteration leaves everything
    computed that the iteration needs, because earlier ones computed the rest.

    Example: rows [y - 1, y + 1] over y from 0 -> new is [select(y == 0, y - 1, y + 1), y + 1].
    """
    moving: list[tuple[str, Expr, Expr]] = []
    for arg in args:
        low, high = (inline(e, names) for e in (domain[arg].min, domain[arg].max))
        if uses_variable(low, loop.name) or uses_variable(high, loop.name):
            moving.append((arg, low, high))
    if len(moving) != 1:
        return Slide(bool(moving))
    arg, low, high = moving[0]
    start, end = domain[arg].min, domain[arg].max
    assert start is not None and end is not None
    if _moves(low, loop, first, GE) and _moves(high, loop, first, GE):
        at_first, later = _by_iteration(low, start, loop, first)
        begin = Max(later, Add(_before(high, loop), i32(1)))
        return Slide(True, arg, Interval(Select(EQ(loop, first), at_first, begin), end))
    if _moves(low, loop, first, LE) and _moves(high, loop, first, LE):
        at_first, later = _by_iteration(high, end, loop, first)
        last = Min(later, Sub(_before(low, loop), i32(1)))
        return Slide(True, arg, Interval(start, Select(EQ(loop, first), at_first, last)))
    return Slide(True)


def _by_iteration(e: Expr, name: Expr, loop: Variable, first: Expr) -> tuple[Expr, Expr]:
    """Return `e`, called `name`, in the first iteration and in those after it."""
    return (e.true_value, e.false_value) if _is_by_iteration(e, loop, first) else (name, name)


def _is_by_iteration(e: Expr, loop: Variable, first: Expr) -> TypeGuard[Select]:
    """Whether what reads it slides too, and needs more in the first iteration."""
    return isinstance(e, Select) and equal(e.condition, simplify(EQ(loop, first)))


def _before(e: Expr, loop: Variable) -> Expr:
    """Return the value of `e` in the iteration before."""
    return simplify(substitute(e, {loop.name: Sub(loop, i32(1))}))


def fold_factor(r: Interval, names: Names) -> int:
    """Return the number of cells of a circular buffer that holds `r`, a power of two; 0 if none.

    Requires: the region moves one way, and nothing that it left is read again.
    """
    n = greatest_extent(r, names)
    if n is None or n < 1:
        return 0
    return 1 << (n - 1).bit_length()


def greatest_extent(r: Interval, names: Names) -> int | None:
    """Return the greatest number of integers that `r` may hold, None if no constant bounds it."""
    return _greatest(inline(r.min, names), inline(r.max, names))


def _greatest(low: Expr, high: Expr, conditions: int = 4) -> int | None:
    choice = next(iter(find((low, high), Select)), None)
    if choice is not None:
        if not conditions:
            return None
        c = choice.condition
        cases = [(_where(low, c, holds), _where(high, c, holds)) for holds in (True, False)]
        known = [n for a, b in cases if (n := _greatest(a, b, conditions - 1)) is not None]
        return max(known) if len(known) == len(cases) else None
    lows, highs = (low, *limits(low, Max)), (high, *limits(high, Min))
    ends = [(b, a) for b in highs for a in lows]
    widths = [bounds_of(simplify(Add(Sub(b, a), i32(1))), {}).max for b, a in ends]
    constants = [as_const(w) for w in widths if w is not None]
    return min([int(n) for n in constants if n is not None], default=None)


def _where(e: Expr, condition: Expr, holds: bool) -> Expr:
    """Return `e` where `condition` holds, or where it does not."""
    if isinstance(e, Select) and equal(e.condition, condition):
        return _where(e.true_value if holds else e.false_value, condition, holds)
    return e.map_children(lambda c: _where(c, condition, holds))


_MOST_LIMITS = 8


def limits(e: Expr, choice: type[Min | Max]) -> list[Expr]:
    """Return expressions that `e`, where it is a sum with choices in it, never goes beyond.

    limits(min(a, b) + c, Min)  ->  [a + c, b + c]
    """
    found = [e]
    if isinstance(e, choice):
        found = limits(e.a, choice) + limits(e.b, choice)
    elif isinstance(e, Add):
        found = [Add(a, b) for a in limits(e.a, choice) for b in limits(e.b, choice)]
    elif isinstance(e, Sub):
        other = Max if choice is Min else Min
        found = [Sub(a, b) for a in limits(e.a, choice) for b in limits(e.b, other)]
    return found if len(found) <= _MOST_LIMITS else [e]


def _moves(e: Expr, loop: Variable, first: Expr, way: type[GE | LE]) -> bool:
    """Whether `e` only grows, for GE, or shrinks, for LE, as `loop` runs upwards from `first`."""
    if not uses_variable(e, loop.name):
        return True
    if can_prove(way(substitute(e, {loop.name: Add(loop, i32(1))}), e)):
        return True
    if isinstance(e, (Min, Max, Add)):
        return _moves(e.a, loop, first, way) and _moves(e.b, loop, first, way)
    if isinstance(e, Sub):
        other = LE if way is GE else GE
        return _moves(e.a, loop, first, way) and _moves(e.b, loop, first, other)
    if _is_by_iteration(e, loop, first):
        start = substitute(e.true_value, {loop.name: first})
        second = substitute(e.false_value, {loop.name: Add(first, i32(1))})
        return can_prove(way(second, start)) and _moves(e.false_value, loop, first, way)
    return False
