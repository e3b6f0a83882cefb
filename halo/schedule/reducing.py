"""Apply `Atomic`: updates in any order; what it and `RFactor` came to."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.associativity import LEGAL, recognise, why_not
from halo.schedule.dependences import stage_clash
from halo.schedule.directives import Atomic, RFactor
from halo.schedule.races import shared_loops
from halo.schedule.refuse import refuse
from halo.schedule.rfactor import keeps_order
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule, StageSchedule


def apply_atomic(
    state: FuncSchedule, function: Function, entry: Entry, atomic: Atomic
) -> FuncSchedule:
    """Return `state` with the updates of a stage made one step each, in any order."""
    stage = state.stages[entry.stage]
    definition = function.definitions[entry.stage]
    allowed = entry.stage == 0 or atomic.override_associativity_test
    if not allowed and recognise(function, definition) is None:
        line = f" of {definition.where}" if definition.where else ""
        refuse(
            entry,
            function,
            f"the update{line} may give other cells in another order: "
            f"{why_not(function, definition)}",
            f"legal: {LEGAL}; if you know better: atomic(override_associativity_test=True)",
        )
    return state.with_stage(entry.stage, replace(stage, atomic=True))


def atomic_effect(function: Function, index: int, stage: StageSchedule) -> tuple[bool, str]:
    """Return whether `atomic` allowed anything in `stage`, and what to know about it."""
    if stage_clash(function, index, stage) is None:
        return False, "no loop whose iterations meet in a cell is parallel or vectorized"
    threads = shared_loops(function, index, stage, ForKind.PARALLEL)
    found = recognise(function, function.definitions[index])
    if found is None:
        return True, "the order is not known to be free: taken on your word"
    if not found.doubt:
        return True, ""
    if threads:
        return True, f"{found.doubt}, and from run to run, as threads come; rfactor has one order"
    return True, f"{found.doubt}, the same in every run"


def rfactor_effect(
    function: Function,
    index: int,
    stage: StageSchedule,
    rfactor: RFactor,
    made: FuncSchedule | None,
) -> str:
    """Return what to know about an `rfactor` of loops `stage`.

    `made` is the schedule of its Func; None if only clones of it are used.
    """
    text = f"through {rfactor.name}" if made else f"through a clone of {rfactor.name}"
    if made is not None and made.compute_level.is_inlined:
        text += ", computed in the innermost loop that uses it"
    update = recognise(function, function.definitions[index])
    in_order = keeps_order(stage, rfactor.rvars)
    if update is None or not update.doubt or (in_order and update.is_exact_in_order):
        return text
    return f"{text}; {update.doubt}, the same in every run"
