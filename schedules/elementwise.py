"""Kernels in which every cell is computed on its own."""

from __future__ import annotations

from schedules.loops import order_loops, parallelize, vectorize
from schedules.task import Task


def schedule_elementwise(task: Task) -> None:
    """Walk through memory in order, a vector at a time, the outer loops in parallel."""
    long = [v for v in task.order if task.extent(v) != 1]
    if not long:
        return
    lane = vectorize(task.root, long[0], task.extent(long[0]), task.lanes)
    loops = order_loops(task, [lane])
    parallelize(task, loops[1:])
