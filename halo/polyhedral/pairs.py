"""Two iterations side by side in one isl space, and the least pair in a set of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from halo.ir.equality import equal
from halo.ir.expr import TRUE, Expr, Variable
from halo.ir.substitute import free_variables
from halo.ir.types import Int
from halo.polyhedral.points import least_point
from halo.polyhedral.translate import Ranges, Translator

Cell = tuple[Expr, ...]
"""Coordinates of a cell of a Func."""

FIRST, SECOND = "1:", "2:"
_CELL = "cell:"


@dataclass(frozen=True, slots=True)
class Touch:
    """The cell of `array` that an iteration reads or writes, in terms of its loops."""

    array: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Work:
    """The iterations of a definition, and what each of them touches.

    Attributes
    ----------
    loops
        Its loops, outermost first, with their ranges.
    writes, reads
        What an iteration touches; it reads before it writes.
    predicate
        Where an iteration does anything at all.
    """

    loops: Ranges
    writes: tuple[Touch, ...]
    reads: tuple[Touch, ...] = ()
    predicate: Expr = TRUE


@dataclass(frozen=True, slots=True)
class Axis:
    """A loop that will run both iterations of a pair.

    Attributes
    ----------
    name
        For messages. Several neighbouring axes of one name are one loop: the first counts most.
    first, second
        Its value in the first and in the second iteration, each in terms of its own loops.
    at_once
        Whether different values run at the same time (parallel, vectorized) or one by one.
    free
        Whether iterations with different values may run in any way.
    """

    name: str
    first: Expr
    second: Expr
    at_once: bool = False
    free: bool = False


@dataclass(slots=True)
class Pair:
    """Iterations of two works, or of one twice, as isl parameters with prefixes."""

    context: Any
    one: Work
    other: Work
    first: Translator = field(init=False)
    second: Translator = field(init=False)

    def __post_init__(self) -> None:
        self.first = self._side(self.one.loops, FIRST)
        self.second = self._side(self.other.loops, SECOND)

    def _side(self, loops: Ranges, prefix: str) -> Translator:
        t = Translator(self.context, loops, frozenset(loops), prefix)
        for name in loops:  # meet all loops, also those that no cell mentions
            t.integer(Variable(Int(32), name))
        return t

    def meeting(self, a: Cell, b: Cell) -> Any:
        """Return the pairs, both active, in which the first's cell `a` is the second's `b`."""
        where = self.first.boolean(self.one.predicate) & self.second.boolean(self.other.predicate)
        for x, y in zip(a, b, strict=True):
            where = where & self.first.integer(x).pw.eq_set(self.second.integer(y).pw)
        return where & self.first.facts & self.second.facts

    def in_program_order(self) -> Any:
        """Return the pairs of one work in which the first iteration comes earlier."""
        same, earlier = self.first.everything(), self.first.everything().complement()
        for name in self.one.loops:
            a, b = self.first.parameter(name), self.second.parameter(name)
            earlier = earlier | (same & a.lt_set(b))
            same = same & a.eq_set(b)
        return earlier

    def disturbed(self, axes: Sequence[Axis]) -> Iterator[tuple[Axis, Any]]:
        """Yield, for each axis, the pairs that it no longer runs first iteration first."""
        same = self.first.everything()
        for axis in axes:
            a, b = self.first.integer(axis.first).pw, self.second.integer(axis.second).pw
            facts = self.first.facts & self.second.facts
            if not axis.free:
                yield axis, same & facts & (a.ne_set(b) if axis.at_once else b.lt_set(a))
            same = same & a.eq_set(b)

    def unknown(self) -> Expr | None:
        """Return an expression that was not affine, if there is one."""
        found = self.first.unknowns or self.second.unknowns
        return found[0][0] if found else None

    def agreeing(self, changing: Callable[[Expr], bool]) -> Any:
        """Return the pairs in which equal unknowns of equal loop variables have equal values.

        Unknowns for which `changing` holds may have another value each time.
        """
        agree = self.first.everything()
        own = self.one.loops.keys() | self.other.loops.keys()
        for e, name in self.first.unknowns:
            same = next((n for o, n in self.second.unknowns if equal(e, o)), None)
            if same is None or changing(e):
                continue
            u, v = self.first.named(name), self.second.named(same)
            differ = self.first.everything().complement()
            for x in free_variables(e) & own:
                differ = differ | self.first.parameter(x).ne_set(self.second.parameter(x))
            agree = agree & (differ | u.eq_set(v))
        return agree

    def least(self, pairs: Any, cell: Cell) -> tuple[dict[str, int], ...]:
        """Return first, second, cell and parameters of the least of `pairs`.

        That is the one with the least parameters, then the least coordinates.
        """
        loops = [FIRST + n for n in self.one.loops] + [SECOND + n for n in self.other.loops]
        leaves = self.first.leaves | self.second.leaves
        parameters = [n for n in sorted(leaves) if n not in loops]
        places = [f"{_CELL}{i}" for i in range(len(cell))]
        for place, e in zip(places, cell, strict=True):
            pairs = pairs & self.first.named(place).eq_set(self.first.integer(e).pw)
        values = least_point(pairs, [*parameters, *loops, *places], self.first)
        return (
            {n: values[FIRST + n] for n in self.one.loops},
            {n: values[SECOND + n] for n in self.other.loops},
            {n: values[n] for n in places},
            {n: values[n] for n in parameters},
        )
