"""FuncRef: a cell of a Func, to be read, assigned or accumulated into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from halo.errors import DefinitionError, user_location
from halo.ir.equality import equal
from halo.ir.expr import Call, CallKind, Expr, const
from halo.ir.function import Function
from halo.ir.operators import add, as_expr, div, mul, sub
from halo.lang.coordinates import coordinate, coordinates, expand, has_placeholder
from halo.lang.definition import define_pure, define_update, implicit_count
from halo.lang.handle import Handle
from halo.lang.names import fresh_name
from halo.lang.var import Var
from halo.lang.walk import is_var

_Op = Callable[[Any, Any], Expr]


class FuncTupleElementRef(Handle):
    """Value number `index` of a cell of several values."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def index(self) -> int:
        """Return which of the values it is."""
        return self._call.value_index

    def _as_expr(self) -> Expr:
        return self._call

    def __repr__(self) -> str:
        return str(self._call)


class PendingUpdate:
    """What a cell of a Func without a definition is to become: ``f[x] + e`` before ``f[x] = ...``.

    Assigned to the same cell it gives the Func a pure definition, 0 or 1, and this update. It has
    no value and no operators.
    """

    __slots__ = ("args", "function", "op", "start", "values")

    def __init__(
        self, function: Function, args: tuple[Any, ...], op: _Op, value: Any, start: int
    ) -> None:
        self.function = function
        self.args = args
        self.op = op
        self.values = as_values(value)
        self.start = start

    def define(self, function: Function, args: tuple[Any, ...]) -> None:
        """Define `function`, whose cell `args` this is assigned to.

        Raises
        ------
        DefinitionError
            It is another cell, or there is a definition by now.
        """
        name = self.function.name
        if function is not self.function or not _same_cell(name, args, self.args):
            raise DefinitionError(
                f"{name} is used before it is defined",
                where=user_location(),
                hint=f"define {name}[...] = ... first; what is made of {self!r} can be assigned to "
                f"{self!r} itself, not to {_cell(function.name, args)}",
            )
        if function.is_defined:
            raise DefinitionError(
                f"an update of {self!r} was made before {name} was defined, and {name} has a "
                "definition by now",
                where=user_location(),
                hint=f"make the update again: {self!r} = {self!r} + ...",
            )
        exprs = tuple(as_expr(v) for v in self.values)
        if has_placeholder(args):
            args = expand(args, implicit_count(exprs))
        pure = tuple(_pure_argument(name, i, a) for i, a in enumerate(args))
        define_pure(function, pure, tuple(const(e.type, self.start) for e in exprs))
        old = FuncRef(function, args).elements()
        define_update(function, args, tuple(self.op(o, v) for o, v in zip(old, exprs, strict=True)))

    def _as_expr(self) -> Expr:
        return FuncRef(self.function, self.args)._as_expr()

    def __repr__(self) -> str:
        return _cell(self.function.name, self.args)


class FuncRef(Handle):
    """Cell `args` of a Func.

    It stands for its value; for a Func of Tuples ``cell[i]`` is element i. An augmented
    assignment such as ``f[r.x] += e`` adds an update definition, after the pure definition
    ``f[x] = 0`` (1 for products) where there is none.
    """

    __slots__ = ("_args", "function")

    def __init__(self, function: Function, args: tuple[Any, ...]) -> None:
        self.function = function
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

    def __getitem__(self, index: int) -> FuncTupleElementRef:
        count = len(self.function.types)
        if self.function.is_defined and not 0 <= index < count:
            raise DefinitionError(
                f"{self.function.name} has {count} values and none with number {index}",
                where=user_location(),
            )
        return FuncTupleElementRef(self._element(index))

    def __iter__(self) -> Iterator[Expr]:
        return iter(self.elements())

    def elements(self) -> tuple[Expr, ...]:
        """Return the values of the cell, one per Tuple element."""
        return tuple(self._element(i) for i in range(max(len(self.function.types), 1)))

    def __repr__(self) -> str:
        return _cell(self.function.name, self._args)


def _combined(op: _Op, start: int, alone: bool) -> Callable[[FuncRef, Any], Any]:
    """Return the method for ``cell + e``, or for ``cell += e`` where not `alone`."""

    def method(self: FuncRef, value: Any) -> Any:
        function = self.function
        if not function.is_defined:
            return PendingUpdate(function, self._args, op, value, start)
        values = as_values(value)
        if alone and len(values) == 1:
            return op(self, value)
        old = self.elements()
        if len(values) != len(old):
            raise DefinitionError(
                f"{function.name} has {len(old)} values, the update gives {len(values)}",
                where=user_location(),
            )
        new = tuple(op(o, v) for o, v in zip(old, values, strict=True))
        return new[0] if len(new) == 1 else new

    return method


for _name, _op, _start in (("add", add, 0), ("sub", sub, 0), ("mul", mul, 1), ("truediv", div, 1)):
    setattr(FuncRef, f"__{_name}__", _combined(_op, _start, True))
    setattr(FuncRef, f"__i{_name}__", _combined(_op, _start, False))


def _same_cell(name: str, a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    if len(a) != len(b):
        return False
    pairs = zip(a, b, strict=True)
    return all(
        equal(coordinate(name, i, x), coordinate(name, i, y)) for i, (x, y) in enumerate(pairs)
    )


def _cell(name: str, args: tuple[Any, ...]) -> str:
    return f"{name}[{', '.join(str(a) for a in args)}]"


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
