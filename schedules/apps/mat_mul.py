"""The product of two matrices: register tiles beside packed panels of the second matrix."""

from __future__ import annotations

from halo import TailStrategy, Var
from halo.ir.expr import as_const
from schedules.apps import Program

LANES, COLUMNS, ROWS = 16, 64, 6
"""A vector, and what a tile of 24 registers computes; 4 more hold a row of b, one a cell of a."""

CACHED = 512
"""Matrices up to this size lie in the second cache as they are."""


def schedule(app: Program) -> None:
    x, y, xi, yi, lane = (Var(name) for name in ("x", "y", "xi", "yi", "lane"))
    output, product, k = app.output, app.funcs["product"], app.funcs["k"]
    output.tile(x, y, xi, yi, COLUMNS, ROWS, TailStrategy.ShiftInwards)
    output.split(xi, xi, lane, LANES).reorder(lane, xi, yi, y, x).parallel(x)
    output.vectorize(lane).unroll(xi).unroll(yi)
    product.compute_at(output, y).vectorize(x, LANES).unroll(x).unroll(y)
    update = product.update().reorder(x, y, k.x)
    update.vectorize(x, LANES).unroll(x).unroll(y)
    size = as_const(k.x.extent())
    if size is None or size > CACHED:
        panel = app.arguments[1].in_().compute_at(output, x)
        column = panel.args()[0]
        panel.vectorize(column, LANES).unroll(column)
