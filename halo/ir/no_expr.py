"""The expression that is not there: ``Expr()``, which leaves a bound or a promise open."""

from __future__ import annotations

from typing import Any, NoReturn

from halo.errors import DefinitionError, user_location


class NoExpr:
    """No expression. It may stand where None may, and nowhere else."""

    __slots__ = ()

    def defined(self) -> bool:
        """Whether this is an expression: never."""
        return False

    def _as_expr(self) -> NoReturn:
        raise DefinitionError(
            "an Expr without a value is used",
            where=user_location(),
            hint="Expr() is none: ask e.defined(), or give it a value before",
        )

    def __repr__(self) -> str:
        return "Expr()"


def given(value: Any) -> Any:
    """Return `value`, None for an expression that is not there."""
    return None if isinstance(value, NoExpr) else value
