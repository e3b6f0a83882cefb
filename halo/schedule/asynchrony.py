"""Funcs that are computed on a thread of their own: which ones may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.directives import Async
from halo.schedule.legality import Sites
from halo.schedule.loop_level import LoopLevel
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule


def apply_async(
    state: FuncSchedule, function: Function, entry: Entry, directive: Async
) -> FuncSchedule:
    """Return `state` computed on a thread of its own.

    Whether it has a place where that can be is checked when the whole pipeline is known.
    """
    return replace(state, asynchronous=entry)


def check_async(
    states: Mapping[str, FuncSchedule],
    functions: Mapping[str, Function],
    outputs: Collection[str],
    sites: Sites,
) -> None:
    """Check that what is to have a thread of its own can have one.

    Requires: compute and store levels are definite.

    Raises
    ------
    ScheduleError
        It has no loops of its own, is an output, shares its loops with another definition, or is
        computed inside a vectorized loop.
    """
    for name, state in states.items():
        entry = state.asynchronous
        if entry is None:
            continue
        function = functions[name]
        if name in outputs:
            reason = f"{name} is an output: nothing in the pipeline runs beside the last of it"
            refuse(entry, function, reason, "legal: async_() of a Func that it uses")
        if state.compute_level.is_inlined:
            reason = f"{name} has no place of its own where it is computed"
            legal = f"add {name}.compute_root() or {name}.compute_at(...)"
            refuse(entry, function, reason, legal)
        _check_partners(states, function, entry)
        _check_loops(state, function, entry, sites)


def _check_partners(states: Mapping[str, FuncSchedule], function: Function, entry: Entry) -> None:
    name = function.name
    for other, state in states.items():
        for stage in state.stages:
            if stage.fused is not None and name in (other, stage.fused.func):
                partner = stage.fused.func if other == name else other
                if partner == name:
                    continue
                reason = f"{name} is computed in one loop with {partner}, on one thread"
                refuse(entry, function, reason, "leave compute_with or async_ out")


def _check_loops(state: FuncSchedule, function: Function, entry: Entry, sites: Sites) -> None:
    name, legal = function.name, [f"{function.name}.compute_root()"]
    for loop in sites.around(state.compute_level):
        level = LoopLevel.at(loop.func, loop.dim.name, loop.stage)
        if loop.dim.kind is ForKind.VECTORIZED:
            refuse(
                entry,
                function,
                f"it is computed in the vectorized loop over {loop.dim.name} of {loop.func}, whose "
                "iterations are the lanes of one thread",
                f"legal: {', '.join(legal)}",
            )
        legal.append(f"{name}.{level.directive('compute')}")
