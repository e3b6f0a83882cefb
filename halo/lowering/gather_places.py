"""Scattered places as sums, modulo 2**32: what is the same in every lane, and what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from halo.ir.equality import StructuralKeys
from halo.ir.expr import Add, Broadcast, Cast, Expr, IntImm, Mul, Ramp, Sub, const, i64
from halo.ir.types import Int, Type, UInt

_MOST_TERMS = 16
"""Products of sums with more terms than this stay products."""

_WORD = UInt(32)


class NotNarrow(Exception):
    """Lanes of 64 bits that no sum of narrower ones makes."""


@dataclass(frozen=True, slots=True)
class Term:
    """``count * product(factors) * lanes``: factors are scalars, lanes a vector of uint32, or 1."""

    count: int
    factors: tuple[Expr, ...] = ()
    lanes: Expr | None = None

    def times(self, other: Term) -> Term:
        """Return the product with a term, only one of which has lanes."""
        lanes = self.lanes if other.lanes is None else other.lanes
        return Term(self.count * other.count, self.factors + other.factors, lanes)


Key = tuple[int, ...]
Sum = dict[Key, Term]
"""What is added, by a number that equal products share."""


class Places:
    """Splits indices; `keys` numbers what they are made of."""

    def __init__(self, keys: StructuralKeys) -> None:
        self._keys = keys

    def split(self, index: Expr) -> tuple[Sum, Sum]:
        """Return the lanes of an index and what is added to all of them, modulo 2**32.

        Raises
        ------
        NotNarrow
            The lanes are 64 bits wide already.
        """
        lanes: Sum = {}
        base: Sum = {}
        for term in _terms(index):
            self._add(base if term.lanes is None else lanes, term)
        return lanes, base

    def difference(self, a: Sum, b: Sum) -> Sum:
        """Return a - b."""
        made = dict(a)
        for term in b.values():
            self._add(made, Term(-term.count, term.factors, term.lanes))
        return made

    def _add(self, total: Sum, term: Term) -> None:
        factors = sorted(self._keys.key(f) for f in term.factors)
        key = (0 if term.lanes is None else 1 + self._keys.key(term.lanes), *factors)
        count = term.count + (total[key].count if key in total else 0)
        total.pop(key, None)
        if count:
            total[key] = Term(count, term.factors, term.lanes)


def scalar_of(total: Sum) -> Expr:
    """Return a sum without lanes as int64."""
    made: Expr = i64(0)
    for term in sorted(total.values(), key=lambda t: t.count < 0):
        product = _product([i64(abs(term.count)), *term.factors])
        if isinstance(made, IntImm) and made.value == 0 and term.count > 0:
            made = product
        else:
            made = Sub(made, product) if term.count < 0 else Add(made, product)
    return made


def lanes_of(total: Sum) -> Expr:
    """Return a sum of lanes as uint32: what is multiplied by one factor is added first."""
    groups: dict[Key, list[Term]] = {}
    for (_, *factors), term in sorted(total.items(), key=lambda item: item[0]):
        groups.setdefault((term.count, *factors), []).append(term)
    parts = [_times(group) for group in groups.values()]
    return reduce(Add, parts)


def _times(group: list[Term]) -> Expr:
    lanes = reduce(Add, [t.lanes for t in group if t.lanes is not None])
    count, factors = group[0].count, group[0].factors
    if count == 1 and not factors:
        return lanes
    by: Expr = const(_WORD, count % (1 << 32))
    if factors:
        by = Cast(_WORD, _product([i64(count), *factors]))
    return Mul(lanes, Broadcast(by, lanes.type.lanes()))


def _product(factors: Iterable[Expr]) -> Expr:
    rest = [f for f in factors if not (isinstance(f, IntImm) and f.value == 1)]
    return reduce(Mul, rest) if rest else i64(1)


def _terms(e: Expr) -> Iterator[Term]:
    match e:
        case IntImm():
            yield Term(e.value)
        case Broadcast():
            yield from _terms(e.value)
        case Add() | Sub() if _is_ring(e.type):
            yield from _terms(e.a)
            for term in _terms(e.b):
                yield Term(term.count if isinstance(e, Add) else -term.count, *_rest(term))
        case Mul() if _is_ring(e.type):
            yield from _of_product(e)
        case Cast() if _is_ring(e.type) and _is_ring(e.value.type):
            yield from _terms(e.value)
        case Ramp() if _is_ring(e.type):
            yield from _terms(e.base)
            ramp = Ramp(const(_WORD, 0), const(_WORD, 1), e.lanes)
            for term in _terms(e.stride):
                yield term.times(Term(1, lanes=ramp))
        case _:
            yield _leaf(e)


def _rest(term: Term) -> tuple[tuple[Expr, ...], Expr | None]:
    return term.factors, term.lanes


def _of_product(e: Mul) -> Iterator[Term]:
    a, b = list(_terms(e.a)), list(_terms(e.b))
    two = any(t.lanes is not None for t in a) and any(t.lanes is not None for t in b)
    if two or len(a) * len(b) > _MOST_TERMS:
        yield _leaf(e)
        return
    for one in a:
        for other in b:
            yield one.times(other)


def _leaf(e: Expr) -> Term:
    t = e.type
    if t.is_scalar():
        return Term(1, (e if t == Int(64) else Cast(Int(64), e),))
    inner = e.value if isinstance(e, Cast) and e.value.type.is_integral else e
    if inner.type.bits() > 32:
        raise NotNarrow
    return Term(1, lanes=Cast(UInt(32, t.lanes()), inner))


def _is_ring(t: Type) -> bool:
    """Whether the low 32 bits of sums and products are those of the operands' low bits."""
    return t.is_integral and t.bits() >= 32
