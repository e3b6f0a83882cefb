"""A convolution, bias and positive part: register tiles of 32 channels by 10 cells."""

from __future__ import annotations

from halo import TailStrategy, Var
from schedules.apps import Program


def schedule(app: Program) -> None:
    names = ("c", "x", "y", "n", "ci", "xi", "lane", "part")
    c, x, y, n, ci, xi, lane, part = (Var(name) for name in names)
    output, conv, r = app.output, app.funcs["conv"], app.funcs["r"]
    output.tile(c, x, ci, xi, 32, 10, TailStrategy.ShiftInwards).split(ci, ci, lane, 16)
    output.reorder(lane, ci, xi, x, c, y, n).fuse(y, n, part).parallel(part)
    output.vectorize(lane).unroll(ci).unroll(xi)
    conv.compute_at(output, x).vectorize(c, 16).unroll(c).unroll(x)
    update = conv.update().reorder(c, x, r.x, r.y, r.z, y, n)
    update.vectorize(c, 16).unroll(c).unroll(x).unroll(r.x, 2)
