"""Where each Function is computed and stored: places in the nest of all loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from halo.lowering.program import Program, producers_of
from halo.schedule.fusion import loop_owners
from halo.schedule.loop_level import LoopLevel
from halo.schedule.state import FuncSchedule


@dataclass(frozen=True, slots=True)
class Site:
    """The inside of the loop over `var` of a stage; `ROOT` is outside all loops.

    The stage may have several loop nests (``specialize``), each with a loop of that name.
    """

    func: str
    stage: int
    var: str


ROOT = Site("", 0, "")


@dataclass(frozen=True, slots=True)
class Placement:
    """The place of each Function that is not inlined.

    Attributes
    ----------
    computed, stored
        Function to its site.
    hoisted
        Function to the site where its memory is taken, if that is not where it is stored.
    paths
        Function to the sites around it, ROOT first, its own compute site last.
    computed_at, stored_at
        Site to the Functions computed or stored there, in realization order.
    inside
        Site to the Functions computed there or deeper, in realization order.
    """

    computed: dict[str, Site]
    stored: dict[str, Site]
    hoisted: dict[str, Site]
    paths: dict[str, tuple[Site, ...]]
    computed_at: dict[Site, list[str]]
    stored_at: dict[Site, list[str]]
    inside: dict[Site, list[str]]


def place_functions(program: Program, schedules: dict[str, FuncSchedule]) -> Placement:
    """Resolve the compute and store levels of `program`'s Functions to sites.

    Requires: inlined pure Functions are gone; levels are legal.
    Ensures: a Function with updates and no level of its own is computed in the innermost loop
    that encloses all its uses.
    """
    users: dict[str, list[tuple[str, int]]] = {}
    paths: dict[str, tuple[Site, ...]] = {}
    computed: dict[str, Site] = {}
    stored: dict[str, Site] = {}
    for name in reversed(program.functions):
        schedule = schedules[name]
        path = _path(name, schedule.compute_level, users, paths, schedules)
        if name in program.outputs:
            path = (ROOT,)
        paths[name] = path
        computed[name] = path[-1]
        stored[name] = path[-1]
        if not schedule.store_level.is_inlined and name not in program.outputs:
            stored[name] = _site(schedule.store_level)
        for i, d in enumerate(program.definitions[name]):
            for producer in producers_of(d):
                users.setdefault(producer.name, []).append((name, i))
    hoisted = {
        name: _site(hoist.level)
        for name in program.functions
        if name not in program.outputs
        and (hoist := schedules[name].storage.hoist) is not None
        and hoist.level is not None
    }
    return _index(program, computed, stored, hoisted, paths)


def moved(program: Program, placement: Placement, names: Sequence[str], site: Site) -> Placement:
    """Return `placement` with all of `names`, which are stored at `site`, computed there, too."""
    computed, paths = dict(placement.computed), dict(placement.paths)
    for name in names:
        path = paths[name]
        computed[name], paths[name] = site, path[: path.index(site) + 1]
    return _index(program, computed, placement.stored, placement.hoisted, paths)


def _path(
    name: str,
    level: LoopLevel,
    users: dict[str, list[tuple[str, int]]],
    paths: dict[str, tuple[Site, ...]],
    schedules: dict[str, FuncSchedule],
) -> tuple[Site, ...]:
    if level.is_root or name not in users:
        return (ROOT,)
    if level.is_at:
        site = _site(level)
        around = loop_sites(schedules, site.func, site.stage)
        return (*paths[site.func], *around[: around.index(site) + 1])
    ways = [(*paths[f], *loop_sites(schedules, f, i)) for f, i in users[name] if f != name]
    common = ways[0]
    for way in ways[1:]:
        n = 0
        while n < min(len(common), len(way)) and common[n] == way[n]:
            n += 1
        common = common[:n]
    return common


def loop_sites(schedules: Mapping[str, FuncSchedule], func: str, stage: int) -> list[Site]:
    """Return the sites of the loops of a stage, outermost first; a shared loop is its owner's."""
    dims = schedules[func].stages[stage].dims
    owners = loop_owners(schedules, (func, stage))
    return [Site(f, s, d.name) for (f, s), d in zip(owners, dims, strict=True)]


def _site(level: LoopLevel) -> Site:
    if not level.is_at:
        return ROOT
    assert level.func is not None and level.var is not None
    return Site(level.func, level.stage or 0, level.var)


def _index(
    program: Program,
    computed: dict[str, Site],
    stored: dict[str, Site],
    hoisted: dict[str, Site],
    paths: dict[str, tuple[Site, ...]],
) -> Placement:
    computed_at: dict[Site, list[str]] = {}
    stored_at: dict[Site, list[str]] = {}
    inside: dict[Site, list[str]] = {}
    for name in program.functions:
        computed_at.setdefault(computed[name], []).append(name)
        stored_at.setdefault(stored[name], []).append(name)
        for site in paths[name]:
            inside.setdefault(site, []).append(name)
    return Placement(computed, stored, hoisted, paths, computed_at, stored_at, inside)
