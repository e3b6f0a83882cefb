"""`report`: what each directive of a resolved schedule came to, before lowering adds to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from halo.ir.function import Function
from halo.polyhedral import Clash
from halo.schedule.associativity import recognise
from halo.schedule.directives import (
    AllowRaceConditions,
    Atomic,
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    Directive,
    EagerInline,
    Parallel,
    Reorder,
    RFactor,
    Serial,
    Split,
    StoreAt,
    StoreRoot,
    Unscheduled,
    Vectorize,
    Wrapping,
)
from halo.schedule.final_loops import marked_loops, marks_again
from halo.schedule.memory_report import (
    memory_without_effect,
    precomputed_without_effect,
    sets_memory_again,
)
from halo.schedule.order import new_clash, reorder_effect
from halo.schedule.races import Order
from halo.schedule.receipts import Receipt, Receipts, Status
from halo.schedule.reducing import atomic_effect, rfactor_effect
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.state import FuncSchedule, initial_stage
from halo.schedule.tail_rules import tail_remark
from halo.schedule.witness import clash_text, unproven_text

_COMPUTE = (ComputeAt, ComputeInline, ComputeRoot, EagerInline)
_ORDER = (Reorder, Parallel, Vectorize)
_STORE = (StoreAt, StoreRoot, ComputeInline, EagerInline)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one directive did: the schedule of its Func before and after it."""

    function: Function
    before: FuncSchedule
    after: FuncSchedule


def report(
    schedule: Schedule,
    outputs: Sequence[str],
    functions: Mapping[str, Function],
    states: Mapping[str, FuncSchedule],
    effects: Mapping[int, Effect],
    images: Collection[str] = (),
) -> Receipts:
    """Return a receipt for each directive.

    Parameters
    ----------
    functions, states
        The Funcs with the definitions that they have in the end, and their resolved schedules.
    effects
        ``id(entry)`` -> what it did; those that put a Func between others are not in it.
    images
        Names of the images whose loads are reported.
    """
    receipts = Receipts()
    later = {name: deque(entries) for name, entries in schedule.by_function().items()}
    for entry in schedule.entries:
        later[entry.func].popleft()
        if isinstance(entry.directive, Wrapping):
            receipts.add(entry, *_wrapped(entry.directive, functions, states))
            continue
        if entry.func in images:
            receipts.add(entry, Status.APPLIED)
            continue
        if entry.func not in states:
            reason = f"{entry.func} is not needed for {', '.join(outputs)}"
            receipts.add(entry, Status.WITHOUT_EFFECT, reason)
            continue
        effect, function = effects[id(entry)], functions[entry.func]
        loops = marked_loops(entry, effect.after, states)
        why_none = _replaced_by(entry, later[entry.func])
        if not loops:
            why_none = why_none or _marked_again(entry, later[entry.func], effects)
        why_none = why_none or _without_effect(entry, effect, function, outputs, states)
        status = Status.WITHOUT_EFFECT if why_none else Status.APPLIED
        reason = why_none or _remark(entry, effect, function, states)
        receipts.items.append(Receipt(entry, status, reason, loops))
    return receipts


def _wrapped(
    wrapping: Wrapping, functions: Mapping[str, Function], states: Mapping[str, FuncSchedule]
) -> tuple[Status, str]:
    away = ", ".join(c for c in wrapping.consumers if c not in functions)
    made = states.get(wrapping.name)
    if made is None:
        why = f"there is no {away} here" if away else f"nothing computed here uses {wrapping.name}"
        return Status.WITHOUT_EFFECT, why
    if made.compute_level.is_inlined and len(made.stages) == 1:
        return Status.WITHOUT_EFFECT, f"{wrapping.name} is inlined: compute it somewhere"
    return Status.APPLIED, f"through {wrapping.name}" + (f"; there is no {away} here" * bool(away))


def _replaced_by(entry: Entry, later: Iterable[Entry]) -> str:
    """Return what of the directives given `later` for the same Func makes `entry` void."""
    kinds: tuple[type[Directive], ...] = ()
    if isinstance(entry.directive, _COMPUTE):
        kinds = _COMPUTE
    elif isinstance(entry.directive, _STORE):
        kinds = _STORE
    for e in later:
        again = sets_memory_again(entry.directive, e.directive)
        if again or isinstance(e.directive, kinds):
            return f"replaced by {e.source()}"
    return ""


def _marked_again(entry: Entry, later: Iterable[Entry], effects: Mapping[int, Effect]) -> str:
    """Return which of the directives given `later` says anew what the loops of `entry` are."""
    after = effects[id(entry)].after
    for e in later:
        effect = effects.get(id(e))
        if effect is not None and marks_again(entry, after, e, effect.before):
            return f"replaced by {e.source()}"
    return ""


def _without_effect(
    entry: Entry,
    effect: Effect,
    function: Function,
    outputs: Sequence[str],
    states: Mapping[str, FuncSchedule],
) -> str:
    directive = entry.directive
    if states[entry.func].storage.precompute is not None and entry.func not in outputs:
        return precomputed_without_effect(directive, entry.func)
    inlined = states[entry.func].compute_level.is_inlined and not function.has_updates
    if inlined and not isinstance(directive, (ComputeInline, EagerInline, Unscheduled)):
        return f"{entry.func} is inlined and has no loops or storage of its own"
    if isinstance(directive, ComputeInline) and function.has_updates:
        return (
            f"{entry.func} has updates and cannot be substituted: "
            "it is computed in the innermost loop of each use"
        )
    if isinstance(directive, AllowRaceConditions):
        first = initial_stage(function, function.definitions[entry.stage])
        final = states[entry.func].stages[entry.stage].at(entry.branch)
        if new_clash(function, entry.stage, first, final) is None:
            return "its loops run no two iterations at once that touch the same cell"
    if isinstance(directive, Atomic):
        took_effect, reason = _atomic(entry, function, states)
        return "" if took_effect else reason
    same = effect.before == effect.after
    if isinstance(directive, Reorder) and same:
        return "the loops are in that order already"
    if isinstance(directive, Serial) and same:
        return f"the loop over {directive.var} is serial already"
    return memory_without_effect(entry, outputs, states[entry.func], same)


def _remark(
    entry: Entry, effect: Effect, final: Function, states: Mapping[str, FuncSchedule]
) -> str:
    function, index = effect.function, entry.stage
    if isinstance(entry.directive, Atomic):
        return _atomic(entry, final, states)[1]
    if isinstance(entry.directive, RFactor):
        made = states.get(entry.directive.name)
        return rfactor_effect(function, index, effect.before.stages[index], entry.directive, made)
    if isinstance(entry.directive, Split) and index < len(effect.before.stages):
        own = effect.before.stages[index].at(entry.branch)
        before = effect.before.with_stage(index, own)
        return tail_remark(before, function, entry, entry.directive)
    if not isinstance(entry.directive, _ORDER) or index >= len(effect.before.stages):
        return ""
    old, new = (s.stages[index].at(entry.branch) for s in (effect.before, effect.after))
    if new.races_allowed:
        found = new_clash(function, index, old, new)
        if isinstance(found, Clash):
            return f"a race that was allowed: {clash_text(function, index, found)}"
        if found is not None:
            return f"allowed, though {unproven_text(function, found)}"
    if reorder_effect(function, index, old, new) is not Order.BITS or new.atomic:
        return ""
    update = recognise(function, function.definitions[index])
    return f"another order of the reduction: {update.doubt}" if update else ""


def _atomic(
    entry: Entry, function: Function, states: Mapping[str, FuncSchedule]
) -> tuple[bool, str]:
    stage = states[entry.func].stages[entry.stage].at(entry.branch)
    return atomic_effect(function, entry.stage, stage)
