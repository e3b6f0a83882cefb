"""`report`: what each directive of a resolved schedule came to, before lowering adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.ir.function import Function
from halo.schedule.directives import (
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    Directive,
    Reorder,
    ReorderStorage,
    StoreAt,
    StoreRoot,
)
from halo.schedule.loops import reorder_effect
from halo.schedule.races import Order
from halo.schedule.receipts import Receipts, Status
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.state import FuncSchedule

_COMPUTE = (ComputeAt, ComputeInline, ComputeRoot)
_STORE = (StoreAt, StoreRoot, ComputeInline)


def report(
    schedule: Schedule,
    functions: Mapping[str, Function],
    outputs: Sequence[str],
    states: Mapping[str, FuncSchedule],
    effects: Mapping[int, tuple[FuncSchedule, FuncSchedule]],
) -> Receipts:
    """Return a receipt for each directive.

    Parameters
    ----------
    states
        The resolved schedules.
    effects
        ``id(entry)`` -> the Func's schedule before and after that entry.
    """
    receipts = Receipts()
    for i, entry in enumerate(schedule.entries):
        if entry.func not in states:
            reason = f"{entry.func} is not needed for {', '.join(outputs)}"
            receipts.add(entry, Status.WITHOUT_EFFECT, reason)
            continue
        function = functions[entry.func]
        later = _replaced_by(entry, schedule.entries[i + 1 :])
        why_none = later or _without_effect(entry, function, outputs, states, *effects[id(entry)])
        if why_none:
            receipts.add(entry, Status.WITHOUT_EFFECT, why_none)
        else:
            receipts.add(entry, Status.APPLIED, _remark(entry, function, *effects[id(entry)]))
    return receipts


def _replaced_by(entry: Entry, later: Sequence[Entry]) -> str:
    kinds: tuple[type[Directive], ...] = ()
    if isinstance(entry.directive, _COMPUTE):
        kinds = _COMPUTE
    elif isinstance(entry.directive, _STORE):
        kinds = _STORE
    for e in later:
        if e.func == entry.func and isinstance(e.directive, kinds):
            return f"replaced by {e.source()}"
    return ""


def _without_effect(
    entry: Entry,
    function: Function,
    outputs: Sequence[str],
    states: Mapping[str, FuncSchedule],
    before: FuncSchedule,
    after: FuncSchedule,
) -> str:
    directive = entry.directive
    inlined = states[entry.func].compute_level.is_inlined and not function.has_updates
    if inlined and not isinstance(directive, ComputeInline):
        return f"{entry.func} is inlined and has no loops or storage of its own"
    if isinstance(directive, ComputeInline) and function.has_updates:
        return (
            f"{entry.func} has updates and cannot be substituted: "
            "it is computed in the innermost loop of each use"
        )
    if isinstance(directive, Reorder) and before == after:
        return "the loops are in that order already"
    if isinstance(directive, ReorderStorage):
        if before == after:
            return "the dimensions are in that order already"
        if entry.func in outputs:
            return f"{entry.func} is an output: the caller's buffer decides the layout"
    return ""


def _remark(entry: Entry, function: Function, before: FuncSchedule, after: FuncSchedule) -> str:
    if not isinstance(entry.directive, Reorder) or entry.stage >= len(before.stages):
        return ""
    old, new = before.stages[entry.stage], after.stages[entry.stage]
    if reorder_effect(function, entry.stage, old, new) is Order.BITS:
        return "reorders a float reduction: the last bits may differ from the default schedule's"
    return ""
