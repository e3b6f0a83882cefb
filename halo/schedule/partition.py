"""Apply the directives about loop partitioning."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.ir.stmt import Partition
from halo.schedule.directives import (
    AlwaysPartition,
    AlwaysPartitionAll,
    Directive,
    NeverPartition,
    NeverPartitionAll,
    SetPartition,
)
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.splitting import joined_note, need_dim
from halo.schedule.state import Dim, FuncSchedule

PARTITIONS = (SetPartition, NeverPartition, AlwaysPartition, NeverPartitionAll, AlwaysPartitionAll)


def apply_partition(
    state: FuncSchedule, function: Function, entry: Entry, directive: Directive
) -> FuncSchedule:
    """Return `state` with the partition policy of some loops set."""
    stage = state.stages[entry.stage]
    policy, vars = policy_of(directive)
    if vars is not None and not vars:
        refuse(entry, function, "it names no loop", f"{directive.method}_all() means all of them")
    chosen = stage.dims if vars is None else [need_dim(stage, function, entry, v) for v in vars]

    def changed(d: Dim) -> Dim:
        return replace(d, partition=policy, note=joined_note(d.note, entry))

    dims = tuple(changed(d) if d in chosen else d for d in stage.dims)
    return state.with_stage(entry.stage, replace(stage, dims=dims))


def policy_of(directive: Directive) -> tuple[Partition, tuple[str, ...] | None]:
    """Return what `directive` sets, and for which loops; None: for all of the definition."""
    match directive:
        case SetPartition(var, policy):
            return policy, (var,)
        case NeverPartition(vars):
            return Partition.Never, vars
        case AlwaysPartition(vars):
            return Partition.Always, vars
        case NeverPartitionAll():
            return Partition.Never, None
        case AlwaysPartitionAll():
            return Partition.Always, None
        case _:
            raise AssertionError(directive)
