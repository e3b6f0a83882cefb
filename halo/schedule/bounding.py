"""Apply what says which box of cells a Func is computed over."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.schedule.directives import AlignBounds, AlignExtent, Bound, BoundExtent
from halo.schedule.formula import Formula
from halo.schedule.memory import Bounds
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule


def apply_bound(
    state: FuncSchedule, function: Function, entry: Entry, bound: Bound | BoundExtent
) -> FuncSchedule:
    """Return `state` with the promised bounds of one variable."""
    old = _bounds(state, function, entry, bound.var)
    low = bound.min if isinstance(bound, Bound) else None
    if low is not None:
        need_size(function, entry, "min", low)
    need_size(function, entry, "extent", bound.extent)
    if isinstance(bound.extent, int) and bound.extent <= 0:
        refuse(entry, function, f"the extent must be positive, not {bound.extent}")
    return _with(state, bound.var, replace(old, min=low, extent=bound.extent, promise=entry))


def apply_align(
    state: FuncSchedule, function: Function, entry: Entry, align: AlignBounds | AlignExtent
) -> FuncSchedule:
    """Return `state` with the box along one variable rounded up."""
    old = _bounds(state, function, entry, align.var)
    need_positive(function, entry, "a modulus", align.modulus)
    remainder = align.remainder if isinstance(align, AlignBounds) else None
    if isinstance(align, AlignBounds) and (
        not isinstance(remainder, int) or isinstance(remainder, bool)
    ):
        refuse(entry, function, f"a remainder is an integer constant, not {remainder!r}")
    if remainder is not None:
        remainder %= align.modulus
    return _with(state, align.var, replace(old, modulus=align.modulus, remainder=remainder))


def need_positive(function: Function, entry: Entry, what: str, value: object) -> None:
    """Refuse `entry` unless `value` is a positive integer; `what` names it with its article."""
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        refuse(entry, function, f"{what} is a positive integer, not {value!r}")


def need_size(function: Function, entry: Entry, what: str, value: object) -> None:
    """Refuse `entry` unless `value` is an integer or a formula."""
    is_size = isinstance(value, int) and not isinstance(value, bool)
    if not (is_size or (isinstance(value, Formula) and value.expr.type.is_integral)):
        refuse(
            entry,
            function,
            f"{what} must be an integer, or an expression of Params and sizes of inputs, "
            f"not {value}",
        )


def need_arg(function: Function, entry: Entry, name: str) -> int:
    """Return the number of dimension `name`, or refuse `entry` with those there are."""
    if name not in function.args:
        dims = ", ".join(function.args) or "none"
        refuse(entry, function, f"{entry.func} has no dimension {name}", f"its dimensions: {dims}")
    return function.args.index(name)


def _bounds(state: FuncSchedule, function: Function, entry: Entry, var: str) -> Bounds:
    need_arg(function, entry, var)
    return state.bounds.get(var, Bounds())


def _with(state: FuncSchedule, var: str, bounds: Bounds) -> FuncSchedule:
    return replace(state, bounds={**state.bounds, var: bounds})
