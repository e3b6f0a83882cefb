"""A Func at root with what is computed inside its loops."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from halo.autoschedule.costs import SUMMED
from halo.autoschedule.program import Func
from halo.autoschedule.regions import Region
from halo.autoschedule.register_tile import Tile
from halo.schedule.races import self_reads


@dataclass(slots=True)
class Group:
    """A Func at root and what is computed inside its loops.

    Attributes
    ----------
    members, inside
        What is computed for its strips or tiles: the regions that one cell of `root` needs, or one
        step of `stepped`, and the Funcs.
    rows
        Cells of a strip, along the second dimension; the first, where it has only one.
    short
        Variables of `root` that take few values, all of which are computed for a row together.
    total, tile, tile_row
        What is summed up in the registers of a tile of `root`, that tile, and which variable its
        rows are along, if any.
    stepped
        What is summed up for a tile of `root` that stays in the cache, all of it in a step.
    whole, turned
        What is computed for a whole strip before its rows, and whether they read it across.
    why
        For each Func inside, why it is there.
    """

    root: Func
    members: dict[str, Region] = field(default_factory=dict)
    inside: list[Func] = field(default_factory=list)
    rows: int = 0
    short: tuple[str, ...] = ()
    total: Func | None = None
    tile: Tile | None = None
    tile_row: str | None = None
    stepped: Func | None = None
    whole: Func | None = None
    turned: bool = False
    why: dict[str, str] = field(default_factory=dict)

    @property
    def along(self) -> str:
        """The variable that strips are cut along."""
        return self.root.args[min(1, len(self.root.args) - 1)]


def sums_up(f: Func) -> bool:
    """Whether `f` has one update, which goes on from the cell it writes, many times."""
    if len(f.stages) != 2 or not f.is_cell_by_cell:
        return False
    stage = f.stages[1]
    steps = math.prod(f.steps(stage, r) for r in stage.rvars)
    return bool(stage.rvars and steps >= SUMMED and self_reads(f.function, stage.definition))
