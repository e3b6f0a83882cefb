"""`apply`: one directive to the schedule of one Func."""

from __future__ import annotations

from halo.ir.function import Function
from halo.schedule.directives import (
    Bound,
    Fuse,
    Parallel,
    Reorder,
    ReorderStorage,
    Split,
    Unroll,
    Vectorize,
)
from halo.schedule.loops import apply_kind, apply_reorder
from halo.schedule.placement import apply_bound, apply_level, apply_reorder_storage
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.splitting import apply_fuse, apply_split
from halo.schedule.state import FuncSchedule, complete


def apply(state: FuncSchedule, function: Function, entry: Entry) -> FuncSchedule:
    """Return `state` with the directive of `entry` carried out.

    Ensures
    -------
    The loops of `entry`'s stage still visit every point of its domain, in an order that gives
    the same result; where rounding may differ `halo.schedule.resolve` says so in the receipt.

    Raises
    ------
    ScheduleError
        The directive has no meaning here or would change the result; the message says what
        would be legal.
    """
    if not function.is_defined:
        refuse(entry, function, f"{function.name} is not defined yet", "define it before")
    if not 0 <= entry.stage < len(function.definitions):
        count = len(function.definitions) - 1
        have = f"{count} update definitions" if count else "no update definitions"
        what = f"{function.name} has no update({entry.stage - 1})"
        refuse(entry, function, what, f"{function.name} has {have}")
    state = complete(state, function)
    match entry.directive:
        case Split() as d:
            return apply_split(state, function, entry, d)
        case Fuse() as d:
            return apply_fuse(state, function, entry, d)
        case Reorder() as d:
            return apply_reorder(state, function, entry, d)
        case Vectorize() | Unroll() | Parallel() as d:
            return apply_kind(state, function, entry, d)
        case Bound() as d:
            return apply_bound(state, function, entry, d)
        case ReorderStorage() as d:
            return apply_reorder_storage(state, function, entry, d)
        case level:
            return apply_level(state, function, entry, level)
