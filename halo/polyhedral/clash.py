"""Whether another order of iterations keeps every dependence: a witness against it, or None."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from halo.ir.equality import equal
from halo.ir.expr import Expr
from halo.ir.substitute import calls_of
from halo.polyhedral.pairs import Axis, Pair, Touch, Work
from halo.polyhedral.question import NotAnswered, question


@dataclass(frozen=True, slots=True)
class Clash:
    """Two iterations that touch one cell although their order is not kept.

    Attributes
    ----------
    first, second
        Values of the loop variables in the iteration that has to come first, and in the other.
    array, cell
        The cell that both touch.
    writes
        Whether the first writes it, and whether the second does; one of them at least.
    axis
        Name of the loop that does not keep their order.
    parameters
        Values of all other variables for which it happens.
    """

    first: dict[str, int]
    second: dict[str, int]
    array: str
    cell: tuple[int, ...]
    writes: tuple[bool, bool]
    axis: str
    parameters: dict[str, int]

    def __str__(self) -> str:
        a, b = _point(self.first), _point(self.second)
        cell = f"{self.array}({', '.join(map(str, self.cell))})"
        match self.writes:
            case (True, True):
                text = f"iterations {a} and {b} both write {cell}"
            case (True, False):
                text = f"iteration {a} writes {cell}, which iteration {b} reads"
            case _:
                text = f"iteration {a} reads {cell}, which iteration {b} writes"
        return f"{text} when {_point(self.parameters)}" if self.parameters else text


def _point(values: Mapping[str, int]) -> str:
    return "(" + ", ".join(f"{name}={value}" for name, value in values.items()) + ")"


@dataclass(frozen=True, slots=True)
class Unproven:
    """Neither a clash nor its absence is proven.

    `culprit` is an expression that is not affine; None if the question was too hard.
    """

    culprit: Expr | None


def order_clash(work: Work, axes: Sequence[Axis]) -> Clash | Unproven | None:
    """Return two iterations of one definition that `axes` run in an order that matters.

    Parameters
    ----------
    work
        The definition, its loops in the order that decides what it computes.
    axes
        The loops that will run it, outermost first. Iterations with the same value of all axes
        are the same one.

    Returns
    -------
    None if it is proven that of two iterations that touch one cell, where one writes it, the
    earlier still runs first; else the least pair for which it is not so.

    Examples
    --------
    >>> order_clash(Work({"r": Interval(0, 9)}, (Touch("f", (r,)),), (Touch("f", (r - 1,)),)),
    ...             [Axis("r", r, r, at_once=True)])
    iteration (r=0) writes f(0), which iteration (r=1) reads
    """
    return _search(work, work, axes, Pair.in_program_order)


def fusion_clash(first: Work, second: Work, shared: Sequence[Axis]) -> Clash | Unproven | None:
    """Return iterations that clash if two definitions run inside the same loops.

    All of `first` ran before all of `second`; now each iteration of the shared loops runs what
    `first` does there, then what `second` does there. That changes the order of an iteration of
    `first` and one of `second` with a smaller value of a shared loop, or another one if its
    values run at once.

    Parameters
    ----------
    first, second
        The definitions. What they write and read may be cells of several arrays; a cell that
        both only read does not matter. Names of loops may be the same in both.
    shared
        The loops that both are put into, outermost first, each as a value of either.

    Returns
    -------
    None if it is proven that every dependence is kept; else the least pair for which it is not.
    """
    return _search(first, second, shared, lambda p: p.first.everything())


Order = Callable[[Pair], Any]


def _search(
    first: Work, second: Work, axes: Sequence[Axis], order: Order
) -> Clash | Unproven | None:
    unproven: Unproven | None = None
    for a, b, writes in _conflicts(first, second):
        try:
            with question() as context:
                found = _meeting(Pair(context, first, second), a, b, writes, axes, order)
        except NotAnswered:
            found = Unproven(None)
        if isinstance(found, Clash):
            return found
        unproven = unproven or found
    return unproven


def _conflicts(first: Work, second: Work) -> Iterator[tuple[Touch, Touch, tuple[bool, bool]]]:
    """Yield what both may touch, and who writes it: writes by both first."""
    first_reads, second_reads = _only_read(first), _only_read(second)
    for a in first.writes:
        yield from ((a, b, (True, True)) for b in second.writes if a.array == b.array)
    for a in first.writes:
        yield from ((a, b, (True, False)) for b in second_reads if a.array == b.array)
    for a in first_reads:
        yield from ((a, b, (False, True)) for b in second.writes if a.array == b.array)


def _only_read(work: Work) -> list[Touch]:
    """Return what an iteration reads and does not write as well, each cell once."""
    kept: list[Touch] = []
    for t in work.reads:
        if not any(_is_same(t, other) for other in (*work.writes, *kept)):
            kept.append(t)
    return kept


def _is_same(a: Touch, b: Touch) -> bool:
    return a.array == b.array and all(map(equal, a.cell, b.cell))


def _meeting(
    p: Pair, a: Touch, b: Touch, writes: tuple[bool, bool], axes: Sequence[Axis], order: Order
) -> Clash | Unproven | None:
    touching = p.meeting(a.cell, b.cell) & order(p)
    written = {t.array for t in (*p.one.writes, *p.other.writes)}
    for axis, disturbed in p.disturbed(axes):
        clashes = touching & disturbed
        if clashes.is_empty():
            continue
        unknown = p.unknown()
        if unknown is not None:
            clashes = clashes & p.agreeing(lambda e: any(c.name in written for c in calls_of(e)))
            if clashes.is_empty():
                continue
            return Unproven(unknown)
        one, other, cell, parameters = p.least(clashes, a.cell)
        at = tuple(cell.values())
        return Clash(one, other, a.array, at, writes, axis.name, parameters)
    return None
