"""Loops of definitions: vectors along memory, the outer loops in parallel."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from halo.autoschedule.costs import CHUNK, FORK, STEPS, TASKS, VECTORS
from halo.autoschedule.nest import Nest
from halo.autoschedule.program import Func, Stage
from halo.schedule.races import self_reads
from halo.target import Target


@dataclass(frozen=True, slots=True)
class Strips:
    """The loops of a root that its members are computed in: each strip, and each row of it."""

    strip: str
    row: str | None


def lanes_for(f: Func, stage: Stage, var: str, target: Target) -> int:
    """Return how many cells along `var` make a vector, 1 where there are too few."""
    lanes = max(1, target.vector_bits // max(stage.bits, 8))
    while lanes > 1 and lanes > f.extents[var]:
        lanes //= 2
    return lanes


def schedule_rows(
    f: Func,
    why: str,
    target: Target,
    *,
    rows: int = 0,
    work: float = 0.0,
    turned: bool = False,
    short: Collection[str] = (),
    fixed: Collection[str] = (),
) -> tuple[Nest, Strips | None]:
    """Schedule the pure definition of `f`, in strips of `rows` rows where that is not 0.

    Parameters
    ----------
    short, fixed
        Variables with few values: those all of which are computed for a row, those whose loops are
        written out inside of it.
    turned
        Whether what it reads lies across its rows: then a vector runs down the rows of a strip.
    work
        Operations of all that is computed in these loops; threads share them where it pays.
    """
    stage = f.stages[0]
    nest = Nest(f.name, 0, stage.pure, why)
    if not f.args:
        return nest, None
    x = f.args[0]
    fixed = [v for v in fixed if v != x and not (turned or (rows and v == f.args[1]))]
    outer = [v for v in f.args[1:] if v not in short and v not in fixed]
    lanes = lanes_for(f, stage, x, target)
    inner = ""
    if len(f.args) == 1:
        inner = _cut_line(f, nest, rows, work)
    elif rows:
        inner = nest.split(f.args[1], rows, "i")
    line = inner if inner and len(f.args) == 1 else x
    lane = nest.split(line, lanes, "v") if lanes > 1 else ""
    if turned and lane and rows and line == x:
        nest.reorder(lane, inner, x)
    if short or fixed:
        between = [v for v in f.args[1:] if v in short and v not in fixed]
        around = [inner] if inner and line == x else []
        nest.reorder(*filter(None, [lane]), *fixed, x, *between, *around, *outer)
    if lane:
        nest.vectorize(lane)
    for v in fixed:
        nest.unroll(v)
    shared = ""
    if len(f.args) == 1:
        shared = x if inner and work >= FORK else ""
        if shared:
            nest.parallel(shared)
    elif work >= FORK and outer:
        steps = [f.extents[v] / (rows or 1) if v == f.args[1] else f.extents[v] for v in outer]
        shared = share(nest, outer, steps)
    if not rows:
        return nest, None
    if len(f.args) == 1:
        return nest, Strips(x, None)
    return nest, Strips(shared or f.args[1], inner)


def _cut_line(f: Func, nest: Nest, rows: int, work: float) -> str:
    """Cut the only loop of `f` into parts that threads share; return the loop of a part."""
    x = f.args[0]
    if not rows and (work < FORK or f.extents[x] < 2 * CHUNK):
        return ""
    return nest.split(x, rows or CHUNK, "i")


def share(nest: Nest, outer: Sequence[str], steps: Sequence[float]) -> str:
    """Run `outer`, neighbours, the fastest first, in parallel; return the loop.

    As many of the outermost are made one as give every thread something to do.
    """
    at = len(outer) - 1
    tasks, loop = steps[at], outer[at]
    while at and tasks < TASKS:
        at -= 1
        tasks *= steps[at]
        loop = nest.fuse(outer[at], loop)
    nest.parallel(loop)
    return loop


def schedule_update(f: Func, index: int, target: Target, *, threads: bool) -> Nest:
    """Schedule update `index` of `f`: its own variables around or in vectors inside its sums."""
    stage = f.stages[index]
    nest = Nest(f.name, index, (*stage.rvars, *stage.pure))
    own = list(stage.own)
    nest.why = _why(f, own)
    if not own:
        return nest
    x = f.args[0]
    rest = [v for v in own if v != x]
    shared = threads and f.iterations(stage) * max(stage.work, 1.0) >= FORK
    lanes = lanes_for(f, stage, x, target) if x in own else 1
    if lanes > 1:
        sums = not _is_scan(f, stage)
        alone = shared and not rest and f.extents[x] >= 2 * lanes
        part = nest.split(x, lanes * VECTORS, "i") if alone else ""
        lane = nest.split(part or x, lanes, "v")
        between = [part] if part else []
        if sums:
            nest.reorder(lane, *stage.rvars, *between, x, *rest)
        else:
            nest.reorder(lane, *(between or [x]), *stage.rvars, *([x] if part else []), *rest)
        nest.vectorize(lane)
        if sums and 1 < f.known_steps(stage) <= STEPS:
            for r in stage.rvars:
                nest.unroll(r)
        if alone:
            nest.parallel(x)
    if shared and rest:
        share(nest, rest, [f.extents[v] for v in rest])
    return nest


def _is_scan(f: Func, stage: Stage) -> bool:
    """Whether `stage` writes along its reduction variables, so that rows follow each other."""
    return len(stage.pure) < len(f.args) and bool(self_reads(f.function, stage.definition))


def _why(f: Func, own: Sequence[str]) -> str:
    if not own:
        return "any two steps may meet in a cell, so they run in the order given"
    return f"steps that differ in {' or '.join(own)} do not meet"


def total_work(f: Func) -> float:
    """Return the operations of all stages of `f`."""
    each = (f.iterations(s) * max(s.work + len(s.reads), 1.0) for s in f.stages)
    return math.fsum(each)
