"""Local Laplacian filters: rows of the remapped pictures are made for all grey levels at once.

The levels look their remapped differences up at places that differ by a constant; what is halved
along x only slides down. Coarser steps of the pyramids are stored.
"""

from __future__ import annotations

from halo import Var
from schedules.apps import Program

LANES, ROWS, TOGETHER = 16, 32, 4

FINE = 5
"""Steps of the pyramids of which rows are long enough for vectors."""


def schedule(app: Program) -> None:
    x, y, c = Var("x"), Var("y"), Var("c")
    remap, output = app.funcs["remap"], app.output
    remap.compute_root().vectorize(remap.args()[0], LANES)
    for pyramid in ("bright", "result"):
        for j, step in enumerate(app.funcs[pyramid]):
            step.compute_root()
            if j < FINE:
                step.parallel(y, ROWS).vectorize(x, LANES)
    _schedule_remapped(app)
    output.bound(c, 0, 3).reorder(c, x, y).unroll(c).parallel(y, ROWS).vectorize(x, LANES)


def _schedule_remapped(app: Program) -> None:
    x, y, k, yo = (Var(name) for name in ("x", "y", "k", "yo"))
    remapped, narrow = app.funcs["remapped"], app.funcs["narrow"]["remapped1"]
    for j, step in enumerate(remapped[1:], 1):
        step.compute_root().reorder_storage(x, k, y).reorder(x, k, y)
        if 1 < j < FINE:
            step.parallel(y, ROWS // 4).vectorize(x, LANES)
    first = remapped[1].split(y, yo, y, ROWS).reorder(x, k, y, yo)
    first.parallel(yo).vectorize(x, LANES)
    narrow.store_at(first, yo).compute_at(first, y)
    narrow.reorder_storage(x, k, y).reorder(x, k, y).vectorize(x, LANES)
    row = remapped[0].in_(narrow).compute_at(narrow, y)
    row.reorder_storage(x, k, y).reorder(k, x, y).vectorize(x, LANES).unroll(k, TOGETHER)
