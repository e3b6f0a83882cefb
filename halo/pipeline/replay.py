"""Schedules as values: given to an algorithm, or tried on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from halo.errors import ScheduleError, user_location
from halo.ir.function import Function, Image
from halo.lang.wrap import log_of, make_again
from halo.lowering import lower
from halo.pipeline.naming import named_as, with_own_names
from halo.pipeline.parts import Parts
from halo.pipeline.request import whole_request
from halo.schedule.methods import ScheduleLog
from halo.schedule.receipts import Receipts, Status
from halo.schedule.rewrites import is_rewrite
from halo.schedule.schedule import Entry, Schedule


def apply_schedule(outputs: Sequence[Function], schedule: Schedule, strict: bool) -> None:
    """Give the directives of `schedule` to `outputs` and what they use: all of them or none.

    With `strict`, each has to have an effect.

    Raises
    ------
    ScheduleError
        A directive names what is not there, or cannot be applied.
    """
    parts = Parts.of(outputs)
    table = _table(parts)
    for log in parts.logs():
        table.update({f.name: f for f in log.made.values()})
    where = user_location()
    with _all_or_nothing(list(table.values())):
        for entry in with_own_names(named_as(schedule, table), table).entries:
            _give(table, entry if entry.where else dataclasses.replace(entry, where=where))
        _check(outputs, strict)


def give_schedule(outputs: Sequence[Function], schedule: Schedule) -> None:
    """Give the directives of `schedule`, known to be legal, to the Functions they name."""
    table = _table(Parts.of(outputs))
    with _all_or_nothing(list(table.values())):
        for entry in schedule.entries:
            _give(table, entry)


def _check(outputs: Sequence[Function], strict: bool) -> None:
    receipts = lower(whole_request(outputs)).receipts
    if strict:
        need_effect(receipts)


def _table(parts: Parts) -> dict[str, Function | Image]:
    table: dict[str, Function | Image] = {f.name: f for f in parts.functions}
    table.update({image.name: image for image in parts.images})
    return table


def _give(table: dict[str, Function | Image], entry: Entry) -> None:
    """Give `entry` to what it is for, and enter what it makes into `table`."""
    target = table.get(entry.func)
    if target is None:
        raise _unknown(entry, table)
    if is_rewrite(entry.directive):
        made = make_again(target, entry)
        table[made.name] = made
        return
    log = log_of(target)
    if not isinstance(log, ScheduleLog):
        raise _unknown(entry, table)
    log.add_entries([entry])


def _unknown(entry: Entry, table: Mapping[str, object]) -> ScheduleError:
    error = ScheduleError(
        f"{entry.source()}: there is no Func {entry.func} here",
        where=entry.where,
        hint=f"the Funcs are: {', '.join(table)}",
    )
    error.entry = entry
    return error


@contextmanager
def _all_or_nothing(owners: Sequence[Function | Image]) -> Iterator[None]:
    undo = [log_of(owner).checkpoint() for owner in owners]
    try:
        yield
    except ScheduleError:
        for back in undo:
            back()
        raise


def check_schedule(outputs: Sequence[Function], schedule: Schedule | None) -> Receipts:
    """Return what would become of each directive of `schedule`, also of those that are refused.

    The algorithm keeps the schedule that it has; None means that one.
    """
    parts = Parts.of(outputs)
    plain = parts.schedule() if schedule is None else schedule
    left = named_as(plain, _table(parts))
    entries = left.entries
    refused: dict[int, str] = {}
    request = whole_request(outputs)
    while True:
        try:
            receipts = lower(dataclasses.replace(request, schedule=left)).receipts
            break
        except ScheduleError as error:
            rest = [e for e in left.entries if e is not error.entry]
            if len(rest) == len(left.entries):
                raise
            refused[id(error.entry)] = _reason(error)
            left = Schedule(tuple(rest))
    return _merged(entries, receipts, refused)


def _reason(error: ScheduleError) -> str:
    text = error.message.partition(": ")[2] or error.message
    return f"{text} ({error.hint})" if error.hint else text


def _merged(entries: Sequence[Entry], receipts: Receipts, refused: Mapping[int, str]) -> Receipts:
    by_entry = {id(r.entry): r for r in receipts}
    made = Receipts()
    for entry in entries:
        if id(entry) in refused:
            made.add(entry, Status.REFUSED, refused[id(entry)])
        elif id(entry) in by_entry:
            made.add(entry, by_entry[id(entry)].status, by_entry[id(entry)].reason)
    return made


def need_effect(receipts: Receipts) -> None:
    """Refuse a schedule of which a directive is without effect.

    Raises
    ------
    ScheduleError
        Names each such directive with the reason.
    """
    idle = [r for r in receipts if r.status is Status.WITHOUT_EFFECT]
    if idle:
        each = "\n  ".join(f"{r.entry.source()}: {r.reason}" for r in idle)
        raise ScheduleError(
            f"directives without effect, which strict does not allow:\n  {each}",
            where=idle[0].entry.where,
            hint="leave them out, or make them apply",
        )
