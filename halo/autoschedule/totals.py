"""Sums of products in register tiles: each tile of the root's cells is summed up in registers."""

from __future__ import annotations

from halo.autoschedule.costs import FORK
from halo.autoschedule.loops import lanes_for, share, total_work
from halo.autoschedule.nest import Nest
from halo.autoschedule.program import Func
from halo.autoschedule.register_tile import Tile, choose_tile
from halo.schedule.directives import ComputeAt
from halo.schedule.tail import TailStrategy
from halo.target import Target

_SMALL = 16
"""Cells along a dimension so short that a tile should not be larger."""


def schedule_totals(root: Func, f: Func, why: tuple[str, str], target: Target) -> list[Nest]:
    """Schedule `root` in tiles, and `f`, which sums up what a tile reads, inside them.

    `why` are the reasons for the place of `root` and that of `f`.
    """
    lanes = lanes_for(root, f.stages[1], root.args[0], target)
    row = _row(root, f)
    rows = None if row is None else _size(root, row)
    registers = 24 if target.vector_bits == 512 else 12
    tile = choose_tile(1 if row is None else rows, _size(root, root.args[0]), lanes, registers)
    nest, place = _tile_root(root, f, tile, row, why[0], target)
    made = [nest]
    total = Nest(f.name, 0, f.args, why[1])
    total.give(ComputeAt(root.name, place))
    made.append(total)
    for i in (0, 1):
        made.append(_tile_stage(f, i, tile, row and f.args[root.args.index(row)]))
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


def _tile_root(
    root: Func, f: Func, tile: Tile, row: str | None, why: str, target: Target
) -> tuple[Nest, str]:
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
    if total_work(root) + total_work(f) >= FORK:
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
