"""Kernels that walk through time: the units of a column in vectors, samples in parallel."""

from __future__ import annotations

from halo.schedule.tail import TailStrategy
from schedules.elementwise import schedule_elementwise
from schedules.task import Task


def schedule_recurrence(task: Task) -> None:
    """Compute all columns before the cells that are taken from them.

    A phase of a time step writes another column than those that it reads at other units, which
    is what the vectors need; it depends on which column a phase has, so nothing proves it.
    """
    acc = task.funcs["acc"]
    acc.compute_root()
    unit, batch = acc.rvars()[0], acc.args[-1]
    update = acc.update()
    lanes = task.target.natural_vector_size(acc.function.types[0])
    update.allow_race_conditions()
    update.split(unit, unit, "lane", lanes, TailStrategy.GuardWithIf)
    update.vectorize("lane")
    update.parallel(batch)
    for handle in task.inner:
        handle.compute_root()
    schedule_elementwise(task)
