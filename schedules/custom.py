"""Kernels around Funcs of others, of which nothing is known but their definitions."""

from __future__ import annotations

from halo.ir.expr import Call, Expr, Variable
from halo.ir.function import Function
from halo.ir.substitute import walk
from schedules.elementwise import schedule_elementwise
from schedules.reduction import schedule_reduction
from schedules.scan import schedule_scan
from schedules.task import Task


def schedule_custom(task: Task) -> None:
    """Accumulate where it is read what each cell sums up by itself; compute the rest whole."""
    inner = [h.function for h in task.handles if h is not task.root and h.function.has_updates]
    if not inner:
        schedule_elementwise(task)
    elif len(inner) == 1 and _sums_up_by_itself(inner[0]):
        schedule_reduction(task)
    else:
        schedule_scan(task)


def _sums_up_by_itself(f: Function) -> bool:
    """Whether definitions of `f` store to and read no other cell of it than that at their place."""
    reads = [
        n.args
        for d in f.definitions
        for e in d.expressions()
        for n in walk(e)
        if isinstance(n, Call) and n.name == f.name
    ]
    return all(_is_place(args, f) for args in (*(d.args for d in f.definitions), *reads))


def _is_place(args: tuple[Expr, ...], f: Function) -> bool:
    return all(
        isinstance(arg, Variable) and arg.name == name
        for arg, name in zip(args, f.args, strict=True)
    )
