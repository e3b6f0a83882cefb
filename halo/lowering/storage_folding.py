"""Circular buffers that the user asks for: proven to hold what is needed at once, or checked."""

from __future__ import annotations

from halo.ir.expr import LE, Add, Sub, Variable, as_const, i32
from halo.ir.function import Function
from halo.ir.interval import Interval
from halo.ir.simplify import simplify
from halo.ir.stmt import AssertStmt, ErrorCode, Stmt
from halo.ir.substitute import find, substitute
from halo.lowering.names import Names, inline
from halo.lowering.promises import place_of
from halo.lowering.sliding_window import greatest_extent
from halo.lowering.splits import extent_of
from halo.schedule.memory import Fold
from halo.schedule.refuse import refuse


def check_fold(
    function: Function, fold: Fold, arg: str, live: Interval, names: Names, loop: str
) -> list[Stmt]:
    """Return the run-time check that ``fold.factor`` places along `arg` hold the cells `live`.

    Nothing where it is proven. Cells a factor apart share a place, so that what one iteration
    needs at once must not be wider; which way it moves does not matter, because cells that did not
    stay are computed anew.

    Parameters
    ----------
    live
        The cells along `arg` that an iteration needs.
    loop
        What the iterations are of, for the message.

    Raises
    ------
    ScheduleError
        It is known that they do not fit.
    """
    most = greatest_extent(live, names)
    if most is not None and most <= fold.factor:
        return []
    low, high = inline(live.min, names), inline(live.max, names)
    width = as_const(simplify(Add(Sub(high, low), i32(1))))
    if width is not None:
        zero = {v.name: i32(0) for v in find((low,), Variable)}
        first = int(as_const(simplify(substitute(low, zero))) or 0)
        second = first + fold.factor
        refuse(
            fold.entry,
            function,
            f"{width} cells along {arg} are needed at once, and {fold.factor} are kept: "
            f"iterations {arg}={first} and {arg}={second} of {function.name} write the same place, "
            f"and {loop} needs both cells {first} and {second}",
            f"legal: {function.name}.fold_storage({arg}, {width}) or more",
        )
    extent = extent_of(live)
    text = f"{fold.entry.source()}{place_of(fold.entry)}: "
    message = (text, extent, f" cells along {arg} are needed at once, {fold.factor} are kept")
    inside = LE(extent, i32(fold.factor))
    return [AssertStmt(inside, ErrorCode.BROKEN_PROMISE, message)]
