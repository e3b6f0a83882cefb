"""Where the predicate of a definition leaves out all that is inside a loop."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import reduce

from halo.ir.expr import LE, TRUE, And, Call, Expr, Max, Min, is_true
from halo.ir.function import Definition
from halo.ir.interval import refine
from halo.ir.simplify import simplify
from halo.ir.substitute import find, substitute
from halo.lowering.reach import Domain
from halo.lowering.splits import Guard, StageNest


def guards_inside(
    d: Definition, nest: StageNest, reads: Domain, inside: Collection[int]
) -> list[Guard]:
    """Return what the predicate of `d` says of the loops alone, each where it is known.

    Regions hold what is needed where the predicate holds: beyond it, what is computed in the loops
    `inside` would read and write cells that are not there. Inside those the predicate may not be
    known yet, but that it holds for some of the iterations further in is.

    Parameters
    ----------
    reads
        The ranges of the variables for which the nest reads.

    Example: r.x in [0, 4], where r.x + r.y < 2 -> ``r.y <= 1`` in the loop over r.y.
    """
    plain = [c for c in _conjuncts(d.predicate) if not find((c,), Call)]
    made: list[Guard] = []
    for c in plain:
        known = substitute(c, nest.values)
        made.append(Guard(nest.depth_of(known), known, False))
    together: Expr = reduce(And, plain) if plain else TRUE
    for depth in sorted(inside):
        for r in refine(nest.scope_at(depth, reads), together).values():
            if r.min is not None and r.max is not None:
                made.extend(Guard(depth, c, False) for c in _not_empty(r.min, r.max))
    return [g for g in made if not is_true(g.condition)]


def _not_empty(low: Expr, high: Expr) -> Iterator[Expr]:
    """Yield the conditions for low <= high, which loops are cut at where they are linear."""
    if isinstance(low, Max):
        yield from _not_empty(low.a, high)
        yield from _not_empty(low.b, high)
    elif isinstance(high, Min):
        yield from _not_empty(low, high.a)
        yield from _not_empty(low, high.b)
    else:
        yield simplify(LE(low, high))


def _conjuncts(e: Expr) -> Iterator[Expr]:
    if isinstance(e, And):
        yield from _conjuncts(e.a)
        yield from _conjuncts(e.b)
    else:
        yield e
