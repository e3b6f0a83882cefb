"""Param: a scalar that is given when the compiled function is called."""

from __future__ import annotations

from typing import Any

from halo.errors import BufferError, DefinitionError, user_location
from halo.ir.expr import Expr, Variable, as_const, const
from halo.ir.function import Parameter
from halo.ir.no_expr import NoExpr, given
from halo.ir.types import Type
from halo.lang.casts import need_type
from halo.lang.handle import Handle
from halo.lang.names import fresh_name, unique_name
from halo.lang.values import value_of_type

Number = int | float | bool


class Param(Handle):
    """A scalar parameter.

    Parameters
    ----------
    type
        Type of its value.
    name
        Name in the generated code; a fresh one by default.
    value
        Value until `set` changes it.
    min, max
        Range that the value is promised to stay in. It is checked when the compiled function is
        called, and code is made for it.
    """

    __slots__ = ("_parameter", "_variable")

    def __init__(
        self,
        type: Type,
        name: str | Number = "",
        value: Number | None = None,
        min: Number | None = None,
        max: Number | None = None,
    ) -> None:
        need_type("Param", type)
        if not isinstance(name, str):
            value, name = name, ""
        own_name = unique_name(name) if name else fresh_name("p")
        self._parameter = Parameter(own_name, type)
        self._variable = Variable(type, own_name, self._parameter)
        self.set_range(min, max)
        if value is not None:
            self.set(value)

    def name(self) -> str:
        """Return the name."""
        return self._parameter.name

    def type(self) -> Type:
        """Return the type of the value."""
        return self._parameter.type

    def parameter(self) -> Parameter:
        """Return the data behind this handle."""
        return self._parameter

    def set(self, value: Number) -> None:
        """Give the parameter its value.

        Raises
        ------
        BufferError
            The type cannot hold `value`, or it is outside the promised range.
        """
        self._parameter.value = parameter_value(self._parameter, value)

    def get(self) -> int | float | None:
        """Return the value, None if none has been given."""
        return self._parameter.value

    def set_range(self, min: Any, max: Any) -> None:
        """Promise that the value stays in [min, max], constants; None leaves a side open.

        Raises
        ------
        DefinitionError
            A limit is no constant, or no value lies between them.
        """
        p = self._parameter
        low, high = _limit(p, min), _limit(p, max)
        if low is not None and high is not None and low > high:
            raise DefinitionError(
                f"the range [{low}, {high}] of Param {p.name} holds no value",
                where=user_location(),
                hint="the smaller limit comes first",
            )
        p.min, p.max = low, high

    def set_min_value(self, min: Any) -> None:
        """Promise that the value is never smaller than `min`."""
        self.set_range(min, self._parameter.max)

    def set_max_value(self, max: Any) -> None:
        """Promise that the value is never larger than `max`."""
        self.set_range(self._parameter.min, max)

    def min_value(self) -> Expr | NoExpr:
        """Return the promised minimum, `Expr()` if there is none."""
        p = self._parameter
        return NoExpr() if p.min is None else const(p.type, p.min)

    def max_value(self) -> Expr | NoExpr:
        """Return the promised maximum, `Expr()` if there is none."""
        p = self._parameter
        return NoExpr() if p.max is None else const(p.type, p.max)

    def set_estimate(self, value: Number) -> None:
        """Say which value is typical; nothing depends on it but schedules made by a program."""
        self._parameter.estimate = _checked(self._parameter, value)

    def estimate(self) -> int | float | None:
        """Return the typical value, None if nobody said."""
        return self._parameter.estimate

    def _as_expr(self) -> Expr:
        return self._variable

    def __repr__(self) -> str:
        return f"Param({self._parameter.type}, {self._parameter.name!r})"


def _limit(p: Parameter, value: Any) -> int | float | None:
    """Return a limit of the range as the parameter's type holds it."""
    if given(value) is None:
        return None
    known = as_const(value) if isinstance(value, Expr) else value
    if known is None or hasattr(value, "_as_expr"):
        raise DefinitionError(
            f"the range of Param {p.name} is not constant: {value}",
            where=user_location(),
            hint="what depends on other values is checked by halo.require(condition, value)",
        )
    return _checked(p, known)


def _checked(p: Parameter, value: Any) -> int | float:
    return value_of_type(p.type, value, f"Param {p.name}")


def parameter_value(p: Parameter, value: Any) -> int | float:
    """Return `value` as parameter `p` holds it.

    Raises
    ------
    BufferError
        The type cannot hold `value`, or it is outside the promised range.
    """
    checked = _checked(p, value)
    if (p.min is not None and checked < p.min) or (p.max is not None and checked > p.max):
        low = "-inf" if p.min is None else p.min
        high = "inf" if p.max is None else p.max
        raise BufferError(
            f"{value} is outside the range [{low}, {high}] of Param {p.name}",
            where=user_location(),
            hint="set_range changes the range",
        )
    return checked
