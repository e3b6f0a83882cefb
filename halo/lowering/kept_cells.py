"""How many cells of a region are kept in memory."""

from __future__ import annotations

from halo.ir.expr import LE, Expr, as_const, i32
from halo.ir.function import Function
from halo.ir.interval import Interval
from halo.ir.stmt import AssertStmt, ErrorCode, MemoryType, Stmt
from halo.lowering.names import Names
from halo.lowering.promises import Sizes, place_of
from halo.lowering.sliding_window import greatest_extent
from halo.lowering.splits import extent_of
from halo.schedule.memory import Limit, Storage
from halo.schedule.refuse import refuse


def kept_extent(
    function: Function, storage: Storage, arg: str, r: Interval, names: Names, sizes: Sizes
) -> tuple[Expr, list[Stmt]]:
    """Return how many cells of `r` along `arg` are kept, and run-time checks that these are all.

    A constant where the memory needs one and there is a bound; what ``bound_storage`` says.

    Raises
    ------
    ScheduleError
        ``bound_storage`` is known to keep too few.
    """
    extent = extent_of(r)
    if arg in storage.limits:
        return _limited(function, storage.limits[arg], arg, r, names, sizes)
    if storage.memory in (MemoryType.Stack, MemoryType.Register):
        known = greatest_extent(r, names)
        return (extent if known is None else i32(max(known, 0))), []
    return extent, []


def _limited(
    function: Function, limit: Limit, arg: str, r: Interval, names: Names, sizes: Sizes
) -> tuple[Expr, list[Stmt]]:
    extent, bound = extent_of(r), sizes.of(limit.extent)
    n, needed = as_const(bound), as_const(extent)
    most = greatest_extent(r, names)
    if n is not None and most is not None and most <= n:
        return bound, []
    if n is not None and needed is not None:
        refuse(
            limit.entry,
            function,
            f"{needed} cells along {arg} are computed",
            f"legal: {function.name}.bound_storage({arg}, {needed}) or more",
        )
    text = f"{limit.entry.source()}{place_of(limit.entry)}: "
    message = (text, extent, f" cells along {arg} are computed, ", bound, " are kept")
    return bound, [AssertStmt(LE(extent, bound), ErrorCode.BROKEN_PROMISE, message)]
