"""What is legal of a schedule that was made by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from halo.errors import ScheduleError
from halo.ir.expr import Call, CallKind
from halo.ir.function import Function
from halo.ir.substitute import find
from halo.schedule.directives import ComputeAt, ComputeInline, ComputeRoot, StoreAt, StoreRoot
from halo.schedule.legality import call_graph
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
            left = _without(left, error.entry) or _without_users(left, error.entry, functions)
    return left


def _without(left: Schedule, refused: object) -> Schedule | None:
    """Return `left` without what depends on `refused`; None where that is not among it."""
    if not isinstance(refused, Entry) or not any(e is refused for e in left.entries):
        return None  # it is the user's
    if isinstance(refused.directive, ComputeRoot):
        return Schedule(tuple(e for e in left.entries if e is not refused))
    is_place = isinstance(refused.directive, _PLACES)
    kept: list[Entry] = []
    for e in left.entries:
        if is_place and e is refused:
            kept.append(replace(e, directive=ComputeRoot()))
        elif not _goes_with(e, refused, is_place):
            kept.append(e)
    return Schedule(tuple(kept))


def _without_users(left: Schedule, refused: object, functions: Mapping[str, Function]) -> Schedule:
    """Return `left` without what uses the Func of `refused`, a directive that was given before."""
    found = {refused.func} if isinstance(refused, Entry) else set(functions)
    for name in call_graph(functions, list(functions)).order:
        calls = (c for d in functions[name].definitions for c in find(d.expressions(), Call))
        if any(c.kind is CallKind.FUNC and c.name in found for c in calls):
            found.add(name)
    fewer = tuple(e for e in left.entries if e.func not in found)
    return Schedule(fewer if len(fewer) < len(left.entries) else ())


def _goes_with(e: Entry, refused: Entry, is_place: bool) -> bool:
    """Whether `e` says the same kind of thing, a place or loops, about the same definition."""
    same = (e.func, e.stage) == (refused.func, refused.stage)
    return same and isinstance(e.directive, _PLACES) is is_place
