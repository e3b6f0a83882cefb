"""What a schedule makes of each Func, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from halo.ir.function import Function
from halo.schedule.receipts import Receipt, Receipts


@dataclass(slots=True)
class Nest:
    """The loops around one place that writes cells, outermost first; `case` is when it runs."""

    loops: tuple[str, ...]
    case: str = ""


@dataclass(slots=True)
class FuncStory:
    """What becomes of one Func.

    Attributes
    ----------
    function
        The Func; one that a directive made is among them.
    place
        Where it is computed, in words.
    storage
        What is kept of it, in words; empty where that is the caller's buffer.
    nests
        Its own loops, one or more for each definition.
    receipts
        What became of the directives given for it.
    """

    function: Function
    place: str = ""
    storage: list[str] = field(default_factory=list)
    nests: list[Nest] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    def __str__(self) -> str:
        where = f"  ({self.function.where})" if self.function.where else ""
        lines = [f"{self.function.name}{where}", f"  {self.place}"]
        lines += [f"  {text}" for text in dict.fromkeys(self.storage)]
        for nest in self.nests:
            case = f"where {nest.case}: " if nest.case else ""
            lines.append(f"  loops: {case}{' > '.join(nest.loops) or 'none'}")
        for r in self.receipts:
            reason = f": {r.reason}" if r.reason else ""
            at = f"  ({r.entry.where})" if r.entry.where else ""
            lines.append(f"  {r.status.value}: {r.entry.source()}{reason}{at}")
            if r.entry.why:
                lines.append(f"    because: {r.entry.why}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a schedule makes of a pipeline, one story per Func, the outputs first; printable."""

    stories: tuple[FuncStory, ...]
    others: tuple[Receipt, ...]

    def __str__(self) -> str:
        parts = [str(s) for s in self.stories]
        if self.others:
            rest = Receipts(list(self.others))
            parts.append(f"other directives\n{rest}")
        return "\n\n".join(parts)
