"""Chains of reads: by which cells of which arrays a wanted cell comes to be computed or read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from halo.ir.expr import TRUE, Expr, Variable
from halo.ir.types import Int
from halo.polyhedral.isl import isl
from halo.polyhedral.points import least_point
from halo.polyhedral.question import NotAnswered, question
from halo.polyhedral.translate import Ranges, Translator

_STEPS = 5_000_000
"""isl operations that a whole chain may cost: some seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What the iterations of one definition read at one place of its text.

    Attributes
    ----------
    reader, target
        The array that the definition is of, and the one that it reads.
    loops
        The variables of the definition, with their ranges.
    for_cell
        The cell of `reader` that an iteration is run for; None where it is run for any.
    cell
        The cell of `target` that it reads.
    predicate
        Where it does anything at all.
    """

    reader: str
    target: str
    loops: Ranges
    for_cell: tuple[Expr | None, ...]
    cell: tuple[Expr, ...]
    predicate: Expr = TRUE


@dataclass(frozen=True, slots=True)
class Hop:
    """One link: the iteration `values` of `read`, run for cell `at`, reads cell `to`.

    `certain` says that nothing in it had to be guessed: no index that depends on data.
    """

    read: Read
    at: tuple[int, ...]
    values: dict[str, int]
    to: tuple[int, ...]
    certain: bool


Box = tuple[tuple[int | None, int | None], ...]
"""Least and greatest coordinate of each dimension; None where there is no end."""


def find_chain(
    starts: Mapping[str, Box],
    goal: tuple[str, Box],
    reads: Sequence[Read],
    order: Sequence[str],
    known: Ranges,
) -> list[Hop] | None:
    """Return the reads that lead from a cell of one of the boxes `starts` to one of box `goal`.

    Parameters
    ----------
    reads
        All there are.
    order
        The arrays, each after those that it reads.
    known
        Where variables lie that belong to no definition.

    Returns
    -------
    Hops from a start to the goal, none if they have a cell in common; None if no cell of a start
    needs one of the goal.

    Raises
    ------
    NotAnswered
        The question is too hard.
    """
    others = [r for r in reads if r.reader != r.target]
    for among in (others, reads) if len(others) < len(reads) else (reads,):
        with question(_STEPS) as context:
            search = _Search(context, among, known)
            search.spread(goal, order)
            for name, box in starts.items():
                point = search.start(name, box)
                if point is not None:
                    return list(search.walk(name, point, goal))
    return None


@dataclass(slots=True)
class _Search:
    context: Any
    reads: Sequence[Read]
    known: Ranges
    needs: dict[str, list[Any]] = field(default_factory=dict)
    """Array to sets of its cells whose computation needs the goal; coordinates `name[i]`.

    The last set is all of them; one before it leaves out what only reads of its own cells add.
    """

    def spread(self, goal: tuple[str, Box], order: Sequence[str]) -> None:
        """Work out `needs`, producers first."""
        t = Translator(self.context, {})
        self.needs[goal[0]] = [_inside(t, t.everything(), *goal)]
        for name in order[order.index(goal[0]) if goal[0] in order else 0 :]:
            mine = [r for r in self.reads if r.reader == name]
            found = [self._readers(r) for r in mine if r.target != name and r.target in self.needs]
            if found:
                self.needs[name] = [reduce(or_, found).coalesce()]
            own = [r for r in mine if r.target == name and name in self.needs]
            for _ in own:  # updates that read what the Func holds already, one for the next
                more = reduce(or_, map(self._readers, own), self.needs[name][-1])
                self.needs[name].append(more.coalesce())

    def _readers(self, r: Read) -> Any:
        """Return the cells of the reader for which iterations run that read a needed cell."""
        t, pairs = self._pairs(r, self.needs[r.target][-1])
        for name in (*t.leaves, *(f"to[{i}]" for i in range(len(r.cell)))):
            if pairs.find_dim_by_name(isl.dim_type.param, name) >= 0:
                pairs = pairs.project_out_param_id(isl.Id(name, context=self.context))
        return _renamed(pairs, "at", r.reader, len(r.for_cell))

    def _pairs(self, r: Read, cells: Any) -> tuple[Translator, Any]:
        """Return the iterations that read any of `cells`, as `to`, with their own cells, `at`."""
        ranges = {**self.known, **r.loops}
        t = Translator(self.context, ranges, frozenset(r.loops), f"{r.reader}:")
        found = _renamed(cells, r.target, "to", len(r.cell))
        for name in r.loops:
            t.integer(Variable(Int(32), name))
        found = found & t.boolean(r.predicate)
        for i, e in enumerate(r.cell):
            found = found & t.named(f"to[{i}]").eq_set(t.integer(e).pw)
        for i, own in enumerate(r.for_cell):
            if own is not None:
                found = found & t.named(f"at[{i}]").eq_set(t.integer(own).pw)
        return t, found & t.facts

    def start(self, name: str, box: Box) -> tuple[int, ...] | None:
        """Return the least cell of `box` that needs the goal."""
        if name not in self.needs:
            return None
        t = Translator(self.context, {})
        cells = _inside(t, self.needs[name][-1], name, box)
        if cells.is_empty():
            return None
        return tuple(least_point(cells, [f"{name}[{i}]" for i in range(len(box))], t).values())

    def walk(self, name: str, at: tuple[int, ...], goal: tuple[str, Box]) -> Iterator[Hop]:
        """Yield the hops from cell `at` of array `name` to the goal."""
        while name != goal[0] or not _holds(goal[1], at):
            mine = [r for r in self.reads if r.reader == name and r.target in self.needs]
            mine.sort(key=lambda r: (r.target == name) != (name == goal[0]))
            hops = (h for r in mine for h in self._hops(r, at))
            hop = next(hops, None)
            if hop is None:  # sizes that are not known were taken for others before
                raise NotAnswered("the chain cannot be followed")
            yield hop
            name, at = hop.read.target, hop.to

    def _hops(self, r: Read, at: tuple[int, ...]) -> Iterator[Hop]:
        """Yield hops for cell `at`, those that come nearest to the goal first."""
        sets = self.needs[r.target]
        for cells in sets[:-1] if r.target == r.reader else sets[-1:]:
            yield from self._hop(r, at, cells)

    def _hop(self, r: Read, at: tuple[int, ...], cells: Any) -> Iterator[Hop]:
        t, pairs = self._pairs(r, cells)
        for i, v in enumerate(at):
            pairs = pairs & t.named(f"at[{i}]").eq_set(t.constant(v))
        if pairs.is_empty():
            return
        places = [f"to[{i}]" for i in range(len(r.cell))]
        loops = [f"{r.reader}:{name}" for name in r.loops]
        rest = [name for name in t.leaves if name not in loops]
        values = least_point(
            pairs, [*rest, *loops, *places, *(f"at[{i}]" for i in range(len(at)))], t
        )
        variables = {name: values[f"{r.reader}:{name}"] for name in r.loops}
        certain = all(name in self.known for name in rest)
        yield Hop(r, at, variables, tuple(values[p] for p in places), certain)


def _inside(t: Translator, cells: Any, name: str, box: Box) -> Any:
    """Return those of `cells` of array `name` that lie in `box`."""
    for i, (low, high) in enumerate(box):
        at = t.named(f"{name}[{i}]")
        if low is not None:
            cells = cells & at.ge_set(t.constant(low))
        if high is not None:
            cells = cells & at.le_set(t.constant(high))
    return cells


def _holds(box: Box, at: tuple[int, ...]) -> bool:
    return all(
        (low is None or low <= v) and (high is None or v <= high)
        for v, (low, high) in zip(at, box, strict=True)
    )


def _renamed(cells: Any, old: str, new: str, dimensions: int) -> Any:
    """Return `cells` with coordinates of array `old` as those of `new`."""
    for i in range(dimensions):
        place = cells.find_dim_by_name(isl.dim_type.param, f"{old}[{i}]")
        if place >= 0:
            name = isl.Id(f"{new}[{i}]", context=cells.get_ctx())
            cells = cells.set_dim_id(isl.dim_type.param, place, name)
    return cells


__all__ = ["Box", "Hop", "NotAnswered", "Read", "find_chain"]
