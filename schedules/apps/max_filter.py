"""The maximum over a disc: four rows at a time slide down wide tiles.

What a column of the disc comes to is stored for its row: columns left and right of the middle that
reach equally far share it, and the output is a maximum of cells at constant distances.
"""

from __future__ import annotations

from halo import PrefetchBoundStrategy, Var
from schedules.apps import Program

LANES, WIDTH, HEIGHT, ROWS, AHEAD = 16, 512, 512, 4, 2


def schedule(app: Program) -> None:
    names = ("x", "y", "c", "xi", "yi", "lane", "row")
    x, y, c, xi, yi, lane, row = (Var(name) for name in names)
    output, levels, columns = app.output, app.funcs["levels"], app.funcs["columns"]
    output.tile(x, y, xi, yi, WIDTH, HEIGHT).split(xi, xi, lane, LANES).split(yi, yi, row, ROWS)
    output.reorder(lane, xi, row, yi, x, y, c).vectorize(lane).parallel(y).parallel(c)
    output.stream_stores()
    for f in levels:
        f.store_at(output, x)
    for f in (*levels, *columns):
        f.compute_at(output, yi).vectorize(x, LANES).align_storage(x, LANES)
    # The prefetcher of the processor does not see across the end of a tile's row.
    levels[0].prefetch(app.arguments[0], y, y, AHEAD, PrefetchBoundStrategy.NonFaulting)
