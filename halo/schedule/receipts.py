"""Receipts: what became of each directive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from halo.schedule.final_loops import FinalLoop
from halo.schedule.schedule import Entry


class Status(Enum):
    """What became of a directive."""

    APPLIED = "applied"
    WITHOUT_EFFECT = "without effect"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one directive; `reason` says why, or what to know about it.

    `loops` are those that are as it says in the end, under the names that they have then.
    """

    entry: Entry
    status: Status
    reason: str = ""
    loops: tuple[FinalLoop, ...] = ()


@dataclass(slots=True)
class Receipts:
    """The receipts of a compilation, in the order of the directives; lowering adds to them."""

    items: list[Receipt] = field(default_factory=list)

    def add(self, entry: Entry, status: Status, reason: str = "") -> None:
        """Record what became of `entry`; a later record replaces an earlier one."""
        for i, r in enumerate(self.items):
            if r.entry is entry:
                self.items[i] = replace(r, status=status, reason=reason)
                return
        self.items.append(Receipt(entry, status, reason))

    def __iter__(self) -> Iterator[Receipt]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        """Return a table: status, directive, the user's line, reason."""
        rows = [
            (r.status.value, r.entry.source(), str(r.entry.where or ""), r.reason)
            for r in self.items
        ]
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
        lines = []
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            lines.append("  ".join([*cells, row[3]]).rstrip())
        return "\n".join(lines)
