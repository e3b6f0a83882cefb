"""Whether a Func computed at a loop of a stage is so in each of the stage's specialisations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.directives import handle_source
from halo.schedule.legality import Sites
from halo.schedule.loop_level import LoopLevel
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import Dim


def check_branches(
    store: LoopLevel, compute: LoopLevel, sites: Sites, function: Function, entry: Entry
) -> None:
    """Refuse levels that some specialisation of a stage around them does not have.

    Requires: both levels are definite, and legal for the loops without specialisations.
    """
    stored = False
    for level in _hops(compute, sites):
        stage = sites.schedules[str(level.func)].stages[level.stage or 0]
        here = (store.func, store.stage) == (level.func, level.stage)
        for branch, loops in stage.branches():
            if branch:
                cases = "".join(f".specialize({c})" for c in branch)
                handle = f"{handle_source(str(level.func), level.stage)}{cases}"
                _check(loops.dims, level, store if here else None, stored, handle, function, entry)
        stored = stored or here


def _hops(level: LoopLevel, sites: Sites) -> Iterator[LoopLevel]:
    """Yield the levels of the stages around `level`, its own first."""
    while level.is_at:
        yield level
        level = sites.schedules[str(level.func)].compute_level


def _check(
    dims: Sequence[Dim],
    level: LoopLevel,
    store: LoopLevel | None,
    stored: bool,
    handle: str,
    function: Function,
    entry: Entry,
) -> None:
    names = [d.name for d in dims]
    for wanted in (level, store) if store else (level,):
        if wanted.var not in names:
            loops = ", ".join(reversed(names)) or "none"
            legal = f"its loops, innermost first: {loops}; give it a loop {wanted.var} as well"
            refuse(entry, function, f"{handle} has no loop {wanted.var}", legal)
    at = names.index(str(level.var))
    first = names.index(str(store.var)) + 1 if store else 0
    if store and first > at + 1:
        reason = f"in {handle} the loop over {store.var} is inside that over {level.var}"
        refuse(entry, function, reason, "reorder its loops alike")
    for dim in () if stored else dims[first : at + 1]:
        if dim.kind in (ForKind.PARALLEL, ForKind.VECTORIZED):
            refuse(
                entry,
                function,
                f"in {handle} iterations of the {dim.kind.value} loop over {dim.name} would write "
                "the same storage",
                f"legal: {function.name}.compute_root(), or storage inside that loop",
            )
