"""The bilateral grid: cells that are neighbours in the grid are added to in turn, so no sum waits.

The picture continued over its edges is stored for each row of the grid, which is blurred along z
while it is in the first cache.
"""

from __future__ import annotations

from halo import Var
from schedules.apps import Program

LANES, TOGETHER = 16, 4


def schedule(app: Program) -> None:
    x, y, z, c = (Var(name) for name in ("x", "y", "z", "c"))
    names = ("around", "grid", "blur_z", "blur_x", "blur_y", "r")
    around, grid, blur_z, blur_x, blur_y, r = (app.funcs[name] for name in names)
    blur_z.compute_root().bound(c, 0, 2).reorder(c, z, x, y).parallel(y).vectorize(x, LANES)
    blur_z.unroll(c)
    around.compute_at(blur_z, y).vectorize(around.args()[0], LANES)
    grid.compute_at(blur_z, y).vectorize(x, LANES)
    grid.update().reorder(c, x, r.x, r.y, y).unroll(c).unroll(x, TOGETHER)
    for blur in (blur_x, blur_y):
        blur.compute_root().bound(c, 0, 2).reorder(c, x, y, z)
        blur.parallel(z).vectorize(x, LANES).unroll(c)
    app.output.parallel(y).vectorize(x, LANES)
