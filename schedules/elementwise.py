"""Kernels in which every cell is computed on its own."""

from __future__ import annotations

from schedules.loops import order_loops, parallelize, vectorize
from schedules.task import Task


def schedule_elementwise(task: Task) -> None:
    """Walk through memory in order, a vector at a time, the outer loops in parallel."""
    loops = order_loops(task)
    if not loops:
        return
    left = vectorize(task.root, loops[0], task.extent(loops[0]), task.lanes)
    outer = [*loops[1:]] if left is None else [left, *loops[1:]]
    parallelize(task, list(reversed(outer)), {v: task.extent(v) for v in outer})
