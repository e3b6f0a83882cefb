"""`resolve`: from directives to one definite schedule for every Func of a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from halo.ir.expr import Expr
from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.apply import apply
from halo.schedule.asynchrony import check_async
from halo.schedule.binding import bind
from halo.schedule.branches import check_branches
from halo.schedule.directives import (
    ComputeAt,
    Directive,
    StoreAt,
    StoreRoot,
    TraceLoads,
    handle_source,
)
from halo.schedule.extern_stages import place_extern_stages
from halo.schedule.formula import Formula
from halo.schedule.fusing import check_fused, check_partners, fused_order
from halo.schedule.hoisting import place_memory
from halo.schedule.legality import Sites, call_graph
from halo.schedule.loop_level import ROOT, LoopLevel
from halo.schedule.memoizing import Memo, find_memos
from halo.schedule.prefetching import check_prefetches
from halo.schedule.receipts import Receipts
from halo.schedule.refuse import refusal, refuse
from halo.schedule.report import Effect, report
from halo.schedule.rewrites import Working, is_rewrite, rewrite
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.state import FuncSchedule, initial


@dataclass(frozen=True, slots=True)
class ResolvedSchedule:
    """What lowering reads.

    Attributes
    ----------
    order
        The Funcs to compute or inline, producers before consumers; the outputs are among them.
    functions
        The schedule of each. Compute and store levels are definite: an AT level names the stage,
        the store level encloses the compute level, and both enclose every use.
    receipts
        What became of each directive; lowering adds to it.
    definitions
        The Functions themselves: those given, as directives like ``in_`` rewrote them, and those
        that such directives made.
    traced_images
        Names of the images whose loads are reported.
    memos
        The Funcs whose cells are kept from one call to the next.
    """

    order: tuple[str, ...]
    functions: dict[str, FuncSchedule]
    receipts: Receipts
    definitions: dict[str, Function]
    traced_images: frozenset[str] = frozenset()
    memos: dict[str, Memo] = field(default_factory=dict)

    def formulas(self) -> Iterator[Expr]:
        """Yield the expressions in the schedules of the Funcs."""
        for name, state in self.functions.items():
            for stage in state.stages:
                yield from stage.conditions()
            for _, size, _ in state.sizes(name):
                if isinstance(size, Formula):
                    yield size.expr
        for memo in self.memos.values():
            yield from memo.values


def resolve(
    functions: Mapping[str, Function], outputs: Sequence[str], schedule: Schedule
) -> ResolvedSchedule:
    """Carry out `schedule` on a pipeline and check that the result is legal.

    Funcs without a compute level: outputs are computed at root; others are inlined, where a Func
    with updates, which cannot be substituted, keeps the level INLINED and is to be computed in
    the innermost loop of each definition that uses it.

    Parameters
    ----------
    functions
        Every Func that the outputs need, by name; more do not matter.
    outputs
        Names of the Funcs whose cells are wanted.

    Raises
    ------
    ScheduleError
        A directive that is illegal or names what is not there.
    """
    schedule = bind(schedule, functions.values())
    working = Working(dict(functions), {n: initial(f) for n, f in functions.items()}, outputs)
    effects: dict[int, Effect] = {}
    for entry in schedule.entries:
        _carry_out(working, entry, effects)
    graph = call_graph(working.functions, outputs)
    states = {name: working.states[name] for name in graph.order}
    check_partners(schedule, working.functions, states)
    place_extern_stages(states, working.functions, schedule)
    order = fused_order(graph, schedule, working.functions, states)
    _place(states, working.functions, outputs, schedule, Sites(graph, states), order)
    check_async(states, working.functions, outputs, Sites(graph, states))
    check_fused(schedule, working.functions, states)
    check_prefetches(states, working.functions)
    receipts = report(schedule, outputs, working.functions, states, effects, working.traced_images)
    definitions = {name: working.functions[name] for name in order}
    images = frozenset(working.traced_images)
    memos = find_memos(states, definitions, tuple(outputs), schedule)
    return ResolvedSchedule(order, states, receipts, definitions, images, memos)


def _carry_out(working: Working, entry: Entry, effects: dict[int, Effect]) -> None:
    if isinstance(entry.directive, TraceLoads) and working.is_image(entry.func):
        working.traced_images.add(entry.func)
        return
    function = working.functions.get(entry.func)
    if is_rewrite(entry.directive):
        old = working.states.get(entry.func)
        rewrite(working, entry)
        if function is not None and old is not None:
            effects[id(entry)] = Effect(function, old, working.states[entry.func])
        return
    if function is None:
        known = ", ".join(working.functions)
        refuse(entry, None, f"there is no Func {entry.func} here", f"the Funcs are: {known}")
    before = working.states[entry.func]
    after = working.states[entry.func] = apply(before, function, entry)
    effects[id(entry)] = Effect(function, before, after)


def _place(
    states: dict[str, FuncSchedule],
    functions: Mapping[str, Function],
    outputs: Sequence[str],
    schedule: Schedule,
    sites: Sites,
    order: Sequence[str],
) -> None:
    """Make the levels in `states`, those of `sites`, definite: consumers and loops first."""
    given = schedule.by_function()
    for name in reversed(order):
        entries = given.get(name, [])
        if name in outputs:
            states[name] = _place_output(states[name], functions[name], entries)
            continue
        state = states[name]
        compute = state.compute_level
        if compute.is_at:
            entry = _last(entries, ComputeAt)
            compute = _definite(compute, sites, functions, entry)
        if compute.is_inlined and not state.store_level.is_inlined:
            _refuse_store_only(entries, functions[name])
        store = _definite_store(state.store_level, compute, sites, functions, name, entries)
        if compute.is_at:
            entry = _last(entries, ComputeAt)
            check_branches(store, compute, sites, functions[name], entry)
        placed = replace(state, compute_level=compute, store_level=store)
        states[name] = place_memory(placed, functions[name], sites)
        hoist = states[name].storage.hoist
        if compute.is_at and hoist is not None and hoist.level is not None:
            check_branches(hoist.level, compute, sites, functions[name], hoist.entry)


def _place_output(
    state: FuncSchedule, function: Function, entries: Sequence[Entry]
) -> FuncSchedule:
    for entry in entries:
        if entry.directive.method in ("compute_at", "store_at"):
            legal = f"legal: {function.name}.compute_root()"
            refuse(entry, function, f"{function.name} is an output, computed outside loops", legal)
        asked = entry.directive.method in ("compute_inline", "eager_inline")
        if asked and state.compute_level.is_inlined:
            refuse(entry, function, f"{function.name} is an output and has to be stored")
    return replace(state, compute_level=ROOT, store_level=ROOT)


def _last(entries: Sequence[Entry], *kinds: type[Directive]) -> Entry:
    return [e for e in entries if isinstance(e.directive, kinds)][-1]


def _definite(
    level: LoopLevel, sites: Sites, functions: Mapping[str, Function], entry: Entry
) -> LoopLevel:
    """Return `level` with its stage, having checked that the loop encloses every use."""
    for loop in sites.common_loops(entry.func):
        if sites.named(level, loop):
            return replace(level, func=loop.func, stage=loop.stage)
    calls = [f"{entry.func}.{x.directive('compute')}" for x in sites.legal_levels(entry.func)]
    legal = ", ".join([f"{entry.func}.compute_root()", *calls])
    used_by = ", ".join(_line_of(functions[u.consumer], u.stage) for u in sites.uses(entry.func))
    reason = _why_not(level, sites, functions, entry)
    raise refusal(entry, reason, f"legal: {legal}   used by: {used_by}")


def _line_of(function: Function, stage: int) -> str:
    where = function.definitions[stage].where
    name = handle_source(function.name, stage)
    return f"{name} at {where}" if where else name


def _why_not(
    level: LoopLevel, sites: Sites, functions: Mapping[str, Function], entry: Entry
) -> str:
    func, var = str(level.func), str(level.var)
    if func not in sites.schedules:
        return f"{func} is not among the Funcs computed here"
    state = sites.schedules[func]
    if state.compute_level.is_inlined and sites.graph.uses[func]:
        return f"{func} is inlined and has no loops of its own"
    stages = range(len(state.stages)) if level.stage is None else (level.stage,)
    if level.stage is not None and level.stage >= len(state.stages):
        return f"{func} has no update({level.stage - 1})"
    loops = {s: [x.dim.name for x in sites.loops(func, s)] for s in stages}
    if not any(var in names for names in loops.values()):
        text = "; ".join(
            f"{handle_source(func, s)}: {', '.join(reversed(names)) or 'none'}"
            for s, names in loops.items()
        )
        return f"{func} has no loop {var} (loops, innermost first: {text})"
    if any(x.func == entry.func for s in stages for x in sites.loops(func, s)):
        return f"{entry.func} shares the loops of {func}, by compute_with"
    if any(u.consumer == func and u.stage in stages for u in sites.uses(entry.func)):
        handle = handle_source(func, level.stage or 0)
        return f"{entry.func} is also used outside {var} of {handle}"
    return f"{func} does not use {entry.func} inside {var}"


def _definite_store(
    store: LoopLevel,
    compute: LoopLevel,
    sites: Sites,
    functions: Mapping[str, Function],
    name: str,
    entries: Sequence[Entry],
) -> LoopLevel:
    """Return the store level, having checked that it encloses the compute level."""
    if store.is_inlined:
        return compute
    entry = _last(entries, StoreAt, StoreRoot)
    inside = sites.around(compute)
    if store.is_at:
        at = next((i for i, loop in enumerate(inside) if sites.named(store, loop)), None)
        if at is None:
            levels = [ROOT, *(LoopLevel.at(x.func, x.dim.name, x.stage) for x in inside)]
            legal = ", ".join(f"{name}.{x.directive('store')}" for x in levels)
            reason = f"that loop is not around {name}.{compute.directive('compute')}"
            refuse(entry, functions[name], reason, f"legal: {legal}")
        store = replace(store, func=inside[at].func, stage=inside[at].stage)
        inside = inside[at + 1 :]
    for loop in inside:
        if loop.dim.kind in (ForKind.PARALLEL, ForKind.VECTORIZED):
            at_loop = LoopLevel.at(loop.func, loop.dim.name, loop.stage)
            refuse(
                entry,
                functions[name],
                f"iterations of the {loop.dim.kind.value} loop over {loop.dim.name} of "
                f"{loop.func} would write the same storage",
                f"legal: {name}.{at_loop.directive('store')}",
            )
    return store


def _refuse_store_only(entries: Sequence[Entry], function: Function) -> None:
    entry = _last(entries, StoreAt, StoreRoot)
    legal = f"add {function.name}.compute_root() or {function.name}.compute_at(...)"
    refuse(entry, function, f"{function.name} is inlined, so nothing is stored", legal)
