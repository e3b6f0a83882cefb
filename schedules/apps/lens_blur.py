"""Blur by depth: two shifts at a time go through the pyramid, whose levels then stay in caches.

A shift's costs are smoothed without those of others, so nothing is stored for all of them but the
nearest so far. Levels are halved and doubled along one axis at a time.
"""

from __future__ import annotations

from halo import RVar, Var
from schedules.apps import Program

LANES, WIDTH, HEIGHT, SHIFTS = 16, 128, 8, 2

FINE, FINEST = 5, 3
"""Levels of which rows are long enough for vectors, and those that are cut into strips."""

STRIP = 8
"""Rows of a level for which a strip of the level that it is made of is halved or doubled."""


def schedule(app: Program) -> None:
    x = Var("x")
    for picture in app.funcs["edges"]:
        picture.compute_root().vectorize(picture.args()[0], 64)
    for f in (app.funcs["sure"], app.funcs["depth"]):
        f.compute_root().vectorize(x, LANES).parallel(Var("y"))
    _schedule_levels(app, _schedule_nearest(app))
    _schedule_spread(app)


def _schedule_nearest(app: Program) -> RVar:
    """Return the loop over groups of shifts."""
    x, y, z, c, xi, yi, lane = (Var(name) for name in ("x", "y", "z", "c", "xi", "yi", "lane"))
    group, shift = RVar("group"), RVar("shift")
    nearest, first = app.funcs["nearest"], app.funcs["push"][0]
    nearest.compute_root().vectorize(x, LANES).parallel(y)
    best = nearest.update().tile(x, y, xi, yi, WIDTH, HEIGHT).split(xi, xi, lane, LANES)
    best.split(app.funcs["r"].x, group, shift, SHIFTS)
    best.reorder(lane, xi, yi, shift, x, y, group).vectorize(lane).parallel(y)
    first.compute_at(nearest, group).bound(c, 0, 2).reorder(c, x, y).unroll(c)
    first.reorder_storage(x, y, z, c).vectorize(x, LANES).parallel(y)
    finest = app.funcs["pulls"][-1].bound(c, 0, 2)
    for f in (finest, app.funcs["upsampled"]["pull0"][0]):
        f.compute_at(nearest, shift).vectorize(x, LANES)
    return group


def _schedule_levels(app: Program, group: RVar) -> None:
    x, y, z, c, yi = (Var(name) for name in ("x", "y", "z", "c", "yi"))
    narrow, upsampled = app.funcs["narrow"], app.funcs["upsampled"]
    levels = [(f, narrow[f"push{i}"], i) for i, f in enumerate(app.funcs["push"]) if i]
    pulls = enumerate(app.funcs["pulls"][::-1])
    levels += [(f, upsampled[f"pull{i}"][0], i) for i, f in pulls if i]
    for whole, part, i in levels:
        whole.compute_at(app.funcs["nearest"], group).bound(c, 0, 2)
        if i < FINEST:
            whole.split(y, y, yi, STRIP).parallel(y)
        part.compute_at(whole, y if i < FINEST else z)
        if i < FINE:
            whole.vectorize(x, LANES)
            part.vectorize(x, LANES)


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
