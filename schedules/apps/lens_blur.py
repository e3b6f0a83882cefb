"""Blur by depth: the finest level of the smoothed costs is made tile by tile where depth is chosen.

Only the costs themselves are stored at full size; levels are halved and doubled along one axis at
a time.
"""

from __future__ import annotations

from halo import Var
from schedules.apps import Program

LANES, WIDTH, HEIGHT = 16, 128, 8

FINE = 5
"""Levels of which rows are long enough for vectors."""


def schedule(app: Program) -> None:
    for picture in app.funcs["edges"]:
        picture.compute_root().vectorize(picture.args()[0], 64)
    _schedule_costs(app)
    _schedule_levels(app)
    _schedule_spread(app)


def _schedule_costs(app: Program) -> None:
    x, y, z, c = (Var(name) for name in ("x", "y", "z", "c"))
    cost, sure = app.funcs["cost"], app.funcs["sure"]
    cost.compute_root().reorder(x, z, y).reorder_storage(x, z, y).vectorize(x, LANES).parallel(y)
    sure.compute_root().vectorize(x, LANES).parallel(y)
    first, narrow = app.funcs["push"][1], app.funcs["narrow"]["push1"]
    first.compute_root().bound(c, 0, 2).reorder(x, z, c, y).reorder_storage(x, z, c, y)
    narrow.compute_at(first, y).reorder_storage(x, z, c, y)
    for f in (first, narrow):
        f.vectorize(x, LANES)
    first.parallel(y)


def _schedule_levels(app: Program) -> None:
    x, y, z, c, xi, yi, lane = (Var(name) for name in ("x", "y", "z", "c", "xi", "yi", "lane"))
    pulls, upsampled = app.funcs["pulls"][::-1], app.funcs["upsampled"]
    levels = [
        (f, app.funcs["narrow"][f"push{i}"], i) for i, f in enumerate(app.funcs["push"]) if i > 1
    ]
    levels += [(f, upsampled[f"pull{i}"][0], i) for i, f in enumerate(pulls) if i]
    for whole, part, i in levels:
        whole.compute_root().bound(c, 0, 2)
        part.compute_at(whole, z)
        if i < FINE:
            whole.vectorize(x, LANES).parallel(z)
            part.vectorize(x, LANES)
    depth = app.funcs["depth"].compute_root()
    depth.tile(x, y, xi, yi, WIDTH, HEIGHT).split(xi, xi, lane, LANES)
    depth.reorder(lane, xi, yi, x, y).vectorize(lane).parallel(y)
    pulls[0].bound(c, 0, 2)
    for f in (pulls[0], upsampled["pull0"][0]):
        f.compute_at(depth, x).vectorize(x, LANES)


def _schedule_spread(app: Program) -> None:
    x, y, c = (Var(name) for name in ("x", "y", "c"))
    colour, total, k = (app.funcs[name] for name in ("colour", "total", "k"))
    colour.compute_root().reorder(c, x, y).bound(c, 0, 4).unroll(c)
    app.funcs["reach"].compute_root()
    app.output.reorder(c, x, y).bound(c, 0, 3).unroll(c)
    for f in (colour, app.funcs["reach"], app.output):
        f.parallel(y, 8).vectorize(x, LANES)
    total.compute_at(app.output, x).reorder(c, x, y).bound(c, 0, 4).unroll(c).vectorize(x, LANES)
    total.update().reorder(c, x, k.x, y).unroll(c).vectorize(x, LANES)
