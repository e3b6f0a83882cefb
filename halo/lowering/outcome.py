"""What became of the loops that were to be vectorised or unrolled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from halo.ir.stmt import For, ForKind, Stmt
from halo.lowering.copies import LoopKey, is_copy, key_of
from halo.schedule.final_loops import FinalLoop

_STRAIGHT = (ForKind.VECTORIZED, ForKind.UNROLLED)
NOT_CONSTANT = "its extent is not constant"


@dataclass(slots=True)
class Outcome:
    """The loops that became straight code; and those that did not, with the reason."""

    done: set[LoopKey] = field(default_factory=set)
    serial: dict[LoopKey, str] = field(default_factory=dict)

    def left_serial(self) -> dict[LoopKey, str]:
        """Return the loops of which no copy became straight code, with the reason."""
        return {key: why for key, why in self.serial.items() if key not in self.done}

    def serial_copies(self, loop: FinalLoop) -> dict[LoopKey, str]:
        """Return the copies of `loop` that run serially, with the reason."""
        return {key: why for key, why in self.left_serial().items() if is_copy(key, loop)}

    def is_done(self, loop: FinalLoop) -> bool:
        """Whether a copy of `loop` became straight code."""
        return any(is_copy(key, loop) for key in self.done)


def marked_as_run(s: Stmt, serial: Mapping[LoopKey, str]) -> Stmt:
    """Return `s` in which the loops of `serial` are serial ones.

    Example: vectorized f.s0.x { ... } -> for f.s0.x { ... }
    """
    if not serial:
        return s

    def rewrite(node: Any) -> Any:
        if not isinstance(node, Stmt):
            return node
        made = node.map_children(rewrite)
        if isinstance(made, For) and key_of(made) in serial and made.kind in _STRAIGHT:
            return replace(made, kind=ForKind.SERIAL)
        return made

    marked: Stmt = rewrite(s)
    return marked
