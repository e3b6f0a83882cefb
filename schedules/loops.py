"""Pieces that schedules share: vectorise along memory, run the outer loops in parallel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.schedule.stage import ScheduleMethods
from halo.schedule.tail import TailStrategy
from schedules.task import Task

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
    lanes = lanes if extent is None else min(lanes, extent)
    shift = pure and extent is not None
    tail = TailStrategy.ShiftInwards if shift else TailStrategy.GuardWithIf
    if extent is not None and extent % lanes == 0:
        tail = TailStrategy.Auto
    stage.split(var, var, f"{var}v", lanes, tail)
    stage.vectorize(f"{var}v")
    return f"{var}v"


def parallelize(task: Task, loops: Sequence[str], extents: Mapping[str, int | None]) -> None:
    """Share the outer `loops` of the root (outermost first) among threads, where it pays.

    The two outermost run as one loop, because the outermost alone is often a batch of one.
    """
    known = [task.extent(v) for v in task.root.args]
    cells = 1
    for size in known:
        cells *= 64 if size is None else size
    outer = [v for v in loops if extents.get(v) != 1][:2]
    if (cells < _WORTH_THREADS and task.anchor is None) or not outer:
        return
    if len(outer) == 2:
        task.root.fuse(outer[1], outer[0], "task")
        task.root.parallel("task")
    else:
        task.root.parallel(outer[0])
