"""Which loops of a statement are copies of a loop of the schedule."""

from __future__ import annotations

from halo.ir.case import Case
from halo.ir.stmt import For
from halo.schedule.final_loops import FinalLoop

LoopKey = tuple[str, tuple[Case, ...]]
"""A loop: its name, and the specialisations it is in. Its copies there share it."""


def key_of(loop: For) -> LoopKey:
    """Return what the copies of `loop` in the same specialisations share."""
    return loop.name, loop.case


def shared_name(name: str) -> str:
    """Return the name of loop `name` where it runs over the ranges of several definitions."""
    return f"{name}.shared"


def is_copy(key: LoopKey, loop: FinalLoop) -> bool:
    """Whether a loop is `loop`, in whatever specialisations of other definitions."""
    name, case = key
    own = f"{loop.func}.s{loop.stage}.{loop.var}"
    inside = [c.condition for c in case if (c.func, c.stage) == (loop.func, loop.stage)]
    return name in (own, shared_name(own)) and inside == [str(c) for c in loop.branch]
