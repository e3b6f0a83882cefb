"""Integer expressions as linear combinations: ``c0 + c1*atom1 + c2*atom2 + ...``."""

from __future__ import annotations

from functools import reduce
from math import gcd

from halo.ir.expr import Add, Expr, Mul, Sub, Variable, const
from halo.ir.types import Type

Terms = dict[int, tuple[Expr, int]]


class Linear:
    """A sum of atoms with integer coefficients, none zero, and a constant.

    `terms` is keyed by the structural key of the atom and keeps the order of first appearance.
    """

    __slots__ = ("constant", "terms")

    def __init__(self, terms: Terms, constant: int = 0) -> None:
        self.terms = terms
        self.constant = constant

    def plus(self, other: Linear, scale: int = 1) -> Linear:
        """Return self + scale*other."""
        terms = dict(self.terms)
        for key, (atom, c) in other.terms.items():
            known = terms.get(key)
            total = c * scale + (known[1] if known else 0)
            if total:
                terms[key] = (known[0] if known else atom, total)
            elif known:
                del terms[key]
        return Linear(terms, self.constant + scale * other.constant)

    def times(self, scale: int) -> Linear:
        """Return scale*self."""
        if scale == 0:
            return Linear({})
        terms = {k: (a, c * scale) for k, (a, c) in self.terms.items()}
        return Linear(terms, self.constant * scale)

    def offset(self, by: int) -> Linear:
        """Return self + by."""
        return Linear(self.terms, self.constant + by)

    def without(self, key: int) -> Linear:
        """Return self without the term of atom `key`."""
        return Linear({k: t for k, t in self.terms.items() if k != key}, self.constant)

    @property
    def size(self) -> int:
        """The number of summands."""
        return len(self.terms) + (self.constant != 0)

    @property
    def divisor(self) -> int:
        """The greatest common divisor of the coefficients, the constant left out."""
        return reduce(gcd, [c for _, c in self.terms.values()], 0)

    @property
    def identity(self) -> tuple[frozenset[tuple[int, int]], int]:
        """What equal combinations have in common, hashable."""
        return frozenset([(k, c) for k, (_, c) in self.terms.items()]), self.constant


def term_order(atom: Expr, c: int) -> tuple[bool, int, bool, str]:
    """Where a term stands in a sum: added ones, large strides and compound atoms first."""
    if isinstance(atom, Variable):
        return c < 0, -abs(c), True, atom.name
    return c < 0, -abs(c), False, ""


def build(lin: Linear, type: Type, *, ordered: bool = True) -> Expr:
    """Return `lin` as an expression of `type`, its coefficients reduced modulo 2**bits.

    The constant stands last; a sum starts with a term that is added, where there is one.
    """
    half = 1 << (type.bits() - 1)
    terms = [(a, (c + half) % (2 * half) - half) for a, c in lin.terms.values()]
    terms = [(a, c) for a, c in terms if c]
    constant = (lin.constant + half) % (2 * half) - half
    if ordered:
        terms.sort(key=lambda t: term_order(*t))
    else:
        terms.sort(key=lambda t: t[1] < 0)
    if not terms:
        return const(type, constant)
    first, c = terms[0]
    total: Expr
    if c == -1 or (c < 0 and constant):
        total = Sub(const(type, constant), _scaled(first, -c))
        constant = 0
    else:
        total = _scaled(first, c)
    for atom, c in terms[1:]:
        total = Add(total, _scaled(atom, c)) if c > 0 else Sub(total, _scaled(atom, -c))
    if constant > 0:
        return Add(total, const(type, constant))
    return Sub(total, const(type, -constant)) if constant else total


def _scaled(atom: Expr, c: int) -> Expr:
    return atom if c == 1 else Mul(atom, const(atom.type, c))
