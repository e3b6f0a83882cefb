"""Unsharp mask: rows slide down in tiles, and what the next ones read is asked for early."""

from __future__ import annotations

from halo import PrefetchBoundStrategy, Var
from schedules.apps import Program

LANES, WIDTH, HEIGHT, AHEAD = 16, 256, 128, 2


def schedule(app: Program) -> None:
    names = ("x", "y", "c", "xi", "yi", "lane")
    x, y, c, xi, yi, lane = (Var(name) for name in names)
    output, gray = app.output, app.funcs["gray"]
    output.bound(c, 0, 3).tile(x, y, xi, yi, WIDTH, HEIGHT).split(xi, xi, lane, LANES)
    output.reorder(lane, c, xi, yi, x, y).vectorize(lane).unroll(c).parallel(y).stream_stores()
    gray.store_at(output, x).compute_at(output, yi).vectorize(x, LANES).align_storage(x, LANES)
    # The prefetcher of the processor does not see across the end of a tile's row.
    gray.prefetch(app.arguments[0], y, y, AHEAD, PrefetchBoundStrategy.NonFaulting)
    blurred = app.funcs["blur_y"].compute_at(output, yi)
    blurred.vectorize(x, LANES).align_storage(x, LANES)
    app.funcs["ratio"].compute_at(output, xi).vectorize(x, LANES)
