"""Softmax and normalizations: statistics of a row first, then the row itself."""

from __future__ import annotations

from collections.abc import Sequence

from schedules.loops import parallelize, vectorize
from schedules.reduction import schedule_reduction
from schedules.task import Handle, Task


def schedule_rows(task: Task) -> None:
    """Compute the statistics once per row, and what is used twice of a row only once.

    A row is what the statistics are taken over: the axes that the operation names.
    """
    if task.anchor is None or "acc" in task.funcs:  # statistics of each cell's own surroundings
        schedule_reduction(task)
        return
    rank = len(task.root.args)
    reduced = [task.root.args[rank - 1 - axis] for axis in reversed(task.anchor.attrs["axes"])]
    along = [v for v in task.order if v in reduced]
    rows = [v for v in task.order if v not in reduced]
    first = along[0]
    lane = vectorize(task.root, first, task.extent(first), task.lanes)
    task.root.reorder(lane, *along, *rows)
    loops = [v for v in rows if task.extent(v) != 1]
    parallelize(task, loops[1:] if len(loops) > 1 else loops)
    for role, handle in task.funcs.items():
        if role != "result" and handle is not task.root:
            _at_row(task, handle, loops)
            if not handle.function.has_updates:
                _vectorize_row(task, handle, reduced)


def _at_row(task: Task, handle: Handle, loops: Sequence[str]) -> None:
    if loops:
        handle.compute_at(task.root.function.name, loops[0])
    else:
        handle.compute_root()


def _vectorize_row(task: Task, handle: Handle, reduced: Sequence[str]) -> None:
    """Vectorise a Func of the root's variables along the row, where its cells lie side by side."""
    if handle.args[0] in reduced:
        vectorize(handle, handle.args[0], task.extent(handle.args[0]), task.lanes)
