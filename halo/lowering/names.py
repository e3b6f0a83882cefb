"""Names bound around a place in the loops, and expressions with their values in place of them."""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Expr
from halo.ir.simplify import simplify
from halo.ir.substitute import substitute


class Lets(list[tuple[str, Expr]]):
    """Names with their values, outermost first; a value may use the names before it.

    It grows at its end only, so that each value is worked out once.
    """

    __slots__ = ("_count", "_values")

    def __init__(self, lets: Sequence[tuple[str, Expr]] = ()) -> None:
        super().__init__(lets)
        self._count = 0
        self._values: dict[str, Expr] = {}

    def inline(self, e: Expr) -> Expr:
        """Return `e` with values in place of these names, in terms of what is bound outside."""
        for name, value in self[self._count :]:
            self._values[name] = simplify(substitute(value, self._values))
        self._count = len(self)
        return substitute(e, self._values)


Names = Sequence[Lets]
"""The names bound in each of the loops around, outermost first."""


def inline(e: Expr | None, names: Names) -> Expr:
    """Return an end of a region with values in place of `names`, simplified."""
    assert e is not None
    for lets in reversed(names):
        e = lets.inline(e)
    return simplify(e)
