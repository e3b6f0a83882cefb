"""Pairs of iterations whose order matters: witnesses against a schedule, or their absence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from halo.ir.expr import TRUE, Expr, Variable
from halo.ir.types import Int
from halo.polyhedral.isl import isl
from halo.polyhedral.translate import NotAnswered, Ranges, Translator, question

Cell = tuple[Expr, ...]
"""Coordinates of a cell of a Func."""

_FIRST, _SECOND, _CELL = "1:", "2:", "cell:"


@dataclass(frozen=True, slots=True)
class Clash:
    """Two iterations that touch one cell although their order is not kept.

    Attributes
    ----------
    first, second
        Values of the loop variables in the two iterations, of which one at least writes.
    cell
        Coordinates of the cell.
    parameters
        Values of all other variables for which it happens.
    reads
        Whether one of the two only reads the cell.
    """

    first: dict[str, int]
    second: dict[str, int]
    cell: tuple[int, ...]
    parameters: dict[str, int]
    reads: bool

    def __str__(self) -> str:
        verb = "write and read" if self.reads else "both write"
        cell = ", ".join(map(str, self.cell))
        text = f"iterations {_point(self.first)} and {_point(self.second)} {verb} cell ({cell})"
        return f"{text} when {_point(self.parameters)}" if self.parameters else text


def _point(values: Mapping[str, int]) -> str:
    return "(" + ", ".join(f"{name}={value}" for name, value in values.items()) + ")"


@dataclass(frozen=True, slots=True)
class Unproven:
    """Neither a clash nor its absence is proven.

    `culprit` is an expression that is not affine; None if the question was too hard.
    """

    culprit: Expr | None


def first_clash(
    write: Cell, reads: Sequence[Cell], loops: Ranges, variable: str, predicate: Expr = TRUE
) -> Clash | Unproven | None:
    """Return two iterations that clash if the iterations of one loop run at the same time.

    They differ in `variable`, and one writes the cell that the other writes or reads.

    Parameters
    ----------
    write
        The cell that an iteration writes.
    reads
        Cells of the same Func that an iteration reads.
    loops
        All loops around it, with their ranges.
    predicate
        Where the iteration does anything at all.

    Returns
    -------
    The clash with the least parameters and coordinates; None if it is proven that there is none.
    """
    return _search(write, reads, loops, predicate, lambda p: [p.before(variable)])


def first_reversal(
    write: Cell,
    reads: Sequence[Cell],
    loops: Ranges,
    old: Sequence[str],
    new: Sequence[str],
    predicate: Expr = TRUE,
) -> Clash | Unproven | None:
    """Return two iterations that clash and that run in another order when loops are reordered.

    Parameters
    ----------
    old, new
        Names of the loops before and after, outermost first. The rest is as in `first_clash`.
    """

    def reversed_order(p: _Pair) -> list[Any]:
        return [a & b for a in p.earlier(old) for b in p.earlier(new, swapped=True)]

    return _search(write, reads, loops, predicate, reversed_order)


@dataclass(slots=True)
class _Pair:
    """Two iterations of the same loops in one space of isl parameters."""

    first: Translator
    second: Translator

    def __post_init__(self) -> None:
        for t in (self.first, self.second):  # meet all loops, also those that no cell mentions
            for name in t.ranges:
                t.integer(Variable(Int(32), name))

    def before(self, name: str, swapped: bool = False) -> Any:
        """Return the pairs in which the first (swapped: the second) has the smaller `name`."""
        a, b = self.first.named(_FIRST + name), self.second.named(_SECOND + name)
        return b.lt_set(a) if swapped else a.lt_set(b)

    def earlier(self, order: Sequence[str], swapped: bool = False) -> Iterator[Any]:
        """Yield the pairs in which one comes earlier in loops nested in this order."""
        same = self.first.everything()
        for name in order:
            yield same & self.before(name, swapped)
            same = same & self.first.named(_FIRST + name).eq_set(self.second.named(_SECOND + name))

    def meeting(self, a: Cell, b: Cell, predicate: Expr) -> Any:
        """Return the active pairs in which the first's cell `a` is the second's cell `b`."""
        where = self.first.boolean(predicate) & self.second.boolean(predicate)
        for x, y in zip(a, b, strict=True):
            where = where & self.first.integer(x).pw.eq_set(self.second.integer(y).pw)
        return where & self.first.facts & self.second.facts


_Orders = Callable[[_Pair], list[Any]]


def _search(
    write: Cell, reads: Sequence[Cell], loops: Ranges, predicate: Expr, orders: _Orders
) -> Clash | Unproven | None:
    accesses = [(write, write), *((write, r) for r in reads), *((r, write) for r in reads)]
    unproven: Unproven | None = None
    for a, b in accesses:
        try:
            found = _meeting(a, b, loops, predicate, orders)
        except NotAnswered:
            found = Unproven(None)
        if isinstance(found, Clash):
            return found
        unproven = unproven or found
    return unproven


def _meeting(
    a: Cell, b: Cell, loops: Ranges, predicate: Expr, orders: _Orders
) -> Clash | Unproven | None:
    with question() as context:
        own = frozenset(loops)
        p = _Pair(Translator(context, loops, own, _FIRST), Translator(context, loops, own, _SECOND))
        touching = p.meeting(a, b, predicate)
        for order in orders(p):
            clashes = touching & order
            if not clashes.is_empty():
                unknowns = p.first.unknowns or p.second.unknowns
                if unknowns:
                    return Unproven(unknowns[0][0])
                return _witness(clashes, p, tuple(loops), a, reads=a is not b)
    return None


def _witness(clashes: Any, p: _Pair, loops: Sequence[str], cell: Cell, reads: bool) -> Clash:
    """Return the clash with the least parameters, then the least coordinates."""
    own = [prefix + name for prefix in (_FIRST, _SECOND) for name in loops]
    parameters = [n for n in sorted(p.first.leaves | p.second.leaves) if n not in own]
    places = [f"{_CELL}{i}" for i in range(len(cell))]
    for place, e in zip(places, cell, strict=True):
        clashes = clashes & p.first.named(place).eq_set(p.first.integer(e).pw)
    values = _least(clashes, [*parameters, *own, *places], p.first)
    return Clash(
        {n: values[_FIRST + n] for n in loops},
        {n: values[_SECOND + n] for n in loops},
        tuple([values[n] for n in places]),
        {n: values[n] for n in parameters},
        reads,
    )


def _least(points: Any, names: list[str], t: Translator) -> dict[str, int]:
    """Return the lexicographically least of `points`, without negative numbers if possible."""
    natural = points
    for name in names:
        natural = natural & t.named(name).ge_set(t.constant(0))
    points = isl.Set.from_params(points if natural.is_empty() else natural)
    for i, name in enumerate(names):
        place = points.find_dim_by_name(isl.dim_type.param, name)
        points = points.move_dims(isl.dim_type.set, i, isl.dim_type.param, place, 1)
    with suppress(isl.Error):  # where there is no least one, any will do
        points = points.lexmin()
    point = points.sample_point()
    return {
        name: int(point.get_coordinate_val(isl.dim_type.set, i).to_str())
        for i, name in enumerate(names)
    }
