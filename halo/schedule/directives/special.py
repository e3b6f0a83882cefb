"""Directives that give a definition several loop nests, chosen when it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from halo.schedule.directives.base import Directive
from halo.schedule.formula import Formula


@dataclass(frozen=True, slots=True)
class Specialize(Directive):
    """Give the definition loops of their own for where `condition` holds.

    ``if condition: special loops; else: the loops without``. They begin as the loops are then;
    of several conditions the first that holds is taken.
    """

    condition: Formula
    method = "specialize"


@dataclass(frozen=True, slots=True)
class SpecializeFail(Directive):
    """Fail with `message` when no condition of ``specialize`` holds."""

    message: str
    method = "specialize_fail"

    def source(self) -> str:
        return f"{self.method}({self.message!r})"

    def with_loops(self, names: Mapping[str, str]) -> Self:
        return self
