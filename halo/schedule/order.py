"""Which orders of its loops a definition allows, and refusals with two iterations that clash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, permutations

from halo.ir.bounds import bounds_of
from halo.ir.equality import equal
from halo.ir.expr import Expr, Max, Min, Variable
from halo.ir.function import Definition, Function
from halo.ir.intrinsics import is_intrinsic
from halo.ir.ranges import UNBOUNDED
from halo.ir.stmt import ForKind
from halo.ir.substitute import calls_of, find, is_cell, walk
from halo.polyhedral import Clash, Unproven
from halo.schedule.associativity import recognise
from halo.schedule.dependences import AT_ONCE, stage_clash
from halo.schedule.directives import Parallel, Reorder, RFactor, Split, Vectorize
from halo.schedule.races import Order, reduction_order, shared_loops
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.splitting import with_split
from halo.schedule.state import StageSchedule
from halo.schedule.tail import TailStrategy
from halo.schedule.witness import clash_text, definition_text, unproven_text

_LANES = (16, 8, 4, 2)
"""Vector widths to suggest where a whole loop cannot be one vector."""
_CHOICES = 3
"""Legal alternatives that a message lists."""


def need_dependences_kept(
    function: Function, entry: Entry, before: StageSchedule, after: StageSchedule
) -> None:
    """Refuse `entry` if loops `after` may run iterations that touch one cell out of their order.

    Requires: `before` keeps all dependences.
    """
    found = new_clash(function, entry.stage, before, after)
    if found is None or _is_allowed(found, entry, after):
        return
    if isinstance(found, Clash):
        reason = clash_text(function, entry.stage, found)
        at_once = any(d.name == found.axis and d.kind in AT_ONCE for d in after.dims)
        reason += ", and they would run at once" if at_once else ", and the second would come first"
    else:
        reason = unproven_text(function, found)
    legal = list(_alternatives(function, entry, before))
    if isinstance(found, Unproven):
        legal += _additions(function, entry, found)
    if recognise(function, function.definitions[entry.stage]) is not None:
        legal.append(f"{entry.handle()}.atomic() before it")
    hint = [f"legal: {', '.join(legal)}"] if legal else []
    refuse(entry, None, reason, "\n  ".join([*hint, definition_text(function, entry.stage)]))


def new_clash(
    function: Function, index: int, before: StageSchedule, after: StageSchedule
) -> Clash | Unproven | None:
    """Return two iterations that `after` runs out of their order, where `before` did not.

    None do where updates are atomic. isl is asked only where it is not plain from the variables
    that stand alone as coordinates.
    """
    if after.atomic:
        return None
    shared = shared_loops(function, index, after)
    reordered = shared != shared_loops(function, index, before)
    at_once = [d for d in after.dims if d.name in shared and d.kind in AT_ONCE]
    if not reordered and all(d in before.dims for d in at_once):
        return None
    if reordered and not at_once and _order(function, index) is not Order.FIXED:
        return None
    return stage_clash(function, index, after)


def reorder_effect(
    function: Function, index: int, before: StageSchedule, after: StageSchedule
) -> Order:
    """Return whether a legal new order of the loops of definition `index` may change bits."""
    if shared_loops(function, index, before) == shared_loops(function, index, after):
        return Order.FREE
    return Order.BITS if _order(function, index) is Order.BITS else Order.FREE


def _order(function: Function, index: int) -> Order:
    return reduction_order(function, function.definitions[index])


def _is_allowed(found: Clash | Unproven, entry: Entry, after: StageSchedule) -> bool:
    """Whether the user answers for what was found."""
    at_once = isinstance(entry.directive, (Parallel, Vectorize, RFactor))
    return after.races_allowed and (at_once or isinstance(found, Unproven))


def _alternatives(function: Function, entry: Entry, before: StageSchedule) -> Iterator[str]:
    """Yield legal directives near the one refused, as the user would type them."""
    match entry.directive:
        case Reorder(names):
            stages = _other_orders(before, names)
        case Parallel() | Vectorize() as mark:
            stages = _other_loops(before, mark)
        case RFactor():
            yield "rfactor first, then the loops that run at once"
            return
        case _:
            return
    legal = (t for t, done in stages if new_clash(function, entry.stage, before, done) is None)
    yield from (f"{entry.handle()}.{text}" for text in islice(legal, _CHOICES))


def _other_orders(
    before: StageSchedule, names: tuple[str, ...]
) -> Iterator[tuple[str, StageSchedule]]:
    now = [d.name for d in reversed(before.dims) if d.name in names]
    for order in permutations(now) if len(now) <= 4 else ():
        if order != names:
            yield Reorder(order).source(), before.reordered(order)


def _other_loops(
    before: StageSchedule, mark: Parallel | Vectorize
) -> Iterator[tuple[str, StageSchedule]]:
    kind = ForKind.VECTORIZED if isinstance(mark, Vectorize) else ForKind.PARALLEL
    for dim in reversed(before.dims):
        if dim.name != mark.var and dim.kind is ForKind.SERIAL:
            yield type(mark)(dim.name).source(), before.with_dim(replace(dim, kind=kind))
    if isinstance(mark, Vectorize):
        yield from _fewer_lanes(before, mark.var)


def _fewer_lanes(before: StageSchedule, name: str) -> Iterator[tuple[str, StageSchedule]]:
    """Yield ways to make vectors of a part of the loop `name`, itself perhaps such a part."""
    last = before.splits[-1] if before.splits else None
    if not isinstance(last, Split) or last.inner != name:
        last = Split(name, name, f"{name}.v", _LANES[0] + 1, TailStrategy.GuardWithIf)
        before = with_split(before, last)
    keeps_name = last.old == last.outer
    for lanes in (n for n in _LANES if n < last.factor):
        split = replace(last, factor=lanes)
        done = replace(before, splits=(*before.splits[:-1], split))
        dim = done.dim(last.inner)
        assert dim is not None
        short = replace(split, tail=TailStrategy.Auto).source()
        text = f"vectorize({last.old}, {lanes})" if keeps_name else f"{short}.vectorize({name})"
        yield text, done.with_dim(replace(dim, kind=ForKind.VECTORIZED))


def _additions(function: Function, entry: Entry, unproven: Unproven) -> list[str]:
    """Return what the user can add where nothing is proven."""
    made = [f"{entry.handle()}.allow_race_conditions() before it, if you know that none meet"]
    culprit = unproven.culprit
    if culprit is not None and not _is_clamped(function.definitions[entry.stage], culprit):
        made.insert(0, "an index in halo.clamp(...) or halo.unsafe_promise_clamped(...)")
    return made


def _is_clamped(definition: Definition, e: Expr) -> bool:
    """Whether `e` is part of something in an index that is kept between two constants."""
    calls = [c for c in calls_of(definition.expressions()) if is_cell(c)]
    indices = (*definition.args, *(a for c in calls for a in c.args))
    limited = [
        n for n in walk(indices) if isinstance(n, (Min, Max)) or is_intrinsic(n, "promise_clamped")
    ]
    around = [n for n in limited if any(isinstance(x, Expr) and equal(x, e) for x in walk(n))]
    unknown = {v.name: UNBOUNDED for v in find(indices, Variable)}
    ends = [bounds_of(n, unknown) for n in around if isinstance(n, Expr)]
    return any(i.min is not None and i.max is not None for i in ends)
