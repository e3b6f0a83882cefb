"""Where a definition reads, as far as the scheduler has to know: which variables move a coordinate.

A coordinate is ``sum of scale * variable + something in [low, high]``. Rounding, remainders and
differences between several reads go into the interval; sizes and parameters are variables like
others. What is not so is None: it may be anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from halo.ir.expr import (
    Add,
    Call,
    CallKind,
    Cast,
    Div,
    Expr,
    IntImm,
    Max,
    Min,
    Mod,
    Mul,
    Select,
    Sub,
    Variable,
)


@dataclass(frozen=True, slots=True)
class Index:
    """One coordinate: ``sum of scale * variable``, plus anything from `low` to `high`.

    `scale` is sorted by name and has no zeros.
    """

    scale: tuple[tuple[str, float], ...] = ()
    low: float = 0
    high: float = 0

    def by(self, name: str) -> float:
        """Return how far it moves in one step of variable `name`."""
        return next((c for n, c in self.scale if n == name), 0.0)

    def names(self) -> frozenset[str]:
        """Return the variables that move it."""
        return frozenset(n for n, _ in self.scale)

    def times(self, factor: float) -> Index:
        """Return `factor` times this."""
        ends = self.low * factor, self.high * factor
        return _index({n: c * factor for n, c in self.scale}, min(ends), max(ends))

    def plus(self, other: Index) -> Index:
        """Return the sum."""
        scale = dict(self.scale)
        for n, c in other.scale:
            scale[n] = scale.get(n, 0) + c
        return _index(scale, self.low + other.low, self.high + other.high)

    def union(self, other: Index) -> Index | None:
        """Return what holds both, None where they do not move together."""
        if self.scale != other.scale:
            return None
        return Index(self.scale, min(self.low, other.low), max(self.high, other.high))

    def put(self, places: Mapping[str, Index | None]) -> Index | None:
        """Return this with `places` for the variables they name."""
        made = Index((), self.low, self.high)
        for n, c in self.scale:
            place = places[n] if n in places else Index(((n, 1.0),))
            if place is None:
                return None
            made = made.plus(place.times(c))
        return made

    def cells(self, extent: Callable[[str], float | None]) -> float | None:
        """Return how many cells it covers while each variable takes `extent` values.

        A variable of which `extent` gives None stands still.
        """
        length = self.high - self.low + 1
        for n, c in self.scale:
            steps = extent(n)
            if steps is not None:
                length += abs(c) * (steps - 1)
        return math.floor(length)


def _index(scale: Mapping[str, float], low: float, high: float) -> Index:
    return Index(tuple(sorted((n, c) for n, c in scale.items() if c)), low, high)


class Indices:
    """Coordinates as `Index`es; `is_loop` says which variables are loops of the definition."""

    def __init__(self, is_loop: Callable[[str], bool]) -> None:
        self._is_loop = is_loop
        self._known: dict[int, tuple[Expr, Index | None]] = {}

    def of(self, e: Expr) -> Index | None:
        """Return the coordinate `e`."""
        known = self._known.get(id(e))
        if known is None:
            known = self._known[id(e)] = (e, self._find(e))
        return known[1]

    def _find(self, e: Expr) -> Index | None:
        match e:
            case IntImm(_, value):
                return Index((), value, value)
            case Variable(_, name):
                return Index(((name, 1.0),))
            case Cast(type=t, value=v) if t.is_int() and v.type.is_int():
                return self.of(v)
            case Add(a, b):
                return self._sum(a, b, 1)
            case Sub(a, b):
                return self._sum(a, b, -1)
            case Mul(a, IntImm(_, value)) | Mul(IntImm(_, value), a):
                whole = self.of(a)
                return None if whole is None else whole.times(value)
            case Div(a, IntImm(_, value)) if value > 0:
                return self._quotient(a, value)
            case Mod(_, IntImm(_, value)) if value > 0:
                return Index((), 0, value - 1)
            case Min(a, b) | Max(a, b):
                return self._limited(a, b)
            case Select(_, a, b):
                return self._either(a, b)
            case Call(
                kind=CallKind.INTRINSIC,
                name="likely" | "likely_if_innermost" | "promise_clamped",
                args=args,
            ):
                return self.of(args[0])
            case _:
                return None

    def _sum(self, a: Expr, b: Expr, sign: int) -> Index | None:
        left, right = self.of(a), self.of(b)
        if left is None or right is None:
            return None
        return left.plus(right.times(sign))

    def _quotient(self, a: Expr, by: int) -> Index | None:
        whole = self.of(a)
        if whole is None:
            return None
        part = whole.times(1 / by)
        if not part.scale:
            return Index((), math.floor(part.low), math.floor(part.high))
        return Index(part.scale, part.low - (by - 1) / by, part.high)

    def _limited(self, a: Expr, b: Expr) -> Index | None:
        """Return the operand that moves: the other, which does not, keeps it in an image."""
        left, right = self.of(a), self.of(b)
        moves = [i is not None and any(map(self._is_loop, i.names())) for i in (left, right)]
        if left is None or right is None:
            return None
        if moves[0] != moves[1]:
            return left if moves[0] else right
        return left.union(right)

    def _either(self, a: Expr, b: Expr) -> Index | None:
        left, right = self.of(a), self.of(b)
        return None if left is None or right is None else left.union(right)
