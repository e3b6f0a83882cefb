"""Sums whose steps each need cells of their own: a tile in the cache is summed up step by step.

No other step has a use for what one needs of a producer, so storing all of it would only fill
memory. All cells of a tile take one step before the next, and the producer is computed for it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from halo.autoschedule.costs import AGAIN, FORK, NEAR_CACHE, SHORT, SUMMED, TILE
from halo.autoschedule.group import Group
from halo.autoschedule.index import Index
from halo.autoschedule.loops import lanes_for, schedule_rows, schedule_update, share, total_work
from halo.autoschedule.nest import Nest
from halo.autoschedule.program import Func, Program
from halo.autoschedule.regions import Region, picked, region_in
from halo.schedule.directives import ComputeAt
from halo.target import Target


def join_stepped(program: Program, f: Func, group: Group, region: Region) -> bool:
    """Let `f` be summed up step by step in tiles of `group`, if that is what it needs."""
    root = group.root
    if group.inside or group.total is not None or group.whole is not None or len(root.args) < 2:
        return False
    if len(f.stages) != 2 or not f.is_cell_by_cell:
        return False
    for v in root.args:
        at = [i for i in region if i.by(v)]
        whole = len(at) == 1 and at[0].names() == {v} and at[0].by(v) == 1
        still = v in root.args[2:] and not at and root.extents[v] <= SHORT
        if not still and not (whole and at[0].low == at[0].high):
            return False
    if not any(_for_each_step(program, g, f) for g in program.funcs.values()):
        return False
    group.stepped = f
    group.short = tuple(v for v in root.args[2:] if root.extents[v] <= SHORT)
    group.why[f.name] = f"summed up step by step in tiles of {root.name}: each needs other cells"
    return True


def _for_each_step(program: Program, g: Func, f: Func) -> bool:
    """Whether every step of the sum `f` needs other cells of `g`, many in all."""
    stage = f.stages[1]
    if g.users.keys() != {(f.name, 1)} or not may_be_inside(g):
        return False
    region = region_in(program, g, f, {}, stage)
    if region is None:
        return False
    apart = [r for r in stage.rvars if any(_is_apart(i, r) for i in region)]
    steps = math.prod(f.steps(stage, r) for r in apart)
    return steps >= SUMMED and g.cells() >= 2 * f.cells() and g.cells() * g.bytes > NEAR_CACHE


def _is_apart(at: Index, r: str) -> bool:
    """Whether coordinate `at` is another for each value of `r`, whatever the others."""
    return at.names() == {r} and at.high - at.low < abs(at.by(r))


def may_be_inside(f: Func) -> bool:
    """Whether `f` may be computed inside the loops of another, part by part."""
    free = not (f.is_output or f.is_given or any(s.is_extern for s in f.stages))
    return free and f.is_cell_by_cell


def join_steps(program: Program, f: Func, group: Group) -> str:
    """Let `f` be computed for each step of the sum in `group`, or return why not."""
    total = group.stepped
    assert total is not None
    stage = total.stages[1]
    region = region_in(program, f, total, group.members, stage)
    if region is None:
        return f"a step of {total.name} may need any cell of it"
    if not may_be_inside(f):
        return "its updates reach other cells"
    if not {v for i in region for v in i.names()} <= {*stage.pure, *stage.rvars}:
        return f"what a step of {total.name} needs of it depends on sizes"
    if not any(i.by(r) for i in region for r in stage.rvars):
        return f"it is the same for all steps of {total.name}"
    tile = _tile(total)
    if math.prod(i.cells(tile.get) or 1.0 for i in region) > (1 + AGAIN) * math.prod(
        tile[v] for v in tile if any(i.by(v) for i in region)
    ):
        return f"tiles of {total.name} would compute much of it twice"
    kept = sum(_bytes(g, group.members[g.name], tile) for g in group.inside)
    if kept + _bytes(f, region, tile) + math.prod(tile.values()) * total.bytes > NEAR_CACHE:
        return f"it does not fit into the cache beside a tile of {total.name}"
    group.members[f.name] = region
    group.inside.append(f)
    group.why[f.name] = f"computed for each step of {total.name}, a tile at a time"
    return ""


def _tile(total: Func) -> dict[str, float]:
    """Return the cells of a tile of `total` along its variables."""
    sizes = dict(zip(total.args, TILE, strict=False))
    return {v: min(sizes.get(v, n), n) for v, n in total.extents.items()}


def _bytes(f: Func, region: Region, tile: dict[str, float]) -> float:
    return f.bytes * math.prod(i.cells(tile.get) or 1.0 for i in region)


def schedule_steps(
    program: Program, group: Group, why: Mapping[str, str], target: Target
) -> list[Nest]:
    """Schedule the root of `group` in tiles, in them its sum, and in its steps the members.

    `why` are the reasons for the places of all of them.
    """
    root, total = group.root, group.stepped
    assert total is not None
    nest, place = _tile_root(group, why[root.name], target)
    around = Nest(total.name, 0, total.args, why[total.name])
    around.give(ComputeAt(root.name, place))
    fixed = picked(program, total)
    start = schedule_rows(total, "", target, fixed=fixed)[0]
    sums = _sum_tiles(total, fixed, target)
    made = [nest, around, start, sums]
    stage = total.stages[1]
    for f in group.inside:
        region = group.members[f.name]
        step = next(r for r in stage.rvars if any(i.by(r) for i in region))
        inside = Nest(f.name, 0, f.args, why[f.name])
        inside.give(ComputeAt(total.name, step, 1))
        made += [inside, schedule_rows(f, "", target, fixed=picked(program, f))[0]]
        made += [schedule_update(f, i, target, threads=False) for i in range(1, len(f.stages))]
    return made


def _tile_root(group: Group, why: str, target: Target) -> tuple[Nest, str]:
    """Return the loops of the root, and that around a tile."""
    root = group.root
    nest = Nest(root.name, 0, root.args, why)
    x, y = root.args[:2]
    lanes = lanes_for(root, root.stages[0], x, target)
    columns = nest.split(x, TILE[0], "i")
    rows = nest.split(y, TILE[1], "i")
    lane = nest.split(columns, lanes, "v") if lanes > 1 else ""
    others = [v for v in root.args[2:] if v not in group.short]
    nest.reorder(*filter(None, [lane]), columns, rows, *group.short, x, y, *others)
    if lane:
        nest.vectorize(lane)
    work = sum(map(total_work, (root, *filter(None, [group.stepped]), *group.inside)))
    if work >= FORK:
        outer = [y, *others]
        share(nest, outer, [root.extents[y] / TILE[1], *(root.extents[v] for v in others)])
    return nest, x


def _sum_tiles(total: Func, fixed: Collection[str], target: Target) -> Nest:
    """Return the loops of the sum: those of its steps are outside of those over a tile."""
    stage = total.stages[1]
    nest = Nest(total.name, 1, (*stage.rvars, *stage.pure), "a step of all cells, then the next")
    x = total.args[0]
    lanes = lanes_for(total, stage, x, target)
    lane = nest.split(x, lanes, "v") if lanes > 1 else ""
    rest = [v for v in stage.pure if v not in fixed]
    nest.reorder(*filter(None, [lane]), *fixed, *rest, *stage.rvars)
    if lane:
        nest.vectorize(lane)
    for v in fixed:
        nest.unroll(v)
    return nest
