"""The log of the directives given for one Func."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from halo.errors import ScheduleError, SourceLocation, user_location
from halo.ir.function import Definition, Function
from halo.schedule.apply import apply
from halo.schedule.directives import Directive, RFactor
from halo.schedule.formula import Formula
from halo.schedule.rfactor import factored
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.state import FuncSchedule, complete


class Settable(Protocol):
    """A place that may be known later."""

    def defined(self) -> bool:
        """Whether it is known."""
        ...


@dataclass(slots=True)
class EntryLog:
    """The directives given so far for the Func or image `name`.

    `made` holds the Functions that directives such as ``in_`` made, by the directive; `follows`
    the LoopLevels that say where it is computed or stored, with the line of the directive.
    """

    name: str
    entries: list[Entry] = field(default_factory=list)
    made: dict[Directive, Function] = field(default_factory=dict)
    follows: dict[str, tuple[Settable, SourceLocation | None]] = field(default_factory=dict)

    def settled(self) -> list[Entry]:
        """Return the directives, all of whose places are known.

        Raises
        ------
        ScheduleError
            A `LoopLevel` that one of them names has not been set.
        """
        for what, (level, where) in self.follows.items():
            if not level.defined():
                raise ScheduleError(
                    f"{self.name}.{what}_at(level): the LoopLevel has not been set",
                    where=where,
                    hint="level.set(halo.LoopLevel(g, y)) before it runs",
                )
        return self.entries

    def checkpoint(self) -> Callable[[], None]:
        """Return what takes back all that is recorded from now on."""
        entries, made, follows = list(self.entries), dict(self.made), dict(self.follows)

        def back() -> None:
            self.entries[:], self.made, self.follows = entries, made, follows

        return back

    def add_rewrite(self, stage: int, directive: Directive, made: Function) -> None:
        """Record a directive that makes the Function `made`."""
        self.entries.append(Entry(self.name, stage, directive, user_location()))
        self._make(directive, made)

    def _make(self, directive: Directive, made: Function) -> None:
        made.frozen = True  # lowering makes it anew: definitions of its own would be lost
        self.made[directive] = made

    def add_entry(self, directive: Directive) -> None:
        """Record a directive that changes no Function."""
        self.entries.append(Entry(self.name, 0, directive, user_location()))

    def schedule(self) -> Schedule:
        """Return the directives as a value."""
        return Schedule(tuple(self.entries))


class ScheduleLog(EntryLog):
    """The directives given for one Func so far, and what they add up to."""

    __slots__ = ("_original", "_replaced", "_state")

    def __init__(self, function: Function, state: FuncSchedule | None = None) -> None:
        super().__init__(function.name)
        self._original = function
        self._replaced: dict[int, Definition] = {}
        self._state = state or FuncSchedule()

    @property
    def function(self) -> Function:
        """The Func with its definitions as the directives so far rewrote them."""
        if not self._replaced:
            return self._original
        given = enumerate(self._original.definitions)
        definitions = [self._replaced.get(i, d) for i, d in given]
        return dataclasses.replace(self._original, definitions=definitions)

    @property
    def state(self) -> FuncSchedule:
        """What the directives so far give for the definitions so far."""
        return complete(self._state, self.function)

    def add(self, stage: int, *directives: Directive, branch: tuple[Formula, ...] = ()) -> None:
        """Carry out `directives` for definition `stage`, all of them or none.

        `branch` are the conditions of the specialisation they are for.

        Raises
        ------
        ScheduleError
            One cannot be applied; it carries the user's line.
        """
        where = user_location()
        self.add_entries([Entry(self.function.name, stage, d, where, branch) for d in directives])

    def add_entries(self, entries: Sequence[Entry]) -> None:
        """Carry out `entries`, all of them or none."""
        state = self.state
        for entry in entries:
            state = apply(state, self.function, entry)
        self._state = state
        self.entries.extend(entries)

    def factor(self, stage: int, directive: RFactor, where: SourceLocation | None) -> Function:
        """Carry out and record an ``rfactor`` of definition `stage`; return the Func it makes.

        Raises
        ------
        ScheduleError
            It cannot be applied.
        """
        entry = Entry(self.name, stage, directive, where)
        done = factored(self.function, complete(self.state, self.function), entry)
        self._replaced[stage] = done.function.definitions[stage]
        self._state = done.state
        made = done.intermediate
        made.schedule_log = ScheduleLog(made, done.intermediate_state)
        self.entries.append(entry)
        self._make(directive, made)
        return made

    def checkpoint(self) -> Callable[[], None]:
        before, state, replaced = super().checkpoint(), self._state, dict(self._replaced)

        def back() -> None:
            before()
            self._state, self._replaced = state, replaced

        return back
