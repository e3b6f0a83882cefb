"""Kernels that walk along an axis, each cell from those before it."""

from __future__ import annotations

from schedules.elementwise import schedule_elementwise
from schedules.task import Task


def schedule_scan(task: Task) -> None:
    """Compute what is accumulated whole, before the cells that are taken from it."""
    for role, handle in task.funcs.items():
        if role != "result" and handle is not task.root:
            handle.compute_root()
    for handle in task.inner:
        handle.compute_root()
    schedule_elementwise(task)
