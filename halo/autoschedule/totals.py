"""Sums of products in register tiles: each tile of the root's cells is summed up in registers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from halo.autoschedule.costs import EXTRA, FIRST_CACHE, FORK
from halo.autoschedule.group import Group
from halo.autoschedule.index import Index
from halo.autoschedule.loops import lanes_for, schedule_rows, schedule_update, share, total_work
from halo.autoschedule.nest import Nest
from halo.autoschedule.program import Func, Program
from halo.autoschedule.regions import picked, region_in
from halo.autoschedule.register_tile import Tile, choose_tile
from halo.schedule.directives import ComputeAt
from halo.schedule.tail import TailStrategy
from halo.target import Target

_SMALL = 16
"""Cells along a dimension so short that a tile should not be larger."""


def join_totals(program: Program, f: Func, group: Group) -> str:
    """Let `f` be computed for each register tile of `group`, or return why not."""
    root, total, tile = group.root, group.total, group.tile
    assert total is not None and tile is not None
    same = tuple(Index(((v, 1.0),)) for v in root.args)
    region = region_in(program, f, root, {**group.members, total.name: same})
    if region is None:
        return f"a tile of {root.name} may need any cell of it"
    if not f.is_cell_by_cell:
        return "its updates reach other cells"
    if not {v for i in region for v in i.names()} <= set(root.args):
        return f"what a tile of {root.name} needs of it depends on sizes"
    cells = {v: 1.0 for v in root.args} | {root.args[0]: float(tile.columns)}
    if group.tile_row is not None:
        cells[group.tile_row] = float(tile.rows)
    needed = math.prod(i.cells(cells.get) or 1.0 for i in region)
    tiles = math.prod(math.ceil(n / cells[v]) for v, n in root.extents.items())
    if needed * tiles > (1 + EXTRA) * f.cells():
        return f"tiles of {root.name} would compute much of it twice"
    kept = sum(
        g.bytes * math.prod(i.cells(cells.get) or 1.0 for i in group.members[g.name])
        for g in group.inside
    )
    if kept + f.bytes * needed > FIRST_CACHE:
        return f"what a tile of {root.name} needs of it does not fit into the first cache"
    group.members[f.name] = region
    group.inside.append(f)
    group.why[f.name] = f"each tile of {root.name} computes what it sums up"
    return ""


def tile_of(root: Func, f: Func, target: Target) -> tuple[Tile, str | None]:
    """Return the register tile of `root` in which `f` is summed up, and what its rows are along."""
    lanes = lanes_for(root, f.stages[1], root.args[0], target)
    row = _row(root, f)
    rows = 1 if row is None else _size(root, row)
    registers = 24 if target.vector_bits == 512 else 12
    return choose_tile(rows, _size(root, root.args[0]), lanes, registers), row


def schedule_totals(
    program: Program, group: Group, why: Mapping[str, str], target: Target
) -> list[Nest]:
    """Schedule the root of `group` in tiles, in them its sum and what they sum up.

    `why` are the reasons for the places of all of them.
    """
    root, f, tile, row = group.root, group.total, group.tile, group.tile_row
    assert f is not None and tile is not None
    work = sum(map(total_work, (root, f, *group.inside)))
    nest, place = _tile_root(root, work, tile, row, why[root.name])
    made = [nest]
    total = Nest(f.name, 0, f.args, why[f.name])
    total.give(ComputeAt(root.name, place))
    made.append(total)
    for i in (0, 1):
        made.append(_tile_stage(f, i, tile, row and f.args[root.args.index(row)]))
    for g in group.inside:
        inside = Nest(g.name, 0, g.args, why[g.name])
        inside.give(ComputeAt(root.name, place))
        made += [inside, schedule_rows(g, "", target, fixed=picked(program, g))[0]]
        made += [schedule_update(g, i, target, threads=False) for i in range(1, len(g.stages))]
    return made


def _size(root: Func, var: str) -> int | None:
    """Return the extent of `var` that a tile has to fit, None where there is enough room."""
    if var in root.known:
        return root.known[var]
    return int(root.extents[var]) if root.extents[var] < _SMALL else None


def _row(root: Func, f: Func) -> str | None:
    """Return the variable for the rows of a tile: one that some reads do not depend on."""
    for v, mine in zip(root.args[1:], f.args[1:], strict=True):
        still = [
            r
            for r in f.stages[1].reads
            if all(i is not None and mine not in i.names() for i in r.at)
        ]
        if root.extents[v] > 1 and still:
            return v
    return None


def _tile_root(root: Func, work: float, tile: Tile, row: str | None, why: str) -> tuple[Nest, str]:
    nest = Nest(root.name, 0, root.args, why)
    column = root.args[0]
    others = [v for v in root.args[1:] if v != row]
    cells = nest.split(column, tile.columns, "c", _tail(root, column, tile.columns))
    lane = nest.split(cells, tile.lanes, "v")
    nest.vectorize(lane)
    nest.unroll(cells)
    inside = [lane, cells]
    if row is not None:
        step = nest.split(row, tile.rows, "r", _tail(root, row, tile.rows))
        nest.unroll(step)
        inside += [step, row]
    # All rows before the next columns: what these read stays in the cache.
    nest.reorder(*inside, column, *others)
    shared = column
    if work >= FORK:
        steps = [root.extents[column] / tile.columns, *(root.extents[v] for v in others)]
        shared = share(nest, [column, *others], steps)
    return nest, row or shared


def _tail(root: Func, var: str, step: int) -> TailStrategy:
    divides = var in root.known and root.known[var] % step == 0
    return TailStrategy.Auto if divides else TailStrategy.ShiftInwards


def _tile_stage(f: Func, index: int, tile: Tile, row: str | None) -> Nest:
    stage = f.stages[index]
    nest = Nest(f.name, index, (*stage.rvars, *stage.pure))
    column = f.args[0]
    lane = nest.split(column, tile.lanes, "v")
    inside = [lane, column] if row is None else [lane, column, row]
    others = [v for v in f.args if v not in inside]
    nest.reorder(*inside, *stage.rvars, *others)
    nest.vectorize(lane)
    nest.unroll(column)
    if row is not None:
        nest.unroll(row)
    return nest
