"""Var: the name of a dimension; and the implicit variables."""

from __future__ import annotations

from halo.ir.expr import Expr, Variable
from halo.ir.types import Int
from halo.lang.handle import Handle
from halo.lang.names import fresh_name, need_text


class Var(Handle):
    """A dimension of a Func: on the left of a definition it binds, on the right it is used.

    Two Vars of one name are the same variable.

    Parameters
    ----------
    name
        Its name; a fresh one by default.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str = "") -> None:
        self._name = need_text("Var", name) or fresh_name("v")

    def name(self) -> str:
        """Return the name."""
        return self._name

    def same_as(self, other: Var) -> bool:
        """Whether `other` is the same variable."""
        return self._name == other._name

    def is_placeholder(self) -> bool:
        """Whether this is ``_``, which stands for any number of implicit variables."""
        return self._name == "_"

    def is_implicit(self) -> bool:
        """Whether this is one of ``_0``, ``_1``, ..., or ``_``."""
        return self.is_placeholder() or implicit_number(self._name) is not None

    def implicit_index(self) -> int:
        """Return n of implicit variable ``_n``, -1 of any other."""
        number = implicit_number(self._name)
        return -1 if number is None else number

    @staticmethod
    def implicit(n: int) -> Var:
        """Return implicit variable ``_n``, what the n-th dimension under ``_`` is called."""
        return Var(f"_{n}")

    @staticmethod
    def outermost() -> Var:
        """Return the Var of Halide for the place outside all loops of a Func.

        halo has no loop there: what would be computed at it is computed at the root.
        """
        return Var("__outermost")

    def _as_expr(self) -> Expr:
        return Variable(Int(32), self._name)

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"Var({self._name!r})"


IMPLICIT: tuple[Var, ...] = tuple(Var.implicit(n) for n in range(10))
"""The variables ``_0`` to ``_9``."""

PLACEHOLDER = Var("_")
"""The variable ``_``: as many implicit variables as there are dimensions left."""

_0, _1, _2, _3, _4, _5, _6, _7, _8, _9 = IMPLICIT

_NUMBERS: dict[str, int] = {var.name(): n for n, var in enumerate(IMPLICIT)}


def implicit_number(name: str) -> int | None:
    """Return n if `name` is that of implicit variable ``_n``, else None."""
    return _NUMBERS.get(name)


def vars(names: str) -> tuple[Var, ...]:
    """Return a Var for each name in `names`, which are separated by blanks."""
    return tuple(Var(name) for name in need_text("vars", names).split())
