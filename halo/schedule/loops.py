"""Apply `Reorder`, `Vectorize`, `Unroll`, `Parallel`, `Serial`: the order and kinds of loops."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.directives import (
    AllowRaceConditions,
    Parallel,
    Reorder,
    Serial,
    Unroll,
    Unscheduled,
    Vectorize,
)
from halo.schedule.order import need_dependences_kept
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.splitting import joined_note, need_dim
from halo.schedule.state import FuncSchedule, initial_stage
from halo.schedule.tail_rules import check_blends

_KINDS: dict[type, ForKind] = {
    Vectorize: ForKind.VECTORIZED,
    Unroll: ForKind.UNROLLED,
    Parallel: ForKind.PARALLEL,
    Serial: ForKind.SERIAL,
}


def apply_reorder(
    state: FuncSchedule, function: Function, entry: Entry, reorder: Reorder
) -> FuncSchedule:
    """Return `state` with the loops over ``reorder.vars`` in that order, innermost first."""
    stage = state.stages[entry.stage]
    for name in reorder.vars:
        need_dim(stage, function, entry, name)
    if len(set(reorder.vars)) != len(reorder.vars):
        twice = next(n for n in reorder.vars if reorder.vars.count(n) > 1)
        refuse(entry, function, f"{twice} is named twice", "name each loop once")
    done = stage.reordered(reorder.vars)
    need_dependences_kept(function, entry, stage, done)
    return state.with_stage(entry.stage, done)


def apply_kind(
    state: FuncSchedule,
    function: Function,
    entry: Entry,
    mark: Vectorize | Unroll | Parallel | Serial,
) -> FuncSchedule:
    """Return `state` with the loop over ``mark.var`` vectorized, unrolled, parallel or serial."""
    stage = state.stages[entry.stage]
    dim = need_dim(stage, function, entry, mark.var)
    kind = _KINDS[type(mark)]
    if dim.kind is kind is ForKind.SERIAL:
        return state
    if ForKind.SERIAL not in (kind, dim.kind):
        hint = (
            f"split it to have both: split({mark.var}, outer, inner, factor); "
            f"or take it back first: serial({mark.var})"
        )
        refuse(entry, function, f"{mark.var} is {dim.kind.value} already", hint)
    done = stage.with_dim(replace(dim, kind=kind, note=joined_note(dim.note, entry)))
    check_blends(done, function, entry)
    need_dependences_kept(function, entry, stage, done)
    return state.with_stage(entry.stage, done)


def apply_allow_races(
    state: FuncSchedule, function: Function, entry: Entry, allow: AllowRaceConditions
) -> FuncSchedule:
    """Return `state` with races of the stage left to the user."""
    stage = state.stages[entry.stage]
    return state.with_stage(entry.stage, replace(stage, races_allowed=True))


def apply_unscheduled(
    state: FuncSchedule, function: Function, entry: Entry, directive: Unscheduled
) -> FuncSchedule:
    """Return `state` as it is, where the loops of the stage are those of its definition."""
    if state.stages[entry.stage] != initial_stage(function, function.definitions[entry.stage]):
        reason = "its loops have been scheduled already"
        refuse(entry, function, reason, "leave this out, or the directives before it")
    return state
