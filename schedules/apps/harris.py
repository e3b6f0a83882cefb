"""Harris corners: rows slide down in tiles that stay in the first cache."""

from __future__ import annotations

from halo import PrefetchBoundStrategy, Var
from schedules.apps import Program

LANES, WIDTH, HEIGHT, AHEAD = 16, 320, 128, 2


def schedule(app: Program) -> None:
    x, y, xi, yi, lane = (Var(name) for name in ("x", "y", "xi", "yi", "lane"))
    output = app.output
    gray, dx, dy = (app.funcs[name] for name in ("gray", "dx", "dy"))
    output.tile(x, y, xi, yi, WIDTH, HEIGHT).split(xi, xi, lane, LANES)
    output.reorder(lane, xi, yi, x, y).vectorize(lane).parallel(y).stream_stores()
    for f in (gray, dx, dy):
        f.store_at(output, x).compute_at(output, yi).align_storage(x, LANES).vectorize(x, LANES)
    # The prefetcher of the processor does not see across the end of a tile's row.
    gray.prefetch(app.arguments[0], x, y, AHEAD, PrefetchBoundStrategy.NonFaulting)
    dx.compute_with(dy, x)
