"""Expressions in directives: of constants, Params and sizes of images and outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halo.errors import ScheduleError, user_location
from halo.ir.expr import Expr, Variable, as_const
from halo.ir.function import ReductionDomain
from halo.ir.operators import as_expr
from halo.ir.stored import NotStorable, expr_from_data, expr_to_data
from halo.ir.substitute import find, substitute


def has_value_outside(v: Variable) -> bool:
    """Whether `v` is a Param or a size, and no variable of loops."""
    return v.param is not None or not isinstance(v.source, ReductionDomain | None)


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression as part of a directive; two are equal if their stored texts are.

    Read back from JSON, its variables are names only, until `bound_to` gives them their meaning.
    """

    text: str
    expr: Expr = field(compare=False, repr=False)

    @staticmethod
    def of(value: Any) -> Formula:
        """Return `value`, a number or an expression, as a formula.

        Raises
        ------
        ScheduleError
            It reads cells of Funcs or images, or uses Vars or RVars.
        """
        e = as_expr(value)
        own = [v for v in find((e,), Variable) if not has_value_outside(v)]
        try:
            data = expr_to_data(e)
        except NotStorable as error:
            raise _refusal(str(error)) from None
        if own:
            raise _refusal(f"{e} uses {own[0].name}, which has a value only inside loops")
        return Formula(_text(data), e)

    @staticmethod
    def from_data(data: Any) -> Formula:
        """Return the formula that `to_data` gave `data` for.

        Raises
        ------
        ScheduleError
            The data are no expression.
        """
        try:
            return Formula(_text(data), expr_from_data(data))
        except (NotStorable, TypeError) as error:
            raise ScheduleError(f"in a stored schedule: {error}") from None

    def to_data(self) -> Any:
        """Return the formula as data for JSON."""
        return json.loads(self.text)

    def bound_to(self, variables: Mapping[str, Variable]) -> Formula:
        """Return the formula with names that `variables` knows made those variables."""
        unknown = {
            v.name: variables[v.name]
            for v in find((self.expr,), Variable)
            if v.param is None and v.source is None and v.name in variables
        }
        return Formula(self.text, substitute(self.expr, unknown)) if unknown else self

    def renamed(self, variables: Mapping[str, Variable]) -> Formula:
        """Return the formula with others in the place of the variables of these names."""
        if not any(v.name in variables for v in find((self.expr,), Variable)):
            return self
        return Formula.of(substitute(self.expr, variables))

    def __str__(self) -> str:
        return str(self.expr)


Size = int | Formula
"""What a directive takes for a number of cells or a coordinate."""


def size_of(value: Any) -> Any:
    """Return the Size that `value` stands for; what is no expression at all as it is.

    Raises
    ------
    ScheduleError
        It reads cells of Funcs or images, or uses Vars.
    """
    is_number = isinstance(value, Expr) or hasattr(value, "_as_expr") or hasattr(value, "__index__")
    if isinstance(value, bool) or not is_number:
        return value
    e = as_expr(value)
    known = as_const(e)
    return known if isinstance(known, int) else Formula.of(e)


def _text(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


def _refusal(reason: str) -> ScheduleError:
    hint = "use numbers, Params, and sizes of ImageParams and outputs"
    return ScheduleError(reason, where=user_location(), hint=hint)
