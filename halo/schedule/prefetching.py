"""Apply and check `Prefetch`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.bounding import need_positive
from halo.schedule.directives import Prefetch, PrefetchBoundStrategy
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.splitting import need_dim
from halo.schedule.state import Ahead, FuncSchedule, StageSchedule


def apply_prefetch(
    state: FuncSchedule, function: Function, entry: Entry, prefetch: Prefetch
) -> FuncSchedule:
    """Return `state` with one more prefetch in the loops of a definition."""
    stage = state.stages[entry.stage]
    for name in (prefetch.at, prefetch.from_):
        need_dim(stage, function, entry, name)
    need_positive(function, entry, "an offset", prefetch.offset)
    if not isinstance(prefetch.strategy, PrefetchBoundStrategy):
        known = ", ".join(map(repr, PrefetchBoundStrategy))
        what = f"{prefetch.strategy!r} is no strategy for its bounds"
        refuse(entry, function, what, f"there are: {known}")
    done = replace(stage, prefetches=(*stage.prefetches, Ahead(prefetch, entry)))
    return state.with_stage(entry.stage, done)


def check_prefetches(states: Mapping[str, FuncSchedule], functions: Mapping[str, Function]) -> None:
    """Check that the loops of every prefetch are there in the end, and nested as it needs.

    Raises
    ------
    ScheduleError
        A loop was taken apart or renamed after the prefetch was given; `from_` is inside `at`; a
        prefetch is inside a vector.
    """
    for name, state in states.items():
        for stage in state.stages:
            for variant in stage.variants():
                for ahead in variant.prefetches:
                    _check(functions[name], variant, ahead)


def _check(function: Function, stage: StageSchedule, ahead: Ahead) -> None:
    directive = ahead.directive
    for name in (directive.at, directive.from_):
        need_dim(stage, function, ahead.entry, name)
    names = [d.name for d in stage.dims]
    at = names.index(directive.at)
    if names.index(directive.from_) > at:
        refuse(
            ahead.entry,
            function,
            f"the loop over {directive.from_} is inside the one over {directive.at}",
            f"legal: prefetch at {directive.at} from one of {', '.join(names[: at + 1])}",
        )
    vector = next((d for d in stage.dims[: at + 1] if d.kind is ForKind.VECTORIZED), None)
    if vector is not None:
        around = ", ".join(names[: stage.dims.index(vector)]) or "none"
        refuse(
            ahead.entry,
            function,
            f"{vector.name} is vectorized, and a prefetch is no vector operation",
            f"loops around the vectors: {around}",
        )
