"""Equalised brightness: levels are looked up cell by cell, for a row before its vectors."""

from __future__ import annotations

from halo import TailStrategy, Var
from schedules.apps import Program

LANES, ROWS, TOGETHER = 64, 8, 8


def schedule(app: Program) -> None:
    x, y, c, i, yo, lane = (Var(name) for name in ("x", "y", "c", "i", "yo", "lane"))
    names = ("luma", "rows", "counts", "sums", "level", "equal")
    luma, rows, counts, sums, level, equal = (app.funcs[name] for name in names)
    guard = TailStrategy.GuardWithIf
    luma.compute_root().parallel(y, ROWS, guard).vectorize(x, LANES)
    rows.compute_root().vectorize(i, 16)
    rows.update().split(y, yo, y, ROWS, guard).parallel(yo).unroll(app.funcs["rx"].x, TOGETHER)
    counts.compute_root().vectorize(i, 16)
    counts.update().reorder(i, app.funcs["ry"].x).vectorize(i, 16)
    sums.compute_root()
    level.compute_root()
    output = app.output.bound(c, 0, 3).split(y, yo, y, ROWS, guard).split(x, x, lane, LANES)
    output.reorder(lane, c, x, y, yo).unroll(c).parallel(yo).vectorize(lane).stream_stores()
    equal.compute_at(output, y).unroll(x, TOGETHER)
