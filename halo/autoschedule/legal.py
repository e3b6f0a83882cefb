"""What is legal of a schedule that was made by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.errors import ScheduleError
from halo.ir.function import Function
from halo.schedule.directives import ComputeAt, ComputeInline, ComputeRoot, StoreAt, StoreRoot
from halo.schedule.resolve import resolve
from halo.schedule.schedule import Entry, Schedule

_PLACES = (ComputeAt, ComputeInline, ComputeRoot, StoreAt, StoreRoot)


def keep_legal(
    functions: Mapping[str, Function], outputs: Sequence[str], given: Schedule, made: Schedule
) -> Schedule:
    """Return `made` without what is refused beside `given`: rules know less than proofs.

    With a directive goes all that was built on it: the other loops of its definition, or the
    place of its Func, which then is computed at root.
    """
    left = made
    while left.entries:
        try:
            resolve(functions, outputs, given + left)
            return left
        except ScheduleError as error:
            fewer = _without(left, error.entry)
            if fewer is None:
                return Schedule()
            left = fewer
    return left


def _without(left: Schedule, refused: Entry | None) -> Schedule | None:
    """Return `left` without what depends on `refused`; None where that is not among it."""
    if refused is None or not any(e is refused for e in left.entries):
        return None
    kept: list[Entry] = []
    is_place = isinstance(refused.directive, _PLACES)
    for e in left.entries:
        if e.func != refused.func or e.stage != refused.stage or (isinstance(e.directive, _PLACES) and not is_place):
            kept.append(e)
        elif e is refused and not isinstance(e.directive, ComputeRoot):
            kept.append(Entry(e.func, 0, ComputeRoot(), e.where, why=e.why))
        elif is_place and not isinstance(e.directive, _PLACES):
            kept.append(e)
    return Schedule(tuple(kept))
