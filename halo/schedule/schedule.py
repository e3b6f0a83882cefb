"""`Schedule`: the directives of a whole pipeline as one value."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from halo.errors import ScheduleError, SourceLocation
from halo.files import write_atomically
from halo.schedule.directives import Directive, Site, from_data, handle_source, to_data
from halo.schedule.formula import Formula

VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One directive, given for a stage of a Func; `where` is the user's line.

    `branch` names by their conditions the specialisations it is about, the outermost first. `why`
    is the reason of who gave it, where that is not the user. Two entries that differ in `where`
    and `why` only are equal; neither is stored.
    """

    func: str
    stage: int
    directive: Directive
    where: SourceLocation | None = field(default=None, compare=False)
    branch: tuple[Formula, ...] = ()
    why: str = field(default="", compare=False)

    def source(self) -> str:
        """Return the entry as the user would type it: ``f.update(0).split(x, xo, xi, 8)``."""
        return f"{self.handle()}.{self.directive.source()}"

    def renamed(self, names: Mapping[str, str]) -> Entry:
        """Return the entry for Funcs that are called otherwise."""
        func = names.get(self.func, self.func)
        return replace(self, func=func, directive=self.directive.renamed(names))

    def handle(self) -> str:
        """Return what the directive is a method of: ``f`` or ``f.update(0)``."""
        branch = "".join(f".specialize({c})" for c in self.branch)
        return f"{handle_source(self.func, self.stage)}{branch}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Directives in the order they were given. A value: printable, comparable, stored as JSON."""

    entries: tuple[Entry, ...] = ()

    def __str__(self) -> str:
        return "\n".join(e.source() for e in self.entries)

    def __add__(self, other: Schedule) -> Schedule:
        return Schedule(self.entries + other.entries)

    def for_function(self, name: str) -> Schedule:
        """Return the directives given for Func `name`."""
        return Schedule(tuple(e for e in self.entries if e.func == name))

    def by_function(self) -> dict[str, list[Entry]]:
        """Return the directives given for each Func that has any, by its name."""
        found: dict[str, list[Entry]] = {}
        for e in self.entries:
            found.setdefault(e.func, []).append(e)
        return found

    def renamed(self, mapping: Mapping[str, str]) -> Schedule:
        """Return this schedule with Funcs renamed, to replay it on another algorithm."""
        return Schedule(tuple(e.renamed(mapping) for e in self.entries))

    def to_json(self) -> str:
        """Return the schedule as JSON text; equal schedules give equal text."""
        entries = [{"func": e.func, "stage": e.stage, **_data(e)} for e in self.entries]
        return json.dumps({"version": VERSION, "entries": entries}, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Schedule:
        """Return the schedule that `to_json` wrote.

        Raises
        ------
        ScheduleError
            The text is not a schedule, or of a version this halo does not know.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ScheduleError(f"this is not a schedule in JSON: {error}") from None
        if not isinstance(data, dict) or data.get("version") != VERSION:
            found = data.get("version") if isinstance(data, dict) else None
            raise ScheduleError(
                f"a stored schedule of version {found!r}",
                hint=f"this halo reads version {VERSION}",
            )
        entries = data.get("entries")
        if not isinstance(entries, list):
            raise ScheduleError("a stored schedule without a list of entries")
        return Schedule(tuple(_entry(e) for e in entries))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the schedule as JSON to the file `path`, whole or not at all."""
        write_atomically(Path(path), f"{self.to_json()}\n".encode())

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Schedule:
        """Return the schedule that `save` wrote to `path`.

        Raises
        ------
        ScheduleError
            The file is not a schedule, or of a version this halo does not know.
        OSError
            It cannot be read.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ScheduleError(f"{os.fspath(path)} is not a schedule in JSON: {error}") from None
        return Schedule.from_json(text)

    def diff(self, other: Schedule) -> str:
        """Return what changes from this to `other`: a line ``- ...`` or ``+ ...`` per directive.

        Directives that both have are left out; the text is empty for equal schedules.
        """
        lines = difflib.ndiff(str(self).splitlines(), str(other).splitlines())
        return "\n".join(line for line in lines if line.startswith(("- ", "+ ")))

    def hash(self) -> str:
        """Return a digest that equal schedules share, whatever the process or machine."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _data(entry: Entry) -> dict[str, Any]:
    """Return the directive's data, with the site's Func and stage kept apart from the entry's."""
    data = to_data(entry.directive)
    if isinstance(entry.directive, Site):
        data["at_func"], data["at_stage"] = data.pop("func"), data.pop("stage")
    if entry.branch:
        data["branch"] = [c.to_data() for c in entry.branch]
    return data


def _entry(data: object) -> Entry:
    if not isinstance(data, dict):
        raise ScheduleError(f"a stored schedule has the entry {data!r}")
    rest = dict(data)
    func, stage = rest.pop("func", None), rest.pop("stage", None)
    if not isinstance(func, str) or not isinstance(stage, int) or stage < 0:
        raise ScheduleError(f"a stored schedule has an entry for {func!r}, stage {stage!r}")
    branch = rest.pop("branch", [])
    if not isinstance(branch, list):
        raise ScheduleError(f"a stored schedule has an entry with the branch {branch!r}")
    if "at_func" in rest:
        rest["func"], rest["stage"] = rest.pop("at_func"), rest.pop("at_stage", None)
    conditions = tuple(Formula.from_data(c) for c in branch)
    return Entry(func, stage, from_data(rest), branch=conditions)
