"""Places of Functions in the loops for too few cells, which are to be small code, not quick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.ir.stmt import MemoryType
from halo.lowering.program import Program
from halo.lowering.sites import Placement, Site, moved
from halo.schedule.state import FuncSchedule


def without_windows(
    program: Program,
    schedules: Mapping[str, FuncSchedule],
    placement: Placement,
    sites: Sequence[Site],
) -> Placement:
    """Return `placement` with what slides in the loops at `sites` computed where it is stored.

    Requires: `sites` are those of the loops of one stage, or of stages that share them.
    Ensures: each cell is computed as often as before. `placement` itself is returned unless all
    that is computed in these loops is stored at one of them, and may be computed there.

    Example: f.store_at(g, y).compute_at(g, yi)  ->  f.compute_at(g, y)
    """
    within = set(sites)
    slides = [
        n for s in within for n in placement.stored_at.get(s, ()) if placement.computed[n] != s
    ]
    stored = {placement.stored[n] for n in slides}
    if len(stored) != 1:
        return placement
    (site,) = stored
    names = placement.inside[site]
    for n in names:
        if placement.stored[n] != site or placement.computed[n] not in within:
            return placement
        if not _may_be_whole(program, n, schedules[n]):
            return placement
    return moved(program, placement, names, site)


def _may_be_whole(program: Program, name: str, schedule: FuncSchedule) -> bool:
    """Whether all cells of `name` that are stored may be there at once, and nobody would tell."""
    (first, *updates) = program.definitions[name]
    storage = schedule.storage
    told = schedule.traced.any or schedule.memoized or schedule.asynchronous or storage.hoist
    kept = (
        not storage.folds
        and not storage.limits
        and storage.memory in (MemoryType.Auto, MemoryType.Heap)
    )
    return not updates and first.extern is None and not told and kept
