"""Harris corners: four rows at a time slide down in tiles.

The corners of four rows share squares and products of the differences around them.
"""

from __future__ import annotations

from halo import PrefetchBoundStrategy, Var
from schedules.apps import Program

LANES, WIDTH, HEIGHT, ROWS, AHEAD = 16, 320, 128, 4, 3


def schedule(app: Program) -> None:
    names = ("x", "y", "xi", "yi", "lane", "row")
    x, y, xi, yi, lane, row = (Var(name) for name in names)
    output = app.output
    gray, dx, dy = (app.funcs[name] for name in ("gray", "dx", "dy"))
    output.tile(x, y, xi, yi, WIDTH, HEIGHT).split(xi, xi, lane, LANES).split(yi, yi, row, ROWS)
    output.reorder(lane, row, xi, yi, x, y).vectorize(lane).unroll(row).parallel(y)
    output.stream_stores()
    for f in (gray, dx, dy):
        f.store_at(output, x).compute_at(output, yi).align_storage(x, LANES)
    gray.vectorize(x, LANES)
    # The prefetcher of the processor does not see across the end of a tile's row.
    gray.prefetch(app.arguments[0], y, y, AHEAD, PrefetchBoundStrategy.NonFaulting)
    for f in (dx, dy):
        f.split(x, x, lane, LANES).split(y, y, row, ROWS).reorder(lane, row, x, y)
        f.vectorize(lane).unroll(row)
    dx.compute_with(dy, x)
