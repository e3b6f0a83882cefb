"""Receipts for the directives about loop partitioning."""

from __future__ import annotations

from halo.ir.stmt import For, ForKind, Partition, Stmt
from halo.ir.substitute import walk
from halo.lowering.copies import LoopKey, is_copy, key_of
from halo.schedule.partition import PARTITIONS, policy_of
from halo.schedule.receipts import Receipt, Receipts, Status


def report_partitions(s: Stmt, receipts: Receipts) -> Stmt:
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
    policies: dict[LoopKey, set[Partition]] = {}
    for n in walk(s):
        if isinstance(n, For):
            policies.setdefault(key_of(n), set()).add(n.partition)
    whole = {key for key, found in policies.items() if found == {Partition.Always}}
    for receipt in wished:
        why = _why_not(receipt, whole)
        if why is not None:
            receipts.add(receipt.entry, *why)
    return s


def _why_not(receipt: Receipt, whole: set[LoopKey]) -> tuple[Status, str] | None:
    policy, _ = policy_of(receipt.entry.directive)
    loops = receipt.loops
    if not loops:
        return Status.WITHOUT_EFFECT, "it is one loop with another, whose policy is stronger"
    straight = [x for x in loops if x.kind in (ForKind.VECTORIZED, ForKind.UNROLLED)]
    if len(straight) == len(loops):
        names = ", ".join(f"{x.var} is {x.kind.value}" for x in loops)
        return Status.WITHOUT_EFFECT, f"no loop is left to cut: {names}"
    if policy is not Partition.Always:
        return None
    stay = [x.var for x in loops if any(is_copy(key, x) for key in whole)]
    if not stay:
        return None
    left = ", ".join(stay)
    if len(stay) + len(straight) == len(loops):
        reason = f"no iterations of {left} are known to be the usual ones"
        return Status.WITHOUT_EFFECT, reason
    return Status.APPLIED, f"but not to {left}: no iterations are known to be the usual ones"
