"""Tuple: several values in one definition."""

from __future__ import annotations

from typing import Any

from halo.errors import TypeMismatch, user_location
from halo.ir.expr import Expr
from halo.ir.operators import as_expr
from halo.lang.func_ref import FuncRef


class Tuple(tuple[Expr, ...]):
    """Several expressions: the value of a Func whose cells hold more than one thing.

    Parameters
    ----------
    values
        The expressions, or one sequence of them, or the cell of a Func with several values.
    """

    __slots__ = ()

    def __new__(cls, *values: Any) -> Tuple:
        if len(values) == 1 and isinstance(values[0], (tuple, list)):
            values = tuple(values[0])
        elif len(values) == 1 and isinstance(values[0], FuncRef):
            values = values[0].elements()
        if not values:
            raise TypeMismatch("a Tuple needs one value at least", where=user_location())
        return super().__new__(cls, [as_expr(v) for v in values])

    def size(self) -> int:
        """Return the number of values."""
        return len(self)

    def __repr__(self) -> str:
        return f"Tuple({', '.join(str(e) for e in self)})"
