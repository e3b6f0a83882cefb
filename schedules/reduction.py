"""Kernels that accumulate: each vector of results is finished before the next begins."""

from __future__ import annotations

from schedules.loops import order_loops, parallelize
from schedules.task import Handle, Task


def schedule_reduction(task: Task) -> None:
    """Compute what the root reads at the root's innermost loop that is not a vector's."""
    loops = order_loops(task)
    if not loops:
        for handle in _accumulators(task):
            handle.compute_root()
        return
    for handle in _accumulators(task):
        handle.compute_at(task.root.function.name, loops[0])
    parallelize(task, loops[1:])


def _accumulators(task: Task) -> list[Handle]:
    inner = [*task.funcs.values(), *task.inner]
    return [h for h in inner if h is not task.root and h.function.has_updates]
