"""How large an output has to be for the steps of its loops that run over the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.expr import as_const, i32
from halo.ir.function import Function
from halo.ir.interval import Interval
from halo.lowering.reach import reach_of
from halo.lowering.splits import extent_of
from halo.schedule.state import StageSchedule


def padded_extents(function: Function, extents: Sequence[Any]) -> tuple[Any, ...]:
    """Return the extents of a buffer for `function` that is wanted over `extents` from 0.

    Example: 13 along x, split by 8 with RoundUp -> 16.
    """
    stages = function.schedule_log.state.stages if function.schedule_log else ()
    if not any(s.tail.runs_over for stage in stages for s in stage.all_splits()):
        return tuple(extents)
    wanted = tuple(int(n) for n in extents)
    while True:  # what the buffer holds is what is computed, so that has to be whole steps again
        grown = _grown(function.args, stages, wanted)
        if grown == wanted:
            return wanted
        wanted = grown


def _grown(
    args: Sequence[str], stages: Sequence[StageSchedule], extents: tuple[int, ...]
) -> tuple[int, ...]:
    domain = {arg: Interval(i32(0), i32(n - 1)) for arg, n in zip(args, extents, strict=True)}
    for i, stage in reversed(list(enumerate(stages))):
        reach = reach_of(stage, domain, args)
        # An update may read its own cells wherever it reads.
        domain = {a: r.union(reach.reads[a]) if i else r for a, r in reach.stores.items()}
    return tuple(int(as_const(extent_of(domain[arg])) or 0) for arg in args)
