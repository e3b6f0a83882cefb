"""Equalised brightness: two rows are counted in turn, so that few counts wait for another."""

from __future__ import annotations

from halo import TailStrategy, Var
from schedules.apps import Program

LANES, ROWS, TOGETHER = 32, 8, 8


def schedule(app: Program) -> None:
    x, y, c, i, yo, yi, lane = (Var(name) for name in ("x", "y", "c", "i", "yo", "yi", "lane"))
    names = ("luma", "rows", "counts", "sums", "level")
    luma, rows, counts, sums, level = (app.funcs[name] for name in names)
    guard, rx = TailStrategy.GuardWithIf, app.funcs["rx"].x
    luma.compute_root().parallel(y, ROWS, guard).vectorize(x, 2 * LANES)
    rows.compute_root().vectorize(i, 16)
    update = rows.update().split(y, yo, yi, 2).reorder(yi, rx, yo).unroll(yi)
    update.unroll(rx, TOGETHER).parallel(yo)
    counts.compute_root().vectorize(i, 16)
    counts.update().reorder(i, app.funcs["ry"].x).vectorize(i, 16)
    sums.compute_root()
    level.compute_root()
    output = app.output.bound(c, 0, 3).split(y, yo, y, ROWS, guard).split(x, x, lane, LANES)
    output.reorder(lane, c, x, y, yo).unroll(c).parallel(yo).vectorize(lane)
