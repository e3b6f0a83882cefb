"""What a schedule may say about extern stages, and about the Funcs that they are given whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from halo.ir.expr import CallKind
from halo.ir.function import Function
from halo.schedule.directives import (
    AddTraceTag,
    AlignBounds,
    AlignExtent,
    AlignStorage,
    Bound,
    BoundExtent,
    BoundStorage,
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    Directive,
    FoldStorage,
    HoistStorage,
    HoistStorageRoot,
    Memoize,
    ReorderStorage,
    RingBuffer,
    SplitStorage,
    StoreAt,
    StoreIn,
    StoreRoot,
    TraceLoads,
    TracePipeline,
    TraceRealizations,
    TraceStores,
    Unscheduled,
)
from halo.schedule.loop_level import ROOT
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.state import FuncSchedule

_ALLOWED: tuple[type[Directive], ...] = (
    AlignBounds,
    AlignExtent,
    AlignStorage,
    Bound,
    BoundExtent,
    BoundStorage,
    ComputeAt,
    ComputeRoot,
    HoistStorage,
    HoistStorageRoot,
    Memoize,
    ReorderStorage,
    RingBuffer,
    StoreAt,
    StoreIn,
    StoreRoot,
    Unscheduled,
    TraceStores,
    TraceRealizations,
    TracePipeline,
    TraceLoads,
    AddTraceTag,
)


def check_extern(function: Function, entry: Entry) -> None:
    """Refuse what has no meaning for a Func that a C function computes."""
    extern = function.definitions[0].extern
    if extern is None or isinstance(entry.directive, _ALLOWED):
        return
    legal = f"legal: {function.name}.compute_root(), .compute_at(...), .store_at(...)"
    if isinstance(entry.directive, ComputeInline):
        refuse(entry, function, f"{function.name} is an extern stage: it has to be stored", legal)
    if isinstance(entry.directive, (FoldStorage, SplitStorage)):
        what = "its C function takes plain strides, one for each dimension"
        refuse(entry, function, f"{function.name} is an extern stage: {what}", legal)
    what = f"the C function {extern.name} computes it, without loops of halo"
    refuse(entry, function, f"{function.name} is an extern stage: {what}", legal)


def place_extern_stages(
    states: dict[str, FuncSchedule], functions: Mapping[str, Function], schedule: Schedule
) -> None:
    """Compute extern stages, and what they are given, at root where no other level is given.

    Raises
    ------
    ScheduleError
        A Func that an extern stage is given whole is inlined or stored in pieces.
    """
    for stage in list(states):
        definition = functions[stage].definitions[0]
        given = [c.name for c in definition.whole_arguments() if c.kind is CallKind.FUNC]
        for name in given:
            _check_argument(functions[name], states[name], stage, schedule)
        for name in [*given, *([stage] if definition.extern is not None else [])]:
            if states[name].compute_level.is_inlined:
                states[name] = replace(states[name], compute_level=ROOT)


def _check_argument(
    function: Function, state: FuncSchedule, stage: str, schedule: Schedule
) -> None:
    name = function.name
    for entry in schedule.for_function(name).entries:
        if isinstance(entry.directive, ComputeInline) and state.compute_level.is_inlined:
            what = f"extern stage {stage} is given all of {name}, so it has to be stored"
            refuse(entry, function, what, f"legal: {name}.compute_root(), {name}.compute_at(...)")
        if isinstance(entry.directive, (FoldStorage, SplitStorage)):
            what = f"extern stage {stage} is given all of {name}, with one stride a dimension"
            legal = f"legal: {name}.in_({stage}).compute_root(), a copy that is laid out plainly"
            refuse(entry, function, what, legal)
