"""Non-local means: tiles small enough for the first cache, one shift of the picture at a time.

The picture continued over its edges is stored for each tile, so that no shift looks for the edge.
"""

from __future__ import annotations

from halo import Var
from schedules.apps import Program

LANES, WIDTH, HEIGHT = 16, 64, 32


def schedule(app: Program) -> None:
    x, y, c, xi, yi, lane = (Var(name) for name in ("x", "y", "c", "xi", "yi", "lane"))
    output, total, around = app.output, app.funcs["total"], app.funcs["around"]
    s = app.funcs["s"]
    output.bound(c, 0, 3).tile(x, y, xi, yi, WIDTH, HEIGHT).split(xi, xi, lane, LANES)
    output.reorder(lane, c, xi, yi, x, y).vectorize(lane).unroll(c).parallel(y)
    column = around.args()[0]
    around.compute_at(output, x).vectorize(column, LANES).align_storage(column, LANES)
    total.compute_at(output, x).bound(c, 0, 4).reorder(c, x, y).vectorize(x, LANES).unroll(c)
    update = total.update().split(x, x, lane, LANES).reorder(lane, c, x, y, s.x, s.y)
    update.vectorize(lane).unroll(c)
    for name in ("distance", "rows"):
        f = app.funcs[name].compute_at(total, s.x)
        f.vectorize(x, LANES).align_storage(x, LANES)
    app.funcs["patches"].compute_at(total, x).vectorize(x, LANES)
