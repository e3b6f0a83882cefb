"""Scheduling directives: frozen data, one class each, that say what a loop nest becomes."""

from halo.schedule.directives.base import Directive, Site, handle_source
from halo.schedule.directives.bounds import AlignBounds, AlignExtent, Bound, BoundExtent
from halo.schedule.directives.levels import (
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    ComputeWith,
    EagerInline,
    StoreAt,
    StoreRoot,
)
from halo.schedule.directives.loops import (
    AllowRaceConditions,
    Fuse,
    Parallel,
    Reorder,
    Serial,
    Split,
    Unroll,
    Unscheduled,
    Vectorize,
)
from halo.schedule.directives.observing import (
    AddTraceTag,
    TraceLoads,
    TracePipeline,
    TraceRealizations,
    TraceStores,
)
from halo.schedule.directives.partition import (
    AlwaysPartition,
    AlwaysPartitionAll,
    NeverPartition,
    NeverPartitionAll,
    SetPartition,
)
from halo.schedule.directives.reductions import Atomic, RFactor
from halo.schedule.directives.special import Specialize, SpecializeFail
from halo.schedule.directives.storage import (
    AlignStorage,
    BoundStorage,
    FoldStorage,
    Memoize,
    ReorderStorage,
    SplitStorage,
    StoreIn,
)
from halo.schedule.directives.stored import DIRECTIVES, from_data, to_data
from halo.schedule.directives.wrappers import CloneIn, In, Wrapping

__all__ = [
    "DIRECTIVES",
    "AddTraceTag",
    "AlignBounds",
    "AlignExtent",
    "AlignStorage",
    "AllowRaceConditions",
    "AlwaysPartition",
    "AlwaysPartitionAll",
    "Atomic",
    "Bound",
    "BoundExtent",
    "BoundStorage",
    "CloneIn",
    "ComputeAt",
    "ComputeInline",
    "ComputeRoot",
    "ComputeWith",
    "Directive",
    "EagerInline",
    "FoldStorage",
    "Fuse",
    "In",
    "Memoize",
    "NeverPartition",
    "NeverPartitionAll",
    "Parallel",
    "RFactor",
    "Reorder",
    "ReorderStorage",
    "Serial",
    "SetPartition",
    "Site",
    "Specialize",
    "SpecializeFail",
    "Split",
    "SplitStorage",
    "StoreAt",
    "StoreIn",
    "StoreRoot",
    "TraceLoads",
    "TracePipeline",
    "TraceRealizations",
    "TraceStores",
    "Unroll",
    "Unscheduled",
    "Vectorize",
    "Wrapping",
    "from_data",
    "handle_source",
    "to_data",
]
