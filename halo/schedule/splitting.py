"""Apply `Split`, `Fuse` and `Rename`: one loop into two, two into one, one by another name."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.expr import Expr
from halo.ir.function import Function
from halo.ir.stmt import ForKind, Partition
from halo.schedule.directives import Fuse, Rename, Split
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import Dim, FuncSchedule, StageSchedule
from halo.schedule.tail import TailStrategy
from halo.schedule.tail_rules import check_blends, resolve_tail


def need_dim(stage: StageSchedule, function: Function, entry: Entry, name: str) -> Dim:
    """Return the loop over `name`, or refuse `entry` with the loops there are."""
    dim = stage.dim(name)
    if dim is not None:
        return dim
    taken = [s for s in stage.splits if name in s.consumed]
    if taken:
        made = taken[-1]
        if isinstance(made, Split):
            made = replace(made, tail=TailStrategy.Auto)
        text = Entry(entry.func, entry.stage, made).source()
        reason = f"{name} is no loop of {entry.func} any more after {text}"
    else:
        reason = f"{entry.func} has no loop {name}"
    loops = ", ".join(d.name for d in reversed(stage.dims)) or "none"
    refuse(entry, function, reason, f"its loops, innermost first: {loops}")


def apply_split(
    state: FuncSchedule, function: Function, entry: Entry, split: Split
) -> FuncSchedule:
    """Return `state` with the loop over ``split.old`` replaced by two."""
    stage = state.stages[entry.stage]
    old = need_dim(stage, function, entry, split.old)
    _check_factor(function, entry, split)
    _check_new_names(stage, function, entry, split.old, (split.outer, split.inner))
    if old.kind is ForKind.VECTORIZED:
        refuse(
            entry,
            function,
            f"{split.old} is vectorized and has no loop to split",
            f"split first, then vectorize({split.inner})",
        )
    tail = resolve_tail(state, function, entry, split, old.is_rvar)
    done = with_split(stage, replace(split, tail=tail), joined_note(old.note, entry))
    check_blends(done, function, entry)
    return state.with_stage(entry.stage, done)


def with_split(stage: StageSchedule, split: Split, note: str = "") -> StageSchedule:
    """Return `stage` with its loop over ``split.old`` replaced by two."""
    at, old = next((i, d) for i, d in enumerate(stage.dims) if d.name == split.old)
    inner_kind = ForKind.UNROLLED if old.kind is ForKind.UNROLLED else ForKind.SERIAL
    outer = replace(old, name=split.outer, note=note)
    inner = replace(old, name=split.inner, note=note, kind=inner_kind)
    dims = (*stage.dims[:at], outer, inner, *stage.dims[at + 1 :])
    return replace(stage, splits=(*stage.splits, split), dims=dims)


def apply_fuse(state: FuncSchedule, function: Function, entry: Entry, fuse: Fuse) -> FuncSchedule:
    """Return `state` with the loops over ``fuse.outer`` and ``fuse.inner`` replaced by one."""
    stage = state.stages[entry.stage]
    inner = need_dim(stage, function, entry, fuse.inner)
    outer = need_dim(stage, function, entry, fuse.outer)
    if inner is outer:
        refuse(entry, function, f"{fuse.inner} cannot be fused with itself")
    if fuse.fused not in (fuse.inner, fuse.outer):
        _check_new_names(stage, function, entry, fuse.fused, (fuse.fused,))
    at = stage.dims.index(outer)
    if stage.dims[at + 1 : at + 2] != (inner,):
        order = ", ".join(d.name for d in reversed(stage.dims))
        refuse(
            entry,
            function,
            f"the loop over {fuse.inner} is not directly inside the one over {fuse.outer}",
            f"the loops are, innermost first: {order}; reorder them before fuse",
        )
    for dim in (inner, outer):
        if dim.kind is not ForKind.SERIAL:
            refuse(
                entry,
                function,
                f"{dim.name} is {dim.kind.value} already",
                f"fuse first, then say so of {fuse.fused}",
            )
    note = joined_note(", ".join(n for n in dict.fromkeys((outer.note, inner.note)) if n), entry)
    fused = Dim(
        fuse.fused,
        is_rvar=inner.is_rvar or outer.is_rvar,
        note=note,
        partition=_stronger(outer.partition, inner.partition),
    )
    dims = (*stage.dims[:at], fused, *stage.dims[at + 2 :])
    done = replace(stage, splits=(*stage.splits, fuse), dims=dims)
    return state.with_stage(entry.stage, done)


def apply_rename(
    state: FuncSchedule, function: Function, entry: Entry, rename: Rename
) -> FuncSchedule:
    """Return `state` with the loop over ``rename.old`` called ``rename.new``."""
    stage = state.stages[entry.stage]
    old = need_dim(stage, function, entry, rename.old)
    _check_new_names(stage, function, entry, rename.old, (rename.new,))
    dims = tuple(replace(d, name=rename.new) if d is old else d for d in stage.dims)
    done = replace(stage, splits=(*stage.splits, rename), dims=dims)
    return state.with_stage(entry.stage, done)


def _stronger(a: Partition, b: Partition) -> Partition:
    """Return the policy of a loop made of two; that nothing be cut is the stronger wish."""
    order = (Partition.Never, Partition.Always, Partition.Auto)
    return min(a, b, key=order.index)


def _check_factor(function: Function, entry: Entry, split: Split) -> None:
    factor: object = split.factor
    if isinstance(factor, Expr):
        here = Entry(entry.func, entry.stage, replace(split, factor=8)).source()
        handle, _, call = here.rpartition(".split")
        refuse(
            entry,
            function,
            f"the factor {factor} is known only when it runs, and a step is a constant",
            f"legal: a number; for a value that matters: {handle}.specialize({factor} == 8)"
            f".split{call}",
        )
    if not isinstance(factor, int) or isinstance(factor, bool) or factor <= 0:
        refuse(entry, function, f"a factor is a positive integer, not {factor!r}")


def _check_new_names(
    stage: StageSchedule, function: Function, entry: Entry, old: str, names: tuple[str, ...]
) -> None:
    if len(set(names)) != len(names):
        refuse(entry, function, f"outer and inner are both {names[0]}", "name them differently")
    used = {d.name for d in stage.dims}.union(*({*s.consumed, *s.made} for s in stage.splits))
    for name in names:
        if name != old and name in used:
            refuse(
                entry,
                function,
                f"{entry.func} uses the name {name} already",
                "take a Var of another name",
            )


def joined_note(note: str, entry: Entry) -> str:
    """Return `note` with the directive of `entry` added."""
    text = entry.directive.source()
    return f"{note}.{text}" if note else f"{entry.func}.{text}"
