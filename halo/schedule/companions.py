"""Apply `ComputeWith`: loops shared with another definition."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.schedule.directives import ComputeWith
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.splitting import need_dim
from halo.schedule.state import FuncSchedule


def apply_compute_with(
    state: FuncSchedule, function: Function, entry: Entry, fused: ComputeWith
) -> FuncSchedule:
    """Return `state` with the outer loops of the stage shared with another definition.

    That there is such a definition, and that sharing keeps every dependence, is checked by
    `halo.schedule.fusing` when the whole pipeline is known.
    """
    stage = state.stages[entry.stage]
    need_dim(stage, function, entry, fused.var)
    if (fused.func, fused.stage or 0) == (function.name, entry.stage):
        legal = "name another Func, or another update of this one"
        refuse(entry, function, "a definition cannot be computed with itself", legal)
    return state.with_stage(entry.stage, replace(stage, fused=fused))
