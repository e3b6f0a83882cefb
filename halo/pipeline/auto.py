"""A schedule for what nobody has scheduled, given to a pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from halo.autoschedule import auto_schedule as schedule_by_rules
from halo.errors import ScheduleError, user_location
from halo.ir.expr import as_const
from halo.ir.function import Function, output_images
from halo.lowering.realization_order import collect_program
from halo.pipeline.parts import schedule_of
from halo.pipeline.replay import give_schedule
from halo.schedule.schedule import Schedule
from halo.target import Target


def auto_schedule(
    outputs: Sequence[Function], target: Target, estimates: Sequence[int] | None
) -> Schedule:
    """Give directives to all of `outputs` and what they use that has none; return them.

    Raises
    ------
    ScheduleError
        `estimates` are not as many as an output has dimensions.
    """
    names = [f.name for f in outputs]
    functions = collect_program(outputs, {}).with_own_definitions()
    sizes = {f.name: _sizes(f, estimates) for f in outputs}
    given = schedule_of(outputs)
    made = schedule_by_rules(functions, names, given, target, sizes, user_location())
    give_schedule(outputs, made)
    before = set(given.entries)
    return Schedule(tuple(e for e in schedule_of(outputs).entries if e not in before))


def _sizes(f: Function, estimates: Sequence[int] | None) -> list[int | None]:
    """Return about how many cells of output `f` are asked for along each dimension."""
    if estimates is not None:
        if len(estimates) != f.dimensions:
            raise ScheduleError(
                f"{len(estimates)} estimates for the {f.dimensions} dimensions of {f.name}",
                where=user_location(),
                hint=f"give the extent along each of {', '.join(f.args) or 'none'}",
            )
        return [int(n) for n in estimates]
    image = output_images(f)[0]
    found: list[int | None] = []
    for i in range(f.dimensions):
        each = (image.dims[i].extent, image.estimates.get(i, (None, None))[1])
        known = [int(n) for e in each if e is not None and (n := as_const(e)) is not None]
        found.append(known[0] if known else None)
    return found
