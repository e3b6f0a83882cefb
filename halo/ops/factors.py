"""Products of sizes as multisets of factors, so that equal ones are seen to be equal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd

from halo.ir.equality import equal
from halo.ir.expr import Expr, Mul
from halo.ops.index import floor_div, known, product, remainder, times


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """The product of `number` and of `symbols`, Exprs that are neither constants nor products."""

    number: int = 1
    symbols: tuple[Expr, ...] = ()

    def __mul__(self, other: Factors) -> Factors:
        return Factors(self.number * other.number, self.symbols + other.symbols)

    def equals(self, other: Factors) -> bool:
        """Whether both are the same product, as far as their factors tell."""
        return (
            self.number == other.number
            and len(self.symbols) == len(other.symbols)
            and not _without(self.symbols, other.symbols)
        )

    def expr(self) -> Expr:
        """Return the product as an Expr."""
        return times(self.number, product(self.symbols))


def factors(e: Expr) -> Factors:
    """Return the factors of a size."""
    value = known(e)
    if value is not None:
        return Factors(value)
    if isinstance(e, Mul):
        return factors(e.a) * factors(e.b)
    return Factors(1, (e,))


def factors_of_all(sizes: Iterable[Expr]) -> Factors:
    """Return the factors of the product of `sizes`."""
    result = Factors()
    for size in sizes:
        result = result * factors(size)
    return result


def quotient(a: Factors, b: Factors) -> tuple[Expr, Expr]:
    """Return a / b, with common factors cancelled, and the remainder of what is left.

    The remainder is the constant 0 where the division is known to be exact.
    """
    top, bottom = _without(a.symbols, b.symbols), _without(b.symbols, a.symbols)
    number, divisor = a.number, b.number
    if divisor != 0 and number % divisor == 0:
        number, divisor = number // divisor, 1
    left, right = Factors(number, top).expr(), Factors(divisor, bottom).expr()
    return floor_div(left, right), remainder(left, right)


def rest_of(a: Factors, b: Factors) -> tuple[Expr, Expr]:
    """Return what is left of two products when their common factors are struck out."""
    common = gcd(a.number, b.number) or 1
    left = Factors(a.number // common, _without(a.symbols, b.symbols))
    right = Factors(b.number // common, _without(b.symbols, a.symbols))
    return left.expr(), right.expr()


def _without(a: tuple[Expr, ...], b: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Return the elements of `a` left when those of `b` are struck out one for one."""
    rest = list(a)
    for x in b:
        for i, y in enumerate(rest):
            if equal(x, y):
                del rest[i]
                break
    return tuple(rest)
