"""Which loops, as they are in the end, a directive given earlier is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from halo.ir.stmt import ForKind
from halo.schedule.directives import Directive, Parallel, Serial, Unroll, Vectorize
from halo.schedule.formula import Formula
from halo.schedule.fusion import Stage, loop_owners
from halo.schedule.partition import PARTITIONS, policy_of
from halo.schedule.schedule import Entry
from halo.schedule.state import Dim, FuncSchedule, StageSchedule, parts_of

_KINDS: dict[type[Directive], ForKind] = {
    Vectorize: ForKind.VECTORIZED,
    Unroll: ForKind.UNROLLED,
    Parallel: ForKind.PARALLEL,
}


@dataclass(frozen=True, slots=True)
class FinalLoop:
    """The loop `var` of definition `stage` of Func `func`, when all directives are carried out.

    `branch` names by their conditions the specialisations of the definition that it is in.
    """

    func: str
    stage: int
    var: str
    kind: ForKind
    branch: tuple[Formula, ...] = ()


def marked_loops(
    entry: Entry, after: FuncSchedule, states: Mapping[str, FuncSchedule]
) -> tuple[FinalLoop, ...]:
    """Return the loops that are in the end what the directive of `entry` makes of loops.

    They are those it names, or what became of these: renamed, split, or shared by `compute_with`,
    and then the other definition's. None where a later directive says otherwise, or where the
    directive is not about the kind of loops or their ends.

    Parameters
    ----------
    after
        The schedule of its Func right after the directive.
    states
        The resolved schedules.

    Example: ``f.vectorize(x)``, ``f.rename(x, z)`` -> ``f.s0.z``.
    """
    was, final = _loops_of(entry, after), _loops_of(entry, states[entry.func])
    # A specialisation that was there before has splits of its own, and the loops left by an
    # rfactor have none of those before it; they keep their names.
    nests = list(final.branches())
    split = [(b, v) for b, v in nests if v.splits[: len(was.splits)] == was.splits]
    found: list[FinalLoop] = []
    for branch, loops in split or nests[:1]:
        live = _become(entry, was, loops) if split else {*_named(entry.directive, was)}
        for dim in loops.dims:
            if dim.name in live and _is_marked(dim, entry.directive):
                func, stage = _owner(entry, loops, dim, states)
                inside = (*entry.branch, *branch)
                found.append(FinalLoop(func, stage, dim.name, dim.kind, inside))
    return tuple(found)


def marks_again(entry: Entry, after: FuncSchedule, later: Entry, before: FuncSchedule) -> bool:
    """Whether `later` says anew what one of the loops is that `entry` is about.

    Parameters
    ----------
    after, before
        The schedule of their Func right after `entry`, and right before `later`.
    """
    about_ends = isinstance(entry.directive, PARTITIONS)
    same = (later.stage, later.branch) == (entry.stage, entry.branch)
    if not (same and isinstance(later.directive, PARTITIONS if about_ends else Serial)):
        return False
    now = _loops_of(later, before)
    mine = _become(entry, _loops_of(entry, after), now)
    return not mine.isdisjoint(_named(later.directive, now))


def _loops_of(entry: Entry, state: FuncSchedule) -> StageSchedule:
    return state.stages[entry.stage].at(entry.branch)


def _become(entry: Entry, was: StageSchedule, now: StageSchedule) -> set[str]:
    """Return what the loops that `entry` names, when they are `was`, have become in `now`."""
    since = len(was.splits) - 1
    return {n for name in _named(entry.directive, was) for n in parts_of(now, since, name)}


def _named(directive: Directive, stage: StageSchedule) -> Iterator[str]:
    if isinstance(directive, (Vectorize, Unroll, Parallel, Serial)):
        yield directive.var
    elif isinstance(directive, PARTITIONS):
        _, vars = policy_of(directive)
        yield from (d.name for d in stage.dims) if vars is None else vars


def _is_marked(dim: Dim, directive: Directive) -> bool:
    if isinstance(directive, PARTITIONS):
        return dim.partition is policy_of(directive)[0]
    return dim.kind is _KINDS.get(type(directive))


def _owner(
    entry: Entry, loops: StageSchedule, dim: Dim, states: Mapping[str, FuncSchedule]
) -> Stage:
    stage = entry.func, entry.stage
    if loops.fused is None:
        return stage
    return loop_owners(states, stage)[loops.dims.index(dim)]
