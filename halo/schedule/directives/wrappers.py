"""Directives that put a Func of their own between a Func and those that use it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from halo.schedule.directives.base import Directive


@dataclass(frozen=True, slots=True)
class Wrapping(Directive):
    """Base of directives that make Func `name`, which `consumers` use in place of this one.

    No consumers: all that use it.
    """

    name: str
    consumers: tuple[str, ...] = ()

    def source(self) -> str:
        names = ", ".join(self.consumers)
        return f"{self.method}({f'[{names}]' if len(self.consumers) > 1 else names})"

    def renamed(self, names: Mapping[str, str]) -> Self:
        consumers = tuple(names.get(c, c) for c in self.consumers)
        return dataclasses.replace(self, name=names.get(self.name, self.name), consumers=consumers)

    def names(self) -> tuple[str, ...]:
        return (self.name, *self.consumers)

    def with_loops(self, names: Mapping[str, str]) -> Self:
        return self


@dataclass(frozen=True, slots=True)
class In(Wrapping):
    """Let `consumers` read copies of the cells: ``wrapper[x, ...] == func[x, ...]``."""

    method = "in_"


@dataclass(frozen=True, slots=True)
class CloneIn(Wrapping):
    """Let `consumers` use a second Func with the same definitions: ``clone == func``."""

    method = "clone_in"
