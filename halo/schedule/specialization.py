"""Apply `Specialize` and `SpecializeFail`: several loop nests for one definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from halo.ir.function import Function
from halo.schedule.directives import Specialize, SpecializeFail
from halo.schedule.formula import Formula
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule, StageSchedule


def apply_specialize(
    state: FuncSchedule, function: Function, entry: Entry, specialize: Specialize
) -> FuncSchedule:
    """Return `state` with loops of their own for where the condition holds."""
    stage = state.stages[entry.stage]
    condition = specialize.condition
    if not condition.expr.type.is_bool():
        refuse(entry, function, f"{condition} is no condition", f"compare it: {condition} == 1")
    _need_no_fail(function, entry, stage)
    if any(c == condition for c, _ in stage.special):
        return state
    own = replace(stage, special=(), fail=None)
    done = replace(stage, special=(*stage.special, (condition, own)))
    return state.with_stage(entry.stage, done)


def apply_specialize_fail(
    state: FuncSchedule, function: Function, entry: Entry, fail: SpecializeFail
) -> FuncSchedule:
    """Return `state` with an error in place of the loops for where no condition holds."""
    stage = state.stages[entry.stage]
    _need_no_fail(function, entry, stage)
    if not stage.special:
        refuse(
            entry,
            function,
            "there is no specialize before it, so it would always fail",
            f"first {entry.func}.specialize(condition)",
        )
    return state.with_stage(entry.stage, replace(stage, fail=fail.message))


def apply_in_branch(
    state: FuncSchedule,
    function: Function,
    entry: Entry,
    apply: Callable[[FuncSchedule, Function, Entry], FuncSchedule],
) -> FuncSchedule:
    """Return `state` with the directive of `entry` carried out on the branch that it names.

    Parameters
    ----------
    apply
        What carries out a directive on the loops of a stage.
    """
    stage = state.stages[entry.stage]
    wanted, *deeper = entry.branch
    if all(c != wanted for c, _ in stage.special):
        refuse(entry, function, f"{entry.func} has no specialize({wanted})", _known(entry, stage))
    special: list[tuple[Formula, StageSchedule]] = []
    for condition, own in stage.special:
        if condition == wanted:
            inside = replace(entry, branch=tuple(deeper))
            done = apply(state.with_stage(entry.stage, own), function, inside)
            own = done.stages[entry.stage]
        special.append((condition, own))
    return state.with_stage(entry.stage, replace(stage, special=tuple(special)))


def _known(entry: Entry, stage: StageSchedule) -> str:
    known = ", ".join(f"{entry.func}.specialize({c})" for c, _ in stage.special)
    return f"it has: {known}" if known else f"first {entry.func}.specialize({entry.branch[0]})"


def _need_no_fail(function: Function, entry: Entry, stage: StageSchedule) -> None:
    if stage.fail is not None:
        refuse(
            entry,
            function,
            "it comes after specialize_fail, where nothing is reached any more",
            "put specialize_fail last",
        )
