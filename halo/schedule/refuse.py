"""Errors about directives: what, where, and what would be legal."""

from __future__ import annotations

from typing import NoReturn

from halo.errors import ScheduleError
from halo.ir.function import Function
from halo.schedule.schedule import Entry


def refuse(entry: Entry, function: Function | None, reason: str, legal: str = "") -> NoReturn:
    """Raise the error that `entry` cannot be applied.

    Parameters
    ----------
    reason
        Why, as a clause: ``f has no loop z``.
    legal
        What would do instead.
    """
    hint = legal
    if function is not None and function.where is not None:
        hint = f"{legal}   {function.name} defined at {function.where}".strip()
    raise refusal(entry, reason, hint)


def refusal(entry: Entry, reason: str, hint: str) -> ScheduleError:
    """Return the error that `entry` cannot be applied."""
    error = ScheduleError(f"{entry.source()}: {reason}", where=entry.where, hint=hint)
    error.entry = entry
    return error
