"""Loops that go over the cells one by one, whatever the schedule."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Definition, Function
from halo.ir.stmt import ForKind
from halo.schedule.state import Dim, StageSchedule, initial_stage, roots


def plain_loops(
    function: Function, definition: Definition, schedule: StageSchedule
) -> StageSchedule:
    """Return one loop for each variable of a pure `definition`, for where there are few cells.

    The outermost of those that `schedule` has a part of in parallel is so as well.
    """
    parallel = {
        variable
        for d in schedule.dims
        if d.kind is ForKind.PARALLEL
        for variable in roots(schedule, d.name)
    }
    note = f"{function.name}: fewer cells than a step of its schedule has"
    dims: list[Dim] = []
    for d in initial_stage(function, definition).dims:
        first = d.name in parallel and all(made.kind is ForKind.SERIAL for made in dims)
        dims.append(replace(d, note=note, kind=ForKind.PARALLEL if first else d.kind))
    return StageSchedule((), tuple(dims))
