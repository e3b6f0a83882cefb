"""The 3 x 3 blur: rows slide down in tiles that stay in the first cache."""

from __future__ import annotations

from halo import PrefetchBoundStrategy, Var
from schedules.apps import Program

LANES, WIDTH, HEIGHT, AHEAD = 32, 640, 96, 10
"""Memory needs some 10 KB under way, to be read while results are written."""


def schedule(app: Program) -> None:
    x, y, xi, yi, lane = (Var(name) for name in ("x", "y", "xi", "yi", "lane"))
    output, rows = app.output, app.funcs["blur_x"]
    output.tile(x, y, xi, yi, WIDTH, HEIGHT).split(xi, xi, lane, LANES)
    output.reorder(lane, xi, yi, x, y).vectorize(lane).parallel(y).stream_stores()
    rows.store_at(output, x).compute_at(output, yi).vectorize(x, LANES)
    # The prefetcher of the processor does not see across the end of a tile's row.
    rows.prefetch(app.arguments[0], y, y, AHEAD, PrefetchBoundStrategy.NonFaulting)
