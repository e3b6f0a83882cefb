"""`apply`: one directive to the schedule of one Func."""

from __future__ import annotations

from collections.abc import Callable

from halo.ir.function import Function
from halo.schedule.asynchrony import apply_async
from halo.schedule.bounding import apply_align, apply_bound
from halo.schedule.companions import apply_compute_with
from halo.schedule.directives import (
    AddTraceTag,
    AlignBounds,
    AlignExtent,
    AlignStorage,
    AllowRaceConditions,
    AlwaysPartition,
    AlwaysPartitionAll,
    Async,
    Atomic,
    Bound,
    BoundExtent,
    BoundStorage,
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    ComputeWith,
    Directive,
    EagerInline,
    FoldStorage,
    Fuse,
    HoistStorage,
    HoistStorageRoot,
    Memoize,
    NeverPartition,
    NeverPartitionAll,
    Parallel,
    Precompute,
    Prefetch,
    Rename,
    Reorder,
    ReorderStorage,
    RingBuffer,
    Serial,
    SetPartition,
    Specialize,
    SpecializeFail,
    Split,
    SplitStorage,
    StoreAt,
    StoreIn,
    StoreRoot,
    StreamStores,
    TraceLoads,
    TracePipeline,
    TraceRealizations,
    TraceStores,
    Unroll,
    Unscheduled,
    Vectorize,
)
from halo.schedule.extern_stages import check_extern
from halo.schedule.hoisting import apply_hoist_storage, apply_ring_buffer
from halo.schedule.loops import apply_allow_races, apply_kind, apply_reorder, apply_unscheduled
from halo.schedule.memoizing import apply_memoize
from halo.schedule.observing import apply_trace
from halo.schedule.partition import apply_partition
from halo.schedule.placement import apply_level
from halo.schedule.prefetching import apply_prefetch
from halo.schedule.reducing import apply_atomic
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.specialization import (
    apply_in_branch,
    apply_specialize,
    apply_specialize_fail,
)
from halo.schedule.splitting import apply_fuse, apply_rename, apply_split
from halo.schedule.state import FuncSchedule, complete
from halo.schedule.storing import (
    apply_align_storage,
    apply_bound_storage,
    apply_fold_storage,
    apply_precompute,
    apply_reorder_storage,
    apply_split_storage,
    apply_store_in,
    apply_stream_stores,
)


def apply(state: FuncSchedule, function: Function, entry: Entry) -> FuncSchedule:
    """Return `state` with the directive of `entry` carried out.

    Ensures
    -------
    The loops of `entry`'s stage still visit every point of its domain, in an order that gives
    the same result; where rounding may differ `halo.schedule.resolve` says so in the receipt.

    Raises
    ------
    ScheduleError
        The directive has no meaning here or would change the result; the message says what
        would be legal.
    """
    if not function.is_defined:
        refuse(entry, function, f"{function.name} is not defined yet", "define it before")
    if not 0 <= entry.stage < len(function.definitions):
        count = len(function.definitions) - 1
        have = f"{count} update definitions" if count else "no update definitions"
        what = f"{function.name} has no update({entry.stage - 1})"
        refuse(entry, function, what, f"{function.name} has {have}")
    state = complete(state, function)
    check_extern(function, entry)
    if entry.branch:
        return apply_in_branch(state, function, entry, apply)
    made: FuncSchedule = _RULES[type(entry.directive)](state, function, entry, entry.directive)
    return made


_TRACES = (AddTraceTag, TraceLoads, TracePipeline, TraceRealizations, TraceStores)

_RULES: dict[type[Directive], Callable[..., FuncSchedule]] = {
    Split: apply_split,
    Fuse: apply_fuse,
    Rename: apply_rename,
    Reorder: apply_reorder,
    Vectorize: apply_kind,
    Unroll: apply_kind,
    Parallel: apply_kind,
    Serial: apply_kind,
    Atomic: apply_atomic,
    SetPartition: apply_partition,
    NeverPartition: apply_partition,
    AlwaysPartition: apply_partition,
    NeverPartitionAll: apply_partition,
    AlwaysPartitionAll: apply_partition,
    AllowRaceConditions: apply_allow_races,
    **dict.fromkeys(_TRACES, apply_trace),
    Bound: apply_bound,
    BoundExtent: apply_bound,
    AlignBounds: apply_align,
    AlignExtent: apply_align,
    BoundStorage: apply_bound_storage,
    Memoize: apply_memoize,
    Async: apply_async,
    FoldStorage: apply_fold_storage,
    ReorderStorage: apply_reorder_storage,
    AlignStorage: apply_align_storage,
    SplitStorage: apply_split_storage,
    StoreIn: apply_store_in,
    StreamStores: apply_stream_stores,
    Precompute: apply_precompute,
    Prefetch: apply_prefetch,
    HoistStorage: apply_hoist_storage,
    HoistStorageRoot: apply_hoist_storage,
    RingBuffer: apply_ring_buffer,
    ComputeInline: apply_level,
    EagerInline: apply_level,
    Unscheduled: apply_unscheduled,
    ComputeRoot: apply_level,
    ComputeAt: apply_level,
    StoreRoot: apply_level,
    ComputeWith: apply_compute_with,
    StoreAt: apply_level,
    Specialize: apply_specialize,
    SpecializeFail: apply_specialize_fail,
}
"""Directive -> ``rule(state, function, entry, directive)``."""
