"""The log of the directives given for one Func."""

from __future__ import annotations

from dataclasses import dataclass, field

from halo.errors import user_location
from halo.ir.function import Function
from halo.schedule.apply import apply
from halo.schedule.directives import Directive
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.state import FuncSchedule, complete


@dataclass(slots=True)
class ScheduleLog:
    """The directives given for one Func so far, and what they add up to."""

    function: Function
    entries: list[Entry] = field(default_factory=list)
    _state: FuncSchedule = field(default_factory=FuncSchedule)

    @property
    def state(self) -> FuncSchedule:
        """What the directives so far give for the definitions so far."""
        return complete(self._state, self.function)

    def add(self, stage: int, *directives: Directive) -> None:
        """Carry out `directives` for definition `stage`, all of them or none.

        Raises
        ------
        ScheduleError
            One cannot be applied; it carries the user's line.
        """
        where = user_location()
        entries = [Entry(self.function.name, stage, d, where) for d in directives]
        state = self.state
        for entry in entries:
            state = apply(state, self.function, entry)
        self._state = state
        self.entries.extend(entries)

    def schedule(self) -> Schedule:
        """Return the directives as a value."""
        return Schedule(tuple(self.entries))
