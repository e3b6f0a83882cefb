"""Which part of a Func a tile of another needs, in terms of the other's variables."""

from __future__ import annotations

from collections.abc import Mapping

from halo.autoschedule.costs import SHORT, UNROLLED
from halo.autoschedule.index import Index
from halo.autoschedule.program import Func, Program, Stage
from halo.ir.expr import as_const

Region = tuple[Index, ...]
"""A coordinate for each dimension."""


def region_in(
    program: Program,
    f: Func,
    root: Func,
    members: Mapping[str, Region],
    step: Stage | None = None,
) -> Region | None:
    """Return what of `f` one cell of `root` needs, through `members`, which have their regions.

    None: it is not known, or some of it is read from elsewhere. Of `step`, a definition of `root`,
    it is what one step of its sum needs. A short dimension of which different cells are needed
    counts as needed whole.
    """
    both: list[Index | None] | None = None
    for g, stage in program.stages_reading(f):
        if g is root:
            places: dict[str, Index | None] = {v: Index(((v, 1.0),)) for v in g.args}
        elif g.name in members:
            places = dict(zip(g.args, members[g.name], strict=True))
        else:
            return None
        if stage is not step:
            places |= _domain(stage)
        for read in stage.reads_of(f.name):
            at = read.put(places).at
            both = list(at) if both is None else list(map(_either, both, at, f.extents.values()))
    if both is None or any(i is None for i in both):
        return None
    return tuple(i for i in both if i is not None)


def _either(a: Index | None, b: Index | None, cells: float) -> Index | None:
    """Return what holds both coordinates, in a dimension of `cells`."""
    if a is None or b is None:
        return None
    both = a.union(b)
    return Index((), 0, cells - 1) if both is None and cells <= SHORT else both


def picked(program: Program, f: Func) -> dict[str, int]:
    """Return the short dimensions of `f` that are read one by one, by constants: their cells."""
    if not f.is_cell_by_cell or f.stages[0].is_extern:
        return {}
    if f.is_output:
        return {v: n for v, n in f.known.items() if 1 < n <= UNROLLED}
    found: dict[str, int] = {}
    for i, v in enumerate(f.args):
        places = [r.at[i] for _, stage in program.stages_reading(f) for r in stage.reads_of(f.name)]
        cells = {at.low for at in places if at is not None and not at.scale and at.low == at.high}
        apart = all(at is not None and not at.scale and at.low == at.high for at in places)
        if apart and cells and 1 < (n := int(max(cells) - min(cells)) + 1) <= UNROLLED:
            found[v] = n
    return found


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
