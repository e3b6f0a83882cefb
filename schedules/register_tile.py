"""Sums of products whose results stay in registers: convolutions and matrix products.

A tile of `rows` x `columns` results is summed up in registers. Each step of the sum loads one
vector of weights per register column and broadcasts one input per row, so that loads are few
beside multiply-adds. The epilogue (bias, activation, residual) is computed on the tile before it
is stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from halo.autoschedule.register_tile import Tile, choose_tile
from halo.schedule.tail import TailStrategy
from schedules.loops import share
from schedules.task import Handle, Task


def schedule_tiles(
    task: Task, acc: Handle, column: str, row: str | None, outer: Sequence[str]
) -> None:
    """Cut the root into register tiles, compute `acc` for each, run the rest in parallel.

    Parameters
    ----------
    acc
        The Func that sums up, of the same variables as the root.
    column
        The variable to run in vectors.
    row
        The variable to run in the rows of a tile; None: tiles have one row.
    outer
        The other variables, the fastest first.
    """
    root = task.root
    columns, rows = task.extent(column), task.extent(row) if row else 1
    lanes = task.target.natural_vector_size(acc.function.types[0])
    tile = choose_tile(rows, columns, lanes, 24 if task.target.vector_bits == 512 else 12)
    inner = _tile_root(task, tile, column, row)
    loops = [column, *outer] if outer and task.extent(outer[0]) is None else _swapped(column, outer)
    root.reorder(*inner, *([row] if row else []), *loops)
    _tile_sum(acc, tile, column, row)
    shared = share(task, loops)
    acc.compute_at(root.function.name, row or shared)


def _swapped(column: str, outer: Sequence[str]) -> list[str]:
    # All places before the next columns: their weights stay in the cache.
    return [*outer[:1], column, *outer[1:]]


def _tile_root(task: Task, tile: Tile, column: str, row: str | None) -> list[str]:
    """Split the root's loops into tiles; return those of one tile, innermost first."""
    root = task.root
    cut = _tail(task.extent(column), tile.columns)
    root.split(column, column, "tc", tile.columns, cut)
    root.split("tc", "tc", "tv", tile.lanes).vectorize("tv").unroll("tc")
    if row is None:
        return ["tv", "tc"]
    root.split(row, row, "tr", tile.rows, _tail(task.extent(row), tile.rows))
    root.unroll("tr")
    return ["tv", "tc", "tr"]


def _tile_sum(acc: Handle, tile: Tile, column: str, row: str | None) -> None:
    others = [v for v in acc.args if v not in (column, row)]
    inside = [column] if row is None else [column, row]
    acc.reorder_storage(*inside, *others)
    rvars = acc.rvars()
    for stage, sums in ((acc, ()), (acc.update(), rvars)):
        stage.split(column, column, "av", tile.lanes)
        stage.reorder("av", *inside, *sums, *others)
        stage.vectorize("av").unroll(column)
        if row is not None:
            stage.unroll(row)


def _tail(extent: int | None, step: int) -> TailStrategy:
    # A tile of a size that is always the same is what can live in registers. Where an extent is
    # not known to hold one, lowering writes the loops a second time for when it does not.
    divides = extent is not None and extent % step == 0
    return TailStrategy.Auto if divides else TailStrategy.ShiftInwards
