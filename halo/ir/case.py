"""`Case`: where a loop nest is one of several for the same definition."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """The specialisation of definition `stage` of Func `func` by `condition`, a text."""

    func: str
    stage: int
    condition: str
