"""Where memory is taken: at the storage's loop, or further out by ``hoist_storage``."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.bounding import need_positive
from halo.schedule.directives import Directive, HoistStorage, RingBuffer
from halo.schedule.legality import Sites
from halo.schedule.loop_level import ROOT, LoopLevel
from halo.schedule.memory import Hoist
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule


def apply_hoist_storage(
    state: FuncSchedule, function: Function, entry: Entry, directive: Directive
) -> FuncSchedule:
    """Return `state` with another level for its memory.

    That the level exists and encloses the storage is checked when the whole pipeline is known.
    """
    level = ROOT
    if isinstance(directive, HoistStorage):
        if directive.func == function.name:
            legal = f"name a Func that uses {function.name}, or {function.name}.compute_root()"
            refuse(entry, function, "a Func cannot be stored inside itself", legal)
        level = LoopLevel.at(directive.func, directive.var, directive.stage)
    old = state.storage.hoist
    slots = old.slots if old else 1
    return _with(state, Hoist(level, entry, slots, old.ring if old else None))


def apply_ring_buffer(
    state: FuncSchedule, function: Function, entry: Entry, ring: RingBuffer
) -> FuncSchedule:
    """Return `state` with its memory several times over."""
    need_positive(function, entry, "the number of buffers", ring.extent)
    if ring.extent > _MOST_SLOTS:
        refuse(entry, function, f"{ring.extent} buffers are more than the {_MOST_SLOTS} there are")
    old = state.storage.hoist
    level, first = (old.level, old.entry) if old else (None, entry)
    return _with(state, Hoist(level, first, ring.extent, entry))


_MOST_SLOTS = 1 << 15
"""Numbers of slots are multiplied in 32 bits."""


def _with(state: FuncSchedule, hoist: Hoist) -> FuncSchedule:
    return replace(state, storage=replace(state.storage, hoist=hoist))


def place_memory(state: FuncSchedule, function: Function, sites: Sites) -> FuncSchedule:
    """Return `state`, whose store level is definite, with a definite level for its memory.

    None where it is the store level itself.

    Raises
    ------
    ScheduleError
        The loop is not around the storage; threads would share the memory; a ring buffer whose
        memory is taken anew for each use.
    """
    hoist = state.storage.hoist
    if hoist is None:
        return state
    store = state.store_level if not state.store_level.is_inlined else state.compute_level
    level = None if hoist.level is None else _definite(hoist, store, function, sites)
    if level in (None, store) or store.is_inlined:
        if hoist.ring is not None and not store.is_inlined:
            refuse(
                hoist.ring,
                function,
                "its memory is taken anew for each use, and one buffer is enough",
                f"add {function.name}.hoist_storage(f, x) or {function.name}.hoist_storage_root(), "
                "of a loop outside its storage",
            )
        return replace(state, storage=replace(state.storage, hoist=None))
    return _with(state, replace(hoist, level=level))


def _definite(hoist: Hoist, store: LoopLevel, function: Function, sites: Sites) -> LoopLevel:
    level, name = hoist.level, function.name
    assert level is not None
    inside = sites.around(store)
    if level.is_at:
        at = next((i for i, loop in enumerate(inside) if sites.named(level, loop)), None)
        if at is None:
            levels = [LoopLevel.at(x.func, x.dim.name, x.stage) for x in inside]
            calls = [f"{name}.{x.directive('hoist')}" for x in levels]
            legal = ", ".join([f"{name}.hoist_storage_root()", *calls])
            reason = f"that loop is not around {name}.{store.directive('store')}"
            refuse(hoist.entry, function, reason, f"legal: {legal}")
        level = replace(level, func=inside[at].func, stage=inside[at].stage)
        inside = inside[at + 1 :]
    for loop in inside:
        if loop.dim.kind in (ForKind.PARALLEL, ForKind.VECTORIZED):
            inner = LoopLevel.at(loop.func, loop.dim.name, loop.stage)
            refuse(
                hoist.entry,
                function,
                f"iterations of the {loop.dim.kind.value} loop over {loop.dim.name} of "
                f"{loop.func} would share the memory",
                f"legal: {name}.{inner.directive('hoist')}, which every thread has its own "
                "memory for",
            )
    return level
