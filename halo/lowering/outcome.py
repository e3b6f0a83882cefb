"""What became of the loops that were to be vectorised or unrolled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from halo.ir.stmt import For, ForKind, Stmt

_STRAIGHT = (ForKind.VECTORIZED, ForKind.UNROLLED)
NOT_CONSTANT = "its extent is not constant"


@dataclass(slots=True)
class Outcome:
    """Names of the loops that became straight code; and of those that did not, with the reason."""

    done: set[str] = field(default_factory=set)
    serial: dict[str, str] = field(default_factory=dict)

    def left_serial(self) -> dict[str, str]:
        """Return the loops of which no copy became straight code, with the reason."""
        return {name: why for name, why in self.serial.items() if name not in self.done}


def marked_as_run(s: Stmt, serial: Mapping[str, str]) -> Stmt:
    """Return `s` in which the loops named in `serial` are serial ones.

    Example: vectorized f.s0.x { ... } -> for f.s0.x { ... }
    """
    if not serial:
        return s

    def rewrite(node: Any) -> Any:
        if not isinstance(node, Stmt):
            return node
        made = node.map_children(rewrite)
        if isinstance(made, For) and made.name in serial and made.kind in _STRAIGHT:
            return replace(made, kind=ForKind.SERIAL)
        return made

    marked: Stmt = rewrite(s)
    return marked
