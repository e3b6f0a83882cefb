"""Receipts for the directives about loop partitioning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from halo.ir.stmt import For, ForKind, Partition, Stmt
from halo.ir.substitute import walk
from halo.schedule.partition import PARTITIONS, policy_of
from halo.schedule.receipts import Receipts, Status
from halo.schedule.schedule import Entry
from halo.schedule.state import Dim, FuncSchedule, lineage


def report_partitions(s: Stmt, receipts: Receipts, states: Mapping[str, FuncSchedule]) -> Stmt:
    """Record what became of the wish to partition loops, or not to; return `s`.

    Requires: `s` comes from `partition_loops`.

    Example: ``f.always_partition(x)`` where every iteration does the same -> "without effect".
    """
    wished = [
        r
        for r in receipts
        if isinstance(r.entry.directive, PARTITIONS) and r.status is Status.APPLIED
    ]
    if not wished:
        return s
    policies: dict[str, set[Partition]] = {}
    for n in walk(s):
        if isinstance(n, For):
            policies.setdefault(n.name, set()).add(n.partition)
    whole = {name for name, found in policies.items() if found == {Partition.Always}}
    for receipt in wished:
        why = _why_not(receipt.entry, states[receipt.entry.func], whole)
        if why is not None:
            receipts.add(receipt.entry, *why)
    return s


def _why_not(entry: Entry, state: FuncSchedule, whole: set[str]) -> tuple[Status, str] | None:
    policy, _ = policy_of(entry.directive)
    dims = list(_meant(entry, state))
    straight = [d for d in dims if d.kind in (ForKind.VECTORIZED, ForKind.UNROLLED)]
    if len(straight) == len(dims):
        names = ", ".join(f"{d.name} is {d.kind.value}" for d in dims)
        return Status.WITHOUT_EFFECT, f"no loop is left to cut: {names}"
    if policy is not Partition.Always:
        return None
    stay = [d.name for d in dims if f"{entry.func}.s{entry.stage}.{d.name}" in whole]
    if not stay:
        return None
    left = ", ".join(stay)
    if len(stay) + len(straight) == len(dims):
        reason = f"no iterations of {left} are known to be the usual ones"
        return Status.WITHOUT_EFFECT, reason
    return Status.APPLIED, f"but not to {left}: no iterations are known to be the usual ones"


def _meant(entry: Entry, state: FuncSchedule) -> Iterator[Dim]:
    """Yield the loops, as they are in the end, that the directive of `entry` is about."""
    _, vars = policy_of(entry.directive)
    stage = state.stages[entry.stage].at(entry.branch)
    for d in stage.dims:
        if vars is None or not lineage(stage, d.name).isdisjoint(vars):
            yield d
