"""Kernels that accumulate: each vector of results is finished before the next begins."""

from __future__ import annotations

from schedules.loops import order_loops, parallelize, vectorize
from schedules.task import Handle, Task


def schedule_reduction(task: Task) -> None:
    """Compute what the root reads right where it is read.

    Where neighbouring results come from neighbouring inputs, they are accumulated in vectors.
    """
    long = [v for v in task.order if task.extent(v) != 1]
    handles = _accumulators(task)
    if not long:
        for handle in handles:
            handle.compute_root()
        return
    inner: list[str] = []
    if _in_vectors(task, long[0], handles):
        inner = [vectorize(task.root, long[0], task.extent(long[0]), task.lanes)]
        for handle in handles:
            _accumulate_in_vectors(task, handle, long[0])
    loops = order_loops(task, inner)
    parallelize(task, loops[1:])
    for handle in handles:
        handle.compute_at(task.root.function.name, loops[0])


def _accumulators(task: Task) -> list[Handle]:
    inner = [*task.funcs.values(), *task.inner]
    return [h for h in inner if h is not task.root and h.function.has_updates]


def _in_vectors(task: Task, var: str, handles: list[Handle]) -> bool:
    """Whether cells along `var` of the root come from cells side by side in memory."""
    size = task.extent(var)
    same = all(h.args == task.root.args and len(h.function.types) == 1 for h in handles)
    return same and var == task.input_lane and size is not None and size > 1


def _accumulate_in_vectors(task: Task, handle: Handle, var: str) -> None:
    size = task.extent(var)
    assert size is not None
    others = [v for v in handle.args if v != var]
    handle.reorder_storage(var, *others)
    for stage, sums in ((handle, ()), (handle.update(), handle.rvars())):
        stage.split(var, var, "av", min(task.lanes, size))
        stage.reorder("av", var, *sums, *others).vectorize("av")
