"""Apply `Reorder`, `Vectorize`, `Unroll`, `Parallel`, `Serial`: the order and kinds of loops."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.directives import Parallel, Reorder, Serial, Unroll, Vectorize
from halo.schedule.races import Order, is_own_coordinate, reduction_order
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.splitting import joined_note, need_dim
from halo.schedule.state import FuncSchedule, StageSchedule, roots

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
    named = [need_dim(stage, function, entry, name) for name in reorder.vars]
    if len(set(reorder.vars)) != len(reorder.vars):
        twice = next(n for n in reorder.vars if reorder.vars.count(n) > 1)
        refuse(entry, function, f"{twice} is named twice", "name each loop once")
    outermost_first = reversed(named)
    dims = tuple(next(outermost_first) if d.name in reorder.vars else d for d in stage.dims)
    done = replace(stage, dims=dims)
    if reorder_effect(function, entry.stage, stage, done) is Order.FIXED:
        ordered = ", ".join(reversed(_ordered(function, entry.stage, stage)))
        refuse(
            entry,
            function,
            "it changes the order of the reduction, and the update is not known to allow it",
            f"keep the order of {ordered} (innermost first); "
            "an update f[i] = f[i] op e with op one of + * min max & | ^ may be reordered",
        )
    return state.with_stage(entry.stage, done)


def reorder_effect(
    function: Function, index: int, before: StageSchedule, after: StageSchedule
) -> Order:
    """Return whether the new order of loops of definition `index` may change its results."""
    if _ordered(function, index, before) == _ordered(function, index, after):
        return Order.FREE
    return reduction_order(function, function.definitions[index])


def _ordered(function: Function, index: int, stage: StageSchedule) -> list[str]:
    """Return the loops whose iterations may meet in a cell, outermost first."""
    return [d.name for d in stage.dims if _shared(function, index, stage, d.name)]


def _shared(function: Function, index: int, stage: StageSchedule, name: str) -> list[str]:
    """Return the variables in the loop `name` whose iterations may meet in a cell."""
    if index == 0:
        return []
    definition = function.definitions[index]
    return sorted(v for v in roots(stage, name) if not is_own_coordinate(function, definition, v))


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
    if kind in (ForKind.VECTORIZED, ForKind.PARALLEL):
        _need_no_race(function, entry, stage, mark.var)
    done = replace(dim, kind=kind, note=joined_note(dim.note, entry))
    dims = tuple(done if d is dim else d for d in stage.dims)
    return state.with_stage(entry.stage, replace(stage, dims=dims))


def _need_no_race(function: Function, entry: Entry, stage: StageSchedule, name: str) -> None:
    shared = _shared(function, entry.stage, stage, name)
    if not shared:
        return
    free = [d.name for d in stage.dims if not _shared(function, entry.stage, stage, d.name)]
    loops = ", ".join(reversed(free)) or "none of this update"
    refuse(
        entry,
        function,
        f"iterations over {shared[0]} may write or read the same cell of {entry.func}",
        f"loops that may run at the same time: {loops}",
    )
