"""Choices: select and mux, of expressions and of Tuples."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.expr import EQ, Expr, Select, const
from halo.ir.operators import as_expr, cast_to, match_types, need_integers
from halo.ir.types import Int
from halo.lang.func_ref import FuncRef
from halo.lang.tuple import Tuple


def select(*args: Any) -> Any:
    """Return the value that belongs to the first condition that holds.

    ``select(c0, v0, c1, v1, ..., otherwise)``. Values may be Tuples, all or none, and then a
    condition too, element by element. Both sides may be evaluated, and must be harmless even
    where they are not chosen.

    Raises
    ------
    DefinitionError
        The number of arguments is even or less than three.
    TypeMismatch
        A condition is not a bool, or Tuples of different lengths are mixed.
    """
    if len(args) < 3 or len(args) % 2 == 0:
        raise DefinitionError(
            f"select takes pairs of condition and value, then the value otherwise: "
            f"an odd number of arguments, not {len(args)}",
            where=user_location(),
        )
    if len({_is_tuple(condition) for condition in args[:-1:2]}) > 1:
        raise TypeMismatch(
            "a select may not mix conditions that are Tuples with conditions that are not",
            where=user_location(),
        )
    result: Any = args[-1]
    for i in range(len(args) - 3, -1, -2):
        result = _choice(args[i], args[i + 1], result)
    return result


def _choice(condition: Any, yes: Any, no: Any) -> Expr | Tuple:
    if _is_tuple(condition) or _is_tuple(yes) or _is_tuple(no):
        conditions, a, b = _elements(condition), _elements(yes), _elements(no)
        if len(conditions) == 1:
            conditions *= len(a)
        if not len(conditions) == len(a) == len(b):
            raise TypeMismatch(
                f"a select between {len(a)} and {len(b)} values, by {len(conditions)} conditions",
                where=user_location(),
            )
        return Tuple([_chosen(*one) for one in zip(conditions, a, b, strict=True)])
    return _chosen(condition, yes, no)


def _chosen(condition: Any, yes: Any, no: Any) -> Expr:
    c = as_expr(condition)
    if not c.type.is_bool():
        raise TypeMismatch(
            f"the condition of a select has type {c.type}, not bool",
            where=user_location(),
            hint="compare it: e != 0",
        )
    return Select(c, *match_types(yes, no))


def _is_tuple(value: Any) -> bool:
    return isinstance(value, tuple) or (isinstance(value, FuncRef) and len(value) > 1)


def _elements(value: Any) -> tuple[Any, ...]:
    if isinstance(value, FuncRef):
        return value.elements()
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def mux(index: Any, values: Any) -> Any:
    """Return ``values[index]``; the last value where the index is outside.

    Parameters
    ----------
    index
        An integer expression.
    values
        A sequence of expressions, a Tuple or a cell of several values; or a sequence of Tuples,
        all of one length, for a Tuple.

    Raises
    ------
    DefinitionError
        There is no value.
    TypeMismatch
        The index is no integer, or the Tuples are of different lengths.
    """
    candidates = _elements(values)
    if not candidates:
        raise DefinitionError("mux needs one value at least", where=user_location())
    i = as_expr(index)
    need_integers("the index of mux", i)
    if i.type.bits() < 32:
        i = cast_to(Int(32), i)  # there may be more values than a narrow type counts
    result: Any = candidates[-1] if _is_tuple(candidates[-1]) else as_expr(candidates[-1])
    for n in range(len(candidates) - 2, -1, -1):
        result = _choice(EQ(i, const(i.type, n)), candidates[n], result)
    return result
