"""Whether definitions may be computed with others, and in what order Funcs come then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from halo.ir.expr import Call, CallKind, Variable
from halo.ir.function import Definition, Function
from halo.ir.interval import Interval
from halo.ir.stmt import ForKind
from halo.ir.substitute import find
from halo.ir.types import Int
from halo.polyhedral import Axis, Clash, Touch, Unproven, Work, fusion_clash
from halo.schedule.directives import ComputeWith, handle_source
from halo.schedule.fusion import Stage, clusters, fused_funcs, in_order, loop_owners
from halo.schedule.legality import CallGraph
from halo.schedule.loop_level import LoopLevel
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.shared_sites import need_every_iteration
from halo.schedule.state import Dim, FuncSchedule

Before = Callable[[Stage, Stage], bool]
Functions = Mapping[str, Function]
States = Mapping[str, FuncSchedule]


def check_partners(schedule: Schedule, functions: Functions, states: States) -> None:
    """Refuse a ``compute_with`` whose partner is not there, or has other loops down to its var.

    Ensures: `loop_owners` is defined for every definition.
    """
    for entry, fused in _fused(schedule, states):
        function = functions[entry.func]
        _need_partner(entry, fused, function, states)
    for entry, _ in _fused(schedule, states):
        _need_no_circle(entry, functions[entry.func], states)
    for entry, fused in _fused(schedule, states):
        _need_same_loops(entry, fused, functions[entry.func], states)


def fused_order(
    graph: CallGraph, schedule: Schedule, functions: Functions, states: States
) -> tuple[str, ...]:
    """Return the Funcs, producers first, those that run together side by side.

    Raises
    ------
    ScheduleError
        Two that shall run together cannot: what is between them needs one and gives the other.
    """
    fused = _fused(schedule, states)
    if not fused:
        return graph.order
    uses = {name: {u.consumer for u in graph.uses[name]} for name in graph.order}
    groups = fused_funcs(states, graph.order)
    ordered = in_order(groups, lambda a, b: b in uses[a])
    entry = fused[-1][0]
    if ordered is None:
        reason = "a third Func needs one of the two and is needed by the other"
        refuse(entry, functions[entry.func], reason, "compute them apart")
    return tuple(name for group in ordered for name in group)


def check_fused(schedule: Schedule, functions: Functions, states: States) -> None:
    """Refuse shared loops that would break something.

    Requires: compute levels are definite.

    Raises
    ------
    ScheduleError
        Two that shall run together are computed at different places, or one needs the other in a
        way that the shared loops break.
    """
    fused = _fused(schedule, states)
    for entry, with_ in fused:
        _need_same_place(entry, with_, functions[entry.func], states)
    for group in fused_funcs(states, list(states)):
        if len(group) > 1 or any(s.fused for s in states[group[0]].stages):
            _check_group(group, fused, functions, states)


def _fused(schedule: Schedule, states: States) -> list[tuple[Entry, ComputeWith]]:
    """Return the directives that hold in the end, in the order of the schedule."""
    found: list[tuple[Entry, ComputeWith]] = []
    for e in schedule.entries:
        d = e.directive
        if e.func in states and states[e.func].stages[e.stage].fused is d:
            assert isinstance(d, ComputeWith)
            found.append((e, d))
    return found


def _partner(fused: ComputeWith) -> Stage:
    return fused.func, fused.stage or 0


def _need_partner(entry: Entry, fused: ComputeWith, function: Function, states: States) -> None:
    name, index = _partner(fused)
    if name not in states:
        legal = f"the Funcs are: {', '.join(states)}"
        refuse(entry, function, f"{name} is not among the Funcs computed here", legal)
    if index >= len(states[name].stages):
        refuse(entry, function, f"{name} has no update({index - 1})")
    for stage in ((entry.func, entry.stage), (name, index)):
        if states[stage[0]].stages[stage[1]].special:
            reason = f"{handle_source(*stage)} has specialisations, whose loops may be others"
            refuse(entry, function, reason, "specialize or compute_with, not both")


def _need_no_circle(entry: Entry, function: Function, states: States) -> None:
    seen: list[Stage] = [(entry.func, entry.stage)]
    while (fused := states[seen[-1][0]].stages[seen[-1][1]].fused) is not None:
        if _partner(fused) in seen:
            around = " with ".join(handle_source(*s) for s in (*seen, _partner(fused)))
            refuse(entry, function, f"it goes round in a circle: {around}", "leave one of them out")
        seen.append(_partner(fused))


def _need_same_loops(entry: Entry, fused: ComputeWith, function: Function, states: States) -> None:
    own = states[entry.func].stages[entry.stage].dims
    other = states[fused.func].stages[fused.stage or 0].dims
    names = [d.name for d in own]
    if fused.var not in names:
        loops = ", ".join(reversed(names)) or "none"
        reason = f"{handle_source(entry.func, entry.stage)} has no loop {fused.var}"
        refuse(entry, function, reason, f"its loops, innermost first: {loops}")
    count = names.index(fused.var) + 1
    for mine, theirs in zip(own[:count], (*other, *[None] * count), strict=False):
        if theirs is None or theirs.name != mine.name or theirs.kind is not mine.kind:
            refuse(
                entry,
                function,
                f"the loops from the outermost to {fused.var} differ: "
                f"{_loops(own[:count])} here, {_loops(other[:count])} there",
                "give both the same names, order and kinds of loops down to it",
            )
        if mine.kind is ForKind.VECTORIZED:
            refuse(
                entry,
                function,
                f"the loop over {mine.name} is vectorized and cannot be shared",
                "share the loops outside it, and vectorize inner ones",
            )


def _loops(dims: Sequence[Dim]) -> str:
    kinds = ("" if d.kind is ForKind.SERIAL else f"{d.kind.value} " for d in dims)
    return ", ".join(k + d.name for k, d in zip(kinds, dims, strict=True)) or "none"


def _need_same_place(entry: Entry, fused: ComputeWith, function: Function, states: States) -> None:
    own, other = states[entry.func].compute_level, states[fused.func].compute_level
    for name, level in ((entry.func, own), (fused.func, other)):
        if level.is_inlined:
            refuse(entry, function, f"{name} is inlined", f"compute it: {name}.compute_root()")
    if own != other:
        refuse(
            entry,
            function,
            f"the two are not computed at the same place: {entry.func}.{own.directive('compute')}, "
            f"{fused.func}.{other.directive('compute')}",
            f"legal: {entry.func}.{other.directive('compute')}",
        )


def _check_group(
    group: Sequence[str],
    fused: Sequence[tuple[Entry, ComputeWith]],
    functions: Functions,
    states: States,
) -> None:
    """Refuse to share loops where the order of definitions, or a dependence, is not kept."""
    entries = [(e, d) for e, d in fused if e.func in group]
    stages = [(n, i) for n in group for i in range(len(functions[n].definitions))]
    before = must_precede({n: functions[n] for n in group})
    owners = {stage: loop_owners(states, stage) for stage in stages}
    works = {stage: _work(functions, stage) for stage in stages}
    for depth in range(max(len(states[n].stages[i].dims) for n, i in stages) + 1):
        for level in _levels(stages, states, depth):
            if clusters(level, states, depth, before) is None:
                entry = entries[-1][0]
                reason = "the definitions that would share loops come in crossed order"
                refuse(entry, functions[entry.func], reason, "pair them in the order of updates")
    for entry, _ in entries:
        mine = (entry.func, entry.stage)
        for other in stages:
            both = zip(owners[mine], owners[other], strict=False)
            shared = sum(a == b for a, b in both) if other != mine else 0
            if shared:
                dims = states[mine[0]].stages[mine[1]].dims
                loops = [
                    LoopLevel.at(f, dim.name, i)
                    for (f, i), dim in zip(owners[mine][:shared], dims, strict=False)
                ]
                need_every_iteration(entry, (mine, other), loops, functions, states)
                first, second = (mine, other) if before(mine, other) else (other, mine)
                pair = _Pair.of(first, second, states, shared)
                _need_no_clash(entry, functions[entry.func], pair, works)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two definitions that share their outermost loops `dims`; `first` has to run first.

    Attributes
    ----------
    shifted
        Loops of which both run iterations with different values at once.
    made
        Names of loops, of either, that are not variables of the definition: a split made them.
    """

    first: Stage
    second: Stage
    dims: tuple[Dim, ...]
    shifted: tuple[str, ...]
    made: frozenset[str]

    @staticmethod
    def of(first: Stage, second: Stage, states: States, shared: int) -> _Pair:
        """Return the pair, which shares as many loops as `shared`."""
        both = [states[name].stages[i] for name, i in (first, second)]
        dims = both[0].dims[:shared]
        fused = [s.fused for s in both if s.fused is not None]
        shifted = tuple(d.name for d in dims for f in fused if f.align(d.name).shifts)
        made = frozenset(name for s in both for step in s.splits for name in step.made)
        return _Pair(first, second, dims, shifted, made)


def must_precede(functions: Functions) -> Before:
    """Return whether a definition has to run before another: same Func, or read by it."""
    reads = {(n, i): _read(d) for n, f in functions.items() for i, d in enumerate(f.definitions)}

    def before(a: Stage, b: Stage) -> bool:
        return a[1] < b[1] if a[0] == b[0] else a[0] in reads[b]

    return before


def _read(d: Definition) -> set[str]:
    return {c.name for c in _calls(d)}


def _calls(d: Definition) -> list[Call]:
    calls = find(d.expressions(), Call)
    return [c for c in calls if c.kind in (CallKind.FUNC, CallKind.IMAGE)]


def _levels(stages: Sequence[Stage], states: States, depth: int) -> list[list[Stage]]:
    """Return `stages` in groups that share all loops outside `depth`."""
    groups: dict[tuple[Stage, ...], list[Stage]] = {}
    for stage in stages:
        owners = loop_owners(states, stage)
        if len(owners) >= depth:
            groups.setdefault(tuple(owners[:depth]), []).append(stage)
    return list(groups.values())


def _need_no_clash(
    entry: Entry, function: Function, pair: _Pair, works: Mapping[Stage, Work]
) -> None:
    """Refuse where the first of `pair` must not share its loops with the second."""
    first, second = pair.first, pair.second
    a, b = works[first], works[second]
    if not (_touches(a, second[0]) or _touches(b, first[0])):
        return
    names = [d.name for d in pair.dims]
    apart = f"compute {handle_source(*second)} after {handle_source(*first)}, in loops of its own"
    if not set(names) <= (a.loops.keys() & b.loops.keys()) - pair.made:
        reason = (
            f"{handle_source(*second)} uses cells of {handle_source(*first)}, and that the shared "
            f"loops over {', '.join(names)} keep their order is proven for unsplit loops only"
        )
        refuse(entry, function, reason, apart)
    if pair.shifted:
        reason = (
            f"{handle_source(*second)} uses cells of {handle_source(*first)}, and how far "
            f"iterations over {pair.shifted[0]} are shifted is known only when it runs"
        )
        refuse(entry, function, reason, f"align {pair.shifted[0]} by LoopAlignStrategy.NoAlign")
    variables = [Variable(Int(32), d.name) for d in pair.dims]
    kinds = [d.kind is ForKind.PARALLEL for d in pair.dims]
    axes = [Axis(v.name, v, v, at_once) for v, at_once in zip(variables, kinds, strict=True)]
    found = fusion_clash(a, b, axes)
    if isinstance(found, Clash):
        refuse(entry, function, f"not every dependence is kept: {found}", apart)
    if isinstance(found, Unproven):
        what = f": {found.culprit} is not affine" if found.culprit is not None else ""
        refuse(entry, function, f"that every dependence is kept is not proven{what}", apart)


def _touches(work: Work, array: str) -> bool:
    return any(t.array == array for t in (*work.writes, *work.reads))


def _work(functions: Functions, stage: Stage) -> Work:
    function = functions[stage[0]]
    d = function.definitions[stage[1]]
    loops = {
        arg.name: Interval(None, None)
        for arg, name in zip(d.args, function.args, strict=True)
        if isinstance(arg, Variable) and arg.name == name
    }
    loops |= {r.name: Interval(r.min, r.min + r.extent - 1) for r in d.rvars}
    reads = tuple(Touch(c.name, c.args) for c in _calls(d))
    return Work(loops, (Touch(function.name, d.args),), reads, d.predicate)
