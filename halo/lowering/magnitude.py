"""How large coordinates can be, as a multiple of how far the buffers reach.

x*2 + 3, x in [f.min, f.max - 1]  ->  at most 2*M + 3, if f reaches no further than M
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from halo.ir.expr import (
    Add,
    Binary,
    Call,
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
    as_const,
)
from halo.ir.intrinsics import TRANSPARENT
from halo.ir.lowered import Field

Dim = tuple[str, int]
"""A dimension of a buffer."""

End = tuple[Dim, str]
"""Its ``min``, or its ``end``: min + extent."""

FieldValue = Expr | tuple[Dim, Field]
"""A buffer's field: its value where that is known before it runs, else which one it is."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Magnitude:
    """A bound of an absolute value: that of a linear part and of what is added to it.

    Attributes
    ----------
    ends, constant
        The linear part: a sum of ends of buffers, and a constant.
    spread, more
        What its distance from the linear part is at most: multiples of M, and a constant.
    """

    ends: dict[End, int]
    constant: int
    spread: dict[Dim, int]
    more: int

    def plus(self, other: Magnitude, sign: int = 1) -> Magnitude:
        """Return the bound of the sum, or of the difference for `sign` -1."""
        return Magnitude(
            _sum(self.ends, {k: sign * v for k, v in other.ends.items()}),
            self.constant + sign * other.constant,
            _sum(self.spread, other.spread),
            self.more + other.more,
        )

    def times(self, c: int) -> Magnitude:
        """Return the bound of `c` times as much."""
        return Magnitude(
            {k: c * v for k, v in self.ends.items()},
            c * self.constant,
            {k: abs(c) * v for k, v in self.spread.items()},
            abs(c) * self.more,
        )

    def multiples(self) -> dict[Dim, int]:
        """Return how many times M of each buffer's dimension it is at most, beside `least`.

        The end less the min is the extent, which is at most M as they are.
        """
        total = dict(self.spread)
        for dim in dict.fromkeys(d for d, _ in self.ends):
            low, high = [self.ends.get((dim, e), 0) for e in ("min", "end")]
            one_way = low * high >= 0
            size = abs(low) + abs(high) if one_way else max(abs(low), abs(high))
            total[dim] = total.get(dim, 0) + size
        return {d: c for d, c in total.items() if c}

    def least(self) -> int:
        """Return what it is at most where all buffers are empty and at 0."""
        return abs(self.constant) + self.more

    def over(self, c: int) -> Magnitude:
        """Return the bound of the quotient by `c`, rounded either way."""
        flat = self.flat()
        spread = {k: -(-v // abs(c)) for k, v in flat.spread.items()}
        return Magnitude({}, 0, spread, flat.more // abs(c) + 1)

    def flat(self) -> Magnitude:
        """Return this bound without a linear part."""
        return Magnitude({}, 0, self.multiples(), self.least())


def at_most(n: int) -> Magnitude:
    """Return the bound of what lies in [-n, n]."""
    return Magnitude({}, 0, {}, n)


def exactly(n: int) -> Magnitude:
    """Return the bound of a constant."""
    return Magnitude({}, n, {}, 0)


def of_end(dim: Dim, what: str) -> Magnitude:
    """Return the bound of the ``min`` or ``end`` of a buffer's dimension."""
    return Magnitude({(dim, what): 1}, 0, {}, 0)


def largest(a: Magnitude, b: Magnitude) -> Magnitude:
    """Return the bound of what is either of two."""
    one, other = a.multiples(), b.multiples()
    spread = {d: max(one.get(d, 0), other.get(d, 0)) for d in one | other}
    return Magnitude({}, 0, spread, max(a.least(), b.least()))


def _sum(a: dict[K, int], b: dict[K, int]) -> dict[K, int]:
    return {k: a.get(k, 0) + b.get(k, 0) for k in a | b}


class Magnitudes:
    """Bounds of int32 and int64 expressions; None where nothing is known but the type.

    Parameters
    ----------
    fields
        Name of a buffer's field to its value where that is known, else to the field itself.
    names
        What is known of other names.
    """

    def __init__(self, fields: Mapping[str, FieldValue], names: dict[str, Magnitude]) -> None:
        self.fields, self.names = fields, names
        self._known: dict[int, tuple[Expr, Magnitude | None]] = {}

    def of(self, e: Expr) -> Magnitude | None:
        """Return the bound of `e`."""
        known = self._known.get(id(e))
        if known is None:
            known = self._known[id(e)] = (e, self._of(e))
        return known[1]

    def note(self, e: Expr, size: Magnitude) -> None:
        """Take `size` for the bound of `e` from now on."""
        self._known[id(e)] = (e, size)

    def _of(self, e: Expr) -> Magnitude | None:
        match e:
            case IntImm():
                return exactly(e.value)
            case Variable():
                return self._variable(e)
            case Add() | Sub() | Mul() | Div() | Mod() | Min() | Max():
                return self._binary(e)
            case Select():
                return _either(self.of(e.true_value), self.of(e.false_value))
            case Cast() if e.value.type.is_int() and e.value.type.bits() >= 32:
                return self.of(e.value)
            case Cast() if e.value.type.is_integral and e.value.type.bits() < 32:
                return at_most(1 << e.value.type.bits())
            case Call() if e.name in TRANSPARENT:
                return self.of(e.args[0])
            case Call() if shift_of(e) is not None:
                return _times(self.of(e.args[0]), exactly(1 << (shift_of(e) or 0)))
        return None

    def _variable(self, e: Variable) -> Magnitude | None:
        if e.name in self.names:
            return self.names[e.name]
        value = self.fields.get(e.name)
        if isinstance(value, tuple):
            dim, what = value
            low, end = of_end(dim, "min"), of_end(dim, "end")
            return low if what is Field.MIN else end.plus(low, -1)
        if value is not None:
            return self.of(value)
        if e.param is None or e.param.min is None or e.param.max is None or e.type.is_float():
            return None
        return at_most(int(max(abs(e.param.min), abs(e.param.max))))

    def _binary(self, e: Binary) -> Magnitude | None:
        a, b = self.of(e.a), self.of(e.b)
        match e:
            case Min() | Max():
                return _clamped(e, self) if a is None or b is None else largest(a, b)
            case Mod():
                return b
            case Div():
                c = as_const(e.b)
                return a and (a.over(int(c)) if c else a.over(1))
            case Mul():
                return _times(a, b)
        return None if a is None or b is None else a.plus(b, 1 if isinstance(e, Add) else -1)


def shift_of(e: Expr) -> int | None:
    """Return the constant by which `e` shifts left, if it does."""
    if not (isinstance(e, Call) and e.name == "shift_left"):
        return None
    count = as_const(e.args[1])
    return int(count) if count is not None and 0 <= count < e.type.bits() - 1 else None


def _either(a: Magnitude | None, b: Magnitude | None) -> Magnitude | None:
    return None if a is None or b is None else largest(a, b)


def _times(a: Magnitude | None, b: Magnitude | None) -> Magnitude | None:
    if a is None or b is None:
        return None
    for one, other in ((a, b), (b, a)):
        if not one.multiples():
            if not one.more:
                return other.times(one.constant)
            return other.flat().times(one.least())
    return None


def _clamped(e: Min | Max, sizes: Magnitudes) -> Magnitude | None:
    """Return the bound of max(min(x, high), low) or min(max(x, low), high), whatever x is."""
    for inner, end in ((e.a, e.b), (e.b, e.a)):
        if isinstance(inner, (Min, Max)) and type(inner) is not type(e):
            for other in (inner.a, inner.b):
                found = _either(sizes.of(end), sizes.of(other))
                if found is not None:
                    return found
    return None
