"""Whether a Func may be computed inside loops that definitions share by `compute_with`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.ir.expr import is_true
from halo.ir.function import Function
from halo.ir.substitute import free_variables
from halo.schedule.directives import handle_source
from halo.schedule.fusion import Stage
from halo.schedule.loop_level import LoopLevel
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule, roots


def need_every_iteration(
    entry: Entry,
    sharing: Sequence[Stage],
    loops: Sequence[LoopLevel],
    functions: Mapping[str, Function],
    states: Mapping[str, FuncSchedule],
) -> None:
    """Refuse `entry` where one of the definitions leaves out iterations that others run.

    What is computed inside `loops` for all of `sharing` would be computed there also where the
    predicate of one does not hold, and read cells that nobody has computed.
    """
    for stage in sharing:
        first = _first_about(stage, functions, states)
        for name, state in states.items():
            level = next((x for x in loops[first:] if x == state.compute_level), None)
            if level is not None:
                refuse(
                    entry,
                    functions[entry.func],
                    f"{name} is computed inside the shared loop over {level.var}, where "
                    f"{handle_source(*stage)} leaves out iterations by RDom.where",
                    f"compute {name} outside, as by {name}.compute_root(), or share no loops",
                )


def _first_about(
    stage: Stage, functions: Mapping[str, Function], states: Mapping[str, FuncSchedule]
) -> int:
    """Return the outermost loop that the predicate is about; past all loops: there is none.

    Inside it, it may be that the predicate holds for none of the iterations further in.
    """
    predicate = functions[stage[0]].definitions[stage[1]].predicate
    own = states[stage[0]].stages[stage[1]]
    if is_true(predicate):
        return len(own.dims)
    used = free_variables(predicate)
    about = (i for i, dim in enumerate(own.dims) if used & roots(own, dim.name))
    return next(about, 0)
