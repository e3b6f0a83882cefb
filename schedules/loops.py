"""Pieces that schedules share: vectorise along memory, run the outer loops in parallel."""

from __future__ import annotations

from collections.abc import Sequence

from halo.schedule.methods import ScheduleMethods
from halo.schedule.tail import TailStrategy
from schedules.task import Task

_UNKNOWN = 64
"""What an extent that is not known is taken for."""

_WORTH_THREADS = 1 << 14
"""Cells below which starting threads costs more than it saves."""


def order_loops(task: Task, inner: Sequence[str] = ()) -> list[str]:
    """Put the root's loops into the order of its memory; return those longer than 1, so ordered.

    Loops of one iteration go inside the others, where they are in nobody's way, and `inner`
    (loops that were split off) inside of all.
    """
    long = [v for v in task.order if task.extent(v) != 1]
    short = [v for v in task.order if task.extent(v) == 1]
    loops = [*inner, *short, *long]
    if len(loops) > 1:
        task.root.reorder(*loops)
    return long


def vectorize(
    stage: ScheduleMethods, var: str, extent: int | None, lanes: int, *, pure: bool = True
) -> str:
    """Run `var` in vectors of `lanes`, fewer if it is shorter; return the loop over the lanes.

    An extent that is not known is not known to be as large as a vector either, so its last
    vector is a partial one.
    """
    lanes = lanes if extent is None else max(min(lanes, extent), 1)
    shift = pure and extent is not None
    tail = TailStrategy.ShiftInwards if shift else TailStrategy.GuardWithIf
    if extent is not None and extent % lanes == 0:
        tail = TailStrategy.Auto
    stage.split(var, var, f"{var}v", lanes, tail)
    stage.vectorize(f"{var}v")
    return f"{var}v"


def parallelize(task: Task, loops: Sequence[str]) -> None:
    """Share the outer `loops` of the root (the fastest first) among threads, where it pays."""
    cells = 1
    for var in task.root.args:
        size = task.extent(var)
        cells *= _UNKNOWN if size is None else size
    if loops and (cells >= _WORTH_THREADS or task.anchor is not None):
        share(task, loops)


def share(task: Task, loops: Sequence[str]) -> str:
    """Run `loops` of the root, neighbours, the fastest first, in parallel; return the loop inside.

    Loops of known extents run as one, because each alone is often short. One of unknown extent is
    often the batch, and stays outside; it is what is shared only where nothing else is.
    """
    known = [v for v in loops if task.extent(v) is not None]
    first = loops[0]
    at = 0
    if first in known:
        while at + 1 < len(loops) and loops[at + 1] in known:
            at += 1
            fused = f"task{at}"
            task.root.fuse(first, loops[at], fused)
            first = fused
    task.root.parallel(first)
    return first
