"""Camera: rows slide down in strips; what neighbours do not read goes through registers in tiles.

Green, which neighbours do read, is kept in rows: tiles would compute half of it twice. Strips that
are higher than the app's compute fewer rows twice, results are stored around the caches, and the
raw rows that the next ones need are asked for early.
"""

from __future__ import annotations

from halo import Var
from schedules.apps import Program

HEIGHT, WIDTH, LANES, AHEAD = 96, 64, 32, 4


def schedule(app: Program) -> None:
    names = ("x", "y", "c", "xi", "yo", "yi", "pair")
    x, y, c, xi, yo, yi, pair = (Var(name) for name in names)
    output, greens = app.output, app.funcs["greens"]
    curved, calm, quads = (app.funcs[name] for name in ("curved", "calm", "quads"))
    app.funcs["curve"].compute_root().vectorize(x, 16)
    output.bound(c, 0, 3).split(y, yo, yi, HEIGHT).split(yi, yi, pair, 2).split(x, x, xi, WIDTH)
    output.reorder(xi, c, pair, x, yi, yo).vectorize(xi).unroll(c).unroll(pair).parallel(yo)
    output.stream_stores()
    for f in (calm, quads, *greens, curved):
        f.store_at(output, yo).compute_at(output, yi)
    calm.vectorize(x, LANES).prefetch(app.arguments[0], y, y, AHEAD)
    for f in greens:
        f.vectorize(x, LANES)
    quads.reorder(c, x, y).bound(c, 0, 4).vectorize(x, LANES).unroll(c)
    curved.reorder(c, x, y).bound(c, 0, 3).align_bounds(x, 2).align_bounds(y, 2)
    curved.tile(x, y, xi, yi, WIDTH, 2).vectorize(xi).unroll(yi).unroll(c)
    for name in ("corrected", "colours"):
        f = app.funcs[name].compute_at(curved, x)
        f.reorder(c, x, y).vectorize(x).unroll(y).unroll(c)
    for f in app.funcs["rest"]:
        f.compute_at(curved, x).vectorize(x, LANES)
