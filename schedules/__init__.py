"""Schedules that make operators fast: from what a kernel computes to directives.

A schedule here is an ordinary program in the fluent language: it looks at the kernel and gives
directives. None of them changes a result.
"""

from __future__ import annotations

from collections.abc import Callable

from halo.ir.expr import as_const
from halo.ops.tensor import OpKind
from halo.schedule.schedule import Schedule
from schedules.conv import schedule_conv
from schedules.custom import schedule_custom
from schedules.elementwise import schedule_elementwise
from schedules.matmul import schedule_matmul
from schedules.recurrence import schedule_recurrence
from schedules.reduction import schedule_reduction
from schedules.scan import schedule_scan
from schedules.softmax import schedule_rows
from schedules.task import Handle, Task

Scheduler = Callable[[Task], None]

SCHEDULERS: dict[OpKind, Scheduler] = {
    OpKind.CONV: schedule_conv,
    OpKind.DEPTHWISE_CONV: schedule_conv,
    OpKind.POOL: schedule_conv,
    OpKind.MATMUL: schedule_matmul,
    OpKind.CUSTOM: schedule_custom,
    OpKind.RECURRENCE: schedule_recurrence,
    OpKind.SCAN: schedule_scan,
    OpKind.SCATTER: schedule_scan,
    OpKind.SOFTMAX: schedule_rows,
    OpKind.NORMALIZATION: schedule_rows,
}
"""How kernels are scheduled, by the kind of the operation that costs most."""


def schedule_kernel(task: Task) -> Schedule:
    """Return the directives for the kernel `task`."""
    if any(as_const(extent) == 0 for extent in task.extents):
        for handle in task.handles:  # there are no cells, so no loops worth anything
            if handle is not task.root and handle.function.has_updates:
                handle.compute_root()
    elif task.anchor is not None and task.anchor.kind in SCHEDULERS:
        SCHEDULERS[task.anchor.kind](task)
    elif task.inner or task.funcs:
        schedule_reduction(task)
    else:
        schedule_elementwise(task)
    return task.schedule()


__all__ = ["SCHEDULERS", "Handle", "Task", "schedule_kernel"]
