"""Which part of a Func a tile of another needs, in terms of the other's variables."""

from __future__ import annotations

from collections.abc import Mapping

from halo.autoschedule.index import Index
from halo.autoschedule.program import Func, Program, Stage
from halo.ir.expr import as_const

Region = tuple[Index, ...]
"""A coordinate for each dimension."""


def region_in(
    program: Program, f: Func, root: Func, members: Mapping[str, Region]
) -> Region | None:
    """Return what of `f` one cell of `root` needs, through `members`, which have their regions.

    None: it is not known, or some of it is read from elsewhere.
    """
    both: list[Index | None] | None = None
    for g, stage in program.stages_reading(f):
        if g is root:
            places: dict[str, Index | None] = {v: Index(((v, 1.0),)) for v in g.args}
        elif g.name in members:
            places = dict(zip(g.args, members[g.name], strict=True))
        else:
            return None
        places |= _domain(stage)
        for read in stage.reads_of(f.name):
            at = read.put(places).at
            if both is None:
                both = list(at)
            both = [
                None if a is None or b is None else a.union(b)
                for a, b in zip(both, at, strict=True)
            ]
    if both is None or any(i is None for i in both):
        return None
    return tuple(i for i in both if i is not None)


def _domain(stage: Stage) -> dict[str, Index | None]:
    """Return the range of each reduction variable of `stage`."""
    found: dict[str, Index | None] = {}
    for r in stage.definition.rvars:
        low, extent = as_const(r.min), as_const(r.extent)
        if low is None or extent is None:
            found[r.name] = None
        else:
            found[r.name] = Index((), low, low + max(extent, 1) - 1)
    return found
