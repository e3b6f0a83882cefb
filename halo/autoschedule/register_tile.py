"""How large a tile of results is that stays in registers while it is summed up."""

from __future__ import annotations

from dataclasses import dataclass

_ROWS = 14
"""Most rows of a tile: more are not read faster."""


@dataclass(frozen=True, slots=True)
class Tile:
    """`rows` x `vectors` registers of `lanes` results each."""

    rows: int
    vectors: int
    lanes: int

    @property
    def columns(self) -> int:
        return self.vectors * self.lanes


def choose_tile(rows: int | None, columns: int | None, lanes: int, registers: int) -> Tile:
    """Return the tile that wastes least, of these the one that needs fewest loads per product.

    Parameters
    ----------
    rows, columns
        Extents to be covered; None where they are not known.
    lanes
        Of a vector register.
    registers
        How many may hold results.
    """
    best: tuple[float, Tile] | None = None
    for vectors in (1, 2, 3, 4):
        wide = min(lanes, columns) if columns is not None else lanes
        if columns is not None and vectors * wide > columns:
            continue
        for height in range(1, min(_ROWS, registers // vectors) + 1):
            if rows is not None and height > rows:
                continue
            tile = Tile(height, vectors, wide)
            if best is None or _cost(tile, rows, columns) < best[0]:
                best = (_cost(tile, rows, columns), tile)
    assert best is not None
    return best[1]


def _cost(tile: Tile, rows: int | None, columns: int | None) -> float:
    """Return instructions per product: multiply-adds with what is computed twice, and loads."""
    waste = _covered(rows, tile.rows) * _covered(columns, tile.columns)
    loads = (tile.vectors + tile.rows) / (tile.vectors * tile.rows)
    # Two multiply-adds can run in a cycle, each waits four: ten registers keep them busy.
    idle = max(1.0, 10 / (tile.rows * tile.vectors))
    return waste * (max(1.0, loads) * idle + 0.1 * loads)


def _covered(extent: int | None, step: int) -> float:
    """Return how much larger than `extent` the steps that cover it are together."""
    return 1.0 if extent is None else -(-extent // step) * step / extent
