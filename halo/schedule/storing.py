"""Apply what says how the cells of a Func lie in memory."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.ir.memory import MemoryDim
from halo.ir.stmt import MemoryType
from halo.schedule.bounding import need_arg, need_positive, need_size
from halo.schedule.directives import (
    AlignStorage,
    BoundStorage,
    FoldStorage,
    Precompute,
    ReorderStorage,
    SplitStorage,
    StoreIn,
    StreamStores,
)
from halo.schedule.memory import Fold, Limit
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule


def apply_reorder_storage(
    state: FuncSchedule, function: Function, entry: Entry, reorder: ReorderStorage
) -> FuncSchedule:
    """Return `state` with the named dimensions in that order in memory, innermost first."""
    named = [_need_memory_dim(state, function, entry, name) for name in reorder.vars]
    twice = next((n for n in reorder.vars if reorder.vars.count(n) > 1), None)
    if twice is not None:
        refuse(entry, function, f"{twice} is named twice", "name each dimension once")
    order = iter(named)
    return _with_layout(state, [next(order) if d in named else d for d in state.storage.layout])


def apply_align_storage(
    state: FuncSchedule, function: Function, entry: Entry, align: AlignStorage
) -> FuncSchedule:
    """Return `state` with the places along one dimension of memory rounded up to a multiple."""
    dim = _need_memory_dim(state, function, entry, align.dim)
    need_positive(function, entry, "an alignment", align.alignment)
    done = replace(dim, align=align.alignment)
    return _with_layout(state, [done if d is dim else d for d in state.storage.layout])


def apply_split_storage(
    state: FuncSchedule, function: Function, entry: Entry, split: SplitStorage
) -> FuncSchedule:
    """Return `state` with one dimension of memory in two, the inner one directly inside."""
    old = _need_memory_dim(state, function, entry, split.dim)
    need_positive(function, entry, "a factor", split.factor)
    if old.align != 1:
        wanted = f"split_storage first, then align_storage({split.inner}, {old.align})"
        refuse(entry, function, f"{old.name} is aligned already", wanted)
    if old.modulus % split.factor:
        refuse(
            entry,
            function,
            f"{split.factor} does not divide the {old.modulus} places of {old.name}",
            f"a factor that divides {old.modulus}",
        )
    if split.outer == split.inner:
        refuse(entry, function, f"outer and inner are both {split.outer}", "name them differently")
    used = {d.name for d in state.storage.layout if d is not old} | set(function.args)
    for name in (split.outer, split.inner):
        if name in used and name != old.name:
            refuse(
                entry,
                function,
                f"{function.name} uses the name {name} already",
                "take a Var of another name",
            )
    inner = MemoryDim(split.inner, old.dimension, old.divisor, split.factor)
    outer = MemoryDim(
        split.outer, old.dimension, old.divisor * split.factor, old.modulus // split.factor
    )
    layout = [d for o in state.storage.layout for d in ((inner, outer) if o is old else (o,))]
    return _with_layout(state, layout)


def apply_bound_storage(
    state: FuncSchedule, function: Function, entry: Entry, bound: BoundStorage
) -> FuncSchedule:
    """Return `state` with the number of cells kept along one dimension."""
    need_arg(function, entry, bound.dim)
    need_size(function, entry, "the bound", bound.extent)
    if isinstance(bound.extent, int) and bound.extent <= 0:
        refuse(entry, function, f"the bound must be positive, not {bound.extent}")
    limits = {**state.storage.limits, bound.dim: Limit(bound.extent, entry)}
    return replace(state, storage=replace(state.storage, limits=limits))


def apply_fold_storage(
    state: FuncSchedule, function: Function, entry: Entry, fold: FoldStorage
) -> FuncSchedule:
    """Return `state` with a circular buffer along one dimension.

    Whether it holds what is needed at once is known when loops and regions are.
    """
    need_arg(function, entry, fold.dim)
    need_positive(function, entry, "a factor", fold.factor)
    folds = {**state.storage.folds, fold.dim: Fold(fold.factor, entry)}
    return replace(state, storage=replace(state.storage, folds=folds))


def apply_precompute(
    state: FuncSchedule, function: Function, entry: Entry, precompute: Precompute
) -> FuncSchedule:
    """Return `state` with its cells an array in the code.

    Whether they depend on constants alone is known when the whole pipeline is.
    """
    return replace(state, storage=replace(state.storage, precompute=entry))


def apply_stream_stores(
    state: FuncSchedule, function: Function, entry: Entry, stream: StreamStores
) -> FuncSchedule:
    """Return `state` with its stores around the caches."""
    return replace(state, storage=replace(state.storage, streamed=True))


def apply_store_in(
    state: FuncSchedule, function: Function, entry: Entry, store: StoreIn
) -> FuncSchedule:
    """Return `state` with another kind of memory.

    Whether the storage can live there is known when its size is.
    """
    if not isinstance(store.memory, MemoryType):
        known = ", ".join(map(repr, MemoryType))
        refuse(entry, function, f"{store.memory!r} is no kind of memory", f"there are: {known}")
    return replace(state, storage=replace(state.storage, memory=store.memory))


def _with_layout(state: FuncSchedule, layout: list[MemoryDim]) -> FuncSchedule:
    return replace(state, storage=replace(state.storage, layout=tuple(layout)))


def _need_memory_dim(state: FuncSchedule, function: Function, entry: Entry, name: str) -> MemoryDim:
    """Return the dimension of memory called `name`, or refuse `entry` with those there are."""
    layout = state.storage.layout
    found = next((d for d in layout if d.name == name), None)
    if found is not None:
        return found
    have = ", ".join(d.name for d in layout) or "none"
    split = name in function.args
    what = f"{name} was split in memory" if split else f"{entry.func} has no dimension {name}"
    refuse(entry, function, what, f"its dimensions in memory, innermost first: {have}")
