"""Intervals with symbolic ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from halo.ir.equality import equal
from halo.ir.expr import Expr, Max, Min, as_const, const


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """The values from `min` to `max`, both included; None leaves that side unbounded."""

    min: Expr | None
    max: Expr | None

    @staticmethod
    def point(e: Expr) -> Interval:
        """Return the interval of the one value `e`."""
        return Interval(e, e)

    @property
    def is_bounded(self) -> bool:
        """Whether both ends are known."""
        return self.min is not None and self.max is not None

    @property
    def is_point(self) -> bool:
        """Whether both ends are the same node."""
        return self.min is not None and self.min is self.max

    def union(self, other: Interval) -> Interval:
        """Return the smallest interval that holds both."""
        if self is other:
            return self
        return Interval(_both(smaller, self.min, other.min), _both(larger, self.max, other.max))

    def intersect(self, other: Interval) -> Interval:
        """Return the interval of the values in both."""
        if self is other:
            return self
        return Interval(_either(larger, self.min, other.min), _either(smaller, self.max, other.max))

    def __str__(self) -> str:
        low = "-inf" if self.min is None else str(self.min)
        high = "inf" if self.max is None else str(self.max)
        return f"[{low}, {high}]"


UNBOUNDED = Interval(None, None)

Box = tuple[Interval, ...]
"""One interval per dimension."""


def smaller(a: Expr, b: Expr) -> Expr:
    """Return min(a, b), folded where both are constant or the same."""
    x, y = as_const(a), as_const(b)
    if x is not None and y is not None:
        return const(a.type, min(x, y))
    return a if equal(a, b) else Min(a, b)


def larger(a: Expr, b: Expr) -> Expr:
    """Return max(a, b), folded where both are constant or the same."""
    x, y = as_const(a), as_const(b)
    if x is not None and y is not None:
        return const(a.type, max(x, y))
    return a if equal(a, b) else Max(a, b)


def union_boxes(a: Box, b: Box) -> Box:
    """Return the smallest box that holds both."""
    return tuple([x.union(y) for x, y in zip(a, b, strict=True)])


def _both(f: Callable[[Expr, Expr], Expr], a: Expr | None, b: Expr | None) -> Expr | None:
    return None if a is None or b is None else f(a, b)


def _either(f: Callable[[Expr, Expr], Expr], a: Expr | None, b: Expr | None) -> Expr | None:
    if a is None or b is None:
        return b if a is None else a
    return f(a, b)
