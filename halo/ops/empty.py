"""Cells of tensors that may have none."""

from __future__ import annotations

from halo.ir.expr import TRUE, And, Expr, i32
from halo.ir.read_where import read_only_where
from halo.ops.index import known, surely


def unless_empty(cell: Expr, *sizes: Expr) -> Expr:
    """Return `cell`, for which nothing is read if one of `sizes` is 0; it may be anything then.

    For places that are moved into an axis: in one without cells there is none. So whoever asks
    chooses another value there, or requires that nobody asks.
    """
    condition: Expr = TRUE
    for size in sizes:
        some = size > i32(0)
        if not known(size) and not surely(some):
            condition = some if condition is TRUE else And(condition, some)
    return read_only_where([cell], condition)[0]
