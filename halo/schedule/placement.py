"""Apply what says where a Func is computed and stored."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.schedule.directives import (
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    Directive,
    EagerInline,
    StoreAt,
    StoreRoot,
)
from halo.schedule.loop_level import INLINED, ROOT, LoopLevel
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule


def apply_level(
    state: FuncSchedule, function: Function, entry: Entry, directive: Directive
) -> FuncSchedule:
    """Return `state` with another compute or store level.

    That the level exists and encloses every use is checked by `halo.schedule.legality` when the
    whole pipeline is known.
    """
    if isinstance(directive, (ComputeAt, StoreAt)) and directive.func == function.name:
        legal = f"name a Func that uses {function.name}, or {function.name}.compute_root()"
        refuse(entry, function, "a Func cannot be computed or stored inside itself", legal)
    match directive:
        case EagerInline() if function.has_updates:
            reason = f"{function.name} has updates and cannot be substituted"
            refuse(entry, function, reason, f"compute it: {function.name}.compute_root()")
        case ComputeInline() | EagerInline():
            return replace(state, compute_level=INLINED, store_level=INLINED)
        case ComputeRoot():
            return replace(state, compute_level=ROOT)
        case StoreRoot():
            return replace(state, store_level=ROOT)
        case ComputeAt(func, var, stage):
            return replace(state, compute_level=LoopLevel.at(func, var, stage))
        case StoreAt(func, var, stage):
            return replace(state, store_level=LoopLevel.at(func, var, stage))
        case _:
            raise AssertionError(directive)
