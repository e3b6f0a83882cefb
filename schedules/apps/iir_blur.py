"""A blur by recursion: strips of columns that the second cache holds, one colour at a time.

What is turned over in between is as large as a picture of one colour, in memory taken once.
"""

from __future__ import annotations

from halo import PrefetchBoundStrategy, Var
from schedules.apps import Program

LANES, STRIP, AHEAD = 16, 64, 8


def schedule(app: Program) -> None:
    x, y, c, xo, yo = (Var(name) for name in ("x", "y", "c", "xo", "yo"))
    passes, turned = app.funcs["passes"], app.funcs["turned"]
    halves = (
        (app.funcs["down"], turned, app.arguments[0], passes[:2]),
        (app.funcs["back"], app.output, turned, passes[2:]),
    )
    for columns, result, source, (down, up) in halves:
        result.tile(x, y, xo, yo, x, y, LANES, STRIP).vectorize(x).parallel(yo)
        columns.compute_at(result, yo)
        columns.update(0).vectorize(x, LANES)
        columns.update(1).reorder(x, down).vectorize(x, LANES)
        columns.update(2).reorder(x, up).vectorize(x, LANES)
        # Each row of a strip is somewhere else in memory.
        ahead = PrefetchBoundStrategy.NonFaulting
        columns.update(1).prefetch(source, down, down, AHEAD, ahead)
    app.output.stream_stores()
    turned.compute_at(app.output, c).hoist_storage_root()
