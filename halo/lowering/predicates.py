"""Where the predicate of a definition leaves out all that is inside a loop, or all it reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import reduce

from halo.ir.expr import LE, TRUE, And, Call, Expr, Max, Min, is_true
from halo.ir.function import Definition
from halo.ir.interval import Interval, refine
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
    plain = _plain(d)
    if not plain:
        return []
    made: list[Guard] = []
    for c in plain:
        known = substitute(c, nest.values)
        made.append(Guard(nest.depth_of(known), known, False))
    for depth in sorted(inside):
        for c in _somewhere(plain, nest.scope_at(depth, reads)):
            made.append(Guard(nest.depth_of(c), c, False))
    return [g for g in made if not is_true(g.condition)]


def holds_somewhere(d: Definition, scope: Mapping[str, Interval]) -> Expr:
    """Return a condition without which the predicate of `d` holds for no point of `scope`.

    What `d` reads there is not known then: its box may lie anywhere.

    Example: r.x in [0, 4], where r.x + y < 2 -> ``y <= 1``.
    """
    plain = _plain(d)
    conditions: list[Expr] = [TRUE]
    conditions.extend(_somewhere(plain, scope) if plain else ())
    return reduce(And, conditions)


def _plain(d: Definition) -> list[Expr]:
    """Return the conditions of the predicate of `d` that depend on no cell."""
    return [c for c in _conjuncts(d.predicate) if not is_true(c) and not find((c,), Call)]


def _somewhere(plain: list[Expr], scope: Mapping[str, Interval]) -> Iterator[Expr]:
    for r in refine(scope, reduce(And, plain)).values():
        if r.min is not None and r.max is not None:
            yield from _not_empty(r.min, r.max)


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
