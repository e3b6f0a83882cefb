"""Filled holes: the four channels of a cell are halved together, so that opacity is read once."""

from __future__ import annotations

from halo import Var
from schedules.apps import Program

LANES, ROWS = 16, 8

FINE = 5
"""Levels of which rows are long enough for vectors."""


def schedule(app: Program) -> None:
    x, y, yi, c = (Var(name) for name in ("x", "y", "yi", "c"))
    levels = sum(name.startswith("down") for name in app.funcs)
    for k in range(1, levels):
        down, narrow = app.funcs[f"down{k}"].compute_root(), app.funcs[f"narrow{k}"]
        if k >= FINE:
            continue
        down.bound(c, 0, 4).split(y, y, yi, ROWS)
        narrow.store_at(down, y).compute_at(down, yi)
        if k == 1:  # of which only colours are weighted, by opacity
            down.reorder(c, x, yi, y).unroll(c)
            narrow.bound(c, 0, 4).reorder(c, x, y).unroll(c)
        down.parallel(y).vectorize(x, LANES)
        narrow.vectorize(x, LANES)
    for k in range(1, levels - 1):
        filled = app.funcs[f"filled{k}"].compute_root()
        if k < FINE:
            filled.bound(c, 0, 4).reorder(c, x, y).unroll(c).parallel(y, ROWS).vectorize(x, LANES)
    output = app.output.bound(c, 0, 3).reorder(c, x, y).unroll(c).parallel(y, 4 * ROWS)
    output.vectorize(x, LANES).stream_stores()
