"""Where in the loop nest a Func is computed or stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from halo.schedule.directives import handle_source


class LevelKind(Enum):
    """The three sorts of place."""

    INLINED = "inlined"
    ROOT = "root"
    AT = "at"


@dataclass(frozen=True, slots=True)
class LoopLevel:
    """A place in the loop nest: nowhere (inlined), outside all loops, or a loop of a Func.

    `stage` is the definition of `func` that has the loop over `var`, 0 for the pure one. In a
    resolved schedule it is always given.
    """

    kind: LevelKind
    func: str | None = None
    stage: int | None = None
    var: str | None = None

    @property
    def is_inlined(self) -> bool:
        return self.kind is LevelKind.INLINED

    @property
    def is_root(self) -> bool:
        return self.kind is LevelKind.ROOT

    @property
    def is_at(self) -> bool:
        return self.kind is LevelKind.AT

    @staticmethod
    def at(func: str, var: str, stage: int | None = None) -> LoopLevel:
        """Return the level of the loop over `var` of `func`."""
        return LoopLevel(LevelKind.AT, func, stage, var)

    def directive(self, verb: str) -> str:
        """Return the call that asks for this level: `verb` is ``compute``, ``store``, ``hoist``."""
        if verb == "hoist":
            return self.directive("hoist_storage").replace("hoist_storage_at", "hoist_storage")
        match self.kind:
            case LevelKind.INLINED:
                return f"{verb}_inline()"
            case LevelKind.ROOT:
                return f"{verb}_root()"
            case LevelKind.AT:
                return f"{verb}_at({handle_source(str(self.func), self.stage)}, {self.var})"


INLINED = LoopLevel(LevelKind.INLINED)
ROOT = LoopLevel(LevelKind.ROOT)
