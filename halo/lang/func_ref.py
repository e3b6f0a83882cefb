"""FuncRef: a cell of a Func, to be read, assigned or accumulated into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from halo.errors import DefinitionError, user_location
from halo.ir.expr import Call, CallKind, Expr, const
from halo.ir.function import Function
from halo.ir.operators import add, as_expr, div, mul, sub
from halo.lang.coordinates import coordinate, coordinates, expand, has_placeholder
from halo.lang.definition import define_pure, define_update, implicit_count
from halo.lang.handle import Handle
from halo.lang.names import fresh_name
from halo.lang.var import Var
from halo.lang.walk import is_var


class FuncRef(Handle):
    """Cell `args` of a Func.

    It stands for its value; for a Func of Tuples ``cell[i]`` is element i. An augmented
    assignment such as ``f[r.x] += e`` adds an update definition, after the pure definition
    ``f[x] = 0`` (1 for products) where there is none.
    """

    __slots__ = ("_args", "function", "updated")

    def __init__(self, function: Function, args: tuple[Any, ...], updated: bool = False) -> None:
        self.function = function
        self.updated = updated
        self._args = args
        if function.is_defined:
            self._args = coordinates(function.name, args, function.dimensions)

    def _element(self, index: int) -> Call:
        function = self.function
        if not function.is_defined:
            raise DefinitionError(
                f"{function.name} is used before it is defined",
                where=user_location(),
                hint=f"define {function.name}[...] = ... first",
            )
        args = coordinates(function.name, self._args, function.dimensions)
        return Call(function.types[index], function.name, args, CallKind.FUNC, function, index)

    def _as_expr(self) -> Expr:
        if len(self.function.types) > 1:
            raise DefinitionError(
                f"{self.function.name} has {len(self.function.types)} values: "
                "its cell is no single expression",
                where=user_location(),
                hint=f"choose one: {self.function.name}[...][0]",
            )
        return self._element(0)

    def size(self) -> int:
        """Return the number of values in the cell."""
        return len(self)

    def __len__(self) -> int:
        return len(self.function.types)

    def __getitem__(self, index: int) -> Expr:
        count = len(self.function.types)
        if self.function.is_defined and not 0 <= index < count:
            raise DefinitionError(
                f"{self.function.name} has {count} values and none with number {index}",
                where=user_location(),
            )
        return self._element(index)

    def __iter__(self) -> Iterator[Expr]:
        return iter(self.elements())

    def elements(self) -> tuple[Expr, ...]:
        """Return the values of the cell, one per Tuple element."""
        return tuple(self._element(i) for i in range(max(len(self.function.types), 1)))

    def __iadd__(self, value: Any) -> FuncRef:  # type: ignore[override]
        return self._accumulate(add, value, 0)

    def __isub__(self, value: Any) -> FuncRef:  # type: ignore[override]
        return self._accumulate(sub, value, 0)

    def __imul__(self, value: Any) -> FuncRef:  # type: ignore[override]
        return self._accumulate(mul, value, 1)

    def __itruediv__(self, value: Any) -> FuncRef:  # type: ignore[override]
        return self._accumulate(div, value, 1)

    def _accumulate(self, op: Callable[[Any, Any], Expr], value: Any, start: int) -> FuncRef:
        function = self.function
        values = as_values(value)
        if not function.is_defined:
            exprs = tuple(as_expr(v) for v in values)
            args = self._args
            if has_placeholder(args):
                args = expand(args, implicit_count(exprs))
            pure = tuple(_pure_argument(function.name, i, a) for i, a in enumerate(args))
            define_pure(function, pure, tuple(const(e.type, start) for e in exprs))
        old = FuncRef(function, self._args)
        count = len(function.types)
        if len(values) != count:
            raise DefinitionError(
                f"{function.name} has {count} values, the update gives {len(values)}",
                where=user_location(),
            )
        new = tuple(op(old._element(i), v) for i, v in enumerate(values))
        define_update(function, self._args, new)
        return FuncRef(function, self._args, updated=True)

    def __repr__(self) -> str:
        return f"{self.function.name}[{', '.join(str(a) for a in self._args)}]"


def as_values(value: Any) -> tuple[Any, ...]:
    """Return the right side of a definition as a tuple, of one element unless it is a Tuple."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, FuncRef) and len(value.function.types) > 1:
        return value.elements()
    return (value,)


def _pure_argument(name: str, position: int, arg: Any) -> Any:
    e = coordinate(name, position, arg)
    return e if is_var(e) else Var(fresh_name("v"))
