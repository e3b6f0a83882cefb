"""Coordinates: what stands in the brackets of a Func, an ImageParam or a Buffer."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.expr import Expr
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int, Type
from halo.lang.var import IMPLICIT, Var

_INT32 = Int(32)


def as_key(key: Any) -> tuple[Any, ...]:
    """Return what Python passes for ``[...]``, which may be one list, as a tuple."""
    return tuple(key) if isinstance(key, (tuple, list)) else (key,)


def has_placeholder(args: tuple[Any, ...]) -> bool:
    """Whether the variable ``_`` stands among `args`."""
    return any(isinstance(a, Var) and a.is_placeholder() for a in args)


def expand(args: tuple[Any, ...], implicit: int) -> tuple[Any, ...]:
    """Return `args` with ``_`` replaced by the first `implicit` implicit variables."""
    out: list[Any] = []
    for a in args:
        if isinstance(a, Var) and a.is_placeholder():
            out.extend(IMPLICIT[: max(implicit, 0)])
            implicit = 0
        else:
            out.append(a)
    return tuple(out)


def coordinates(name: str, args: tuple[Any, ...], dimensions: int) -> tuple[Expr, ...]:
    """Return `args` as int32 expressions, one for each dimension of `name`.

    Raises
    ------
    DefinitionError
        There are more or fewer than `dimensions`.
    TypeMismatch
        One is not an integer that int32 holds.
    """
    if has_placeholder(args):
        args = expand(args, dimensions - len(args) + 1)
    if len(args) != dimensions:
        raise DefinitionError(
            f"{name} has {dimensions} dimensions, used with {len(args)} coordinates",
            where=user_location(),
            hint=f"write {name}[{', '.join(_example(dimensions))}]",
        )
    return tuple(coordinate(name, i, a) for i, a in enumerate(args))


def coordinate(name: str, position: int, value: Any) -> Expr:
    """Return `value` as an int32 expression, coordinate number `position` of `name`."""
    e = as_expr(value)
    if not _fits(e.type):
        raise TypeMismatch(
            f"coordinate {position} of {name} has type {e.type}, not int32",
            where=user_location(),
            hint="convert it where it is meant: halo.i32(...)",
        )
    return cast_to(_INT32, e)


def _fits(t: Type) -> bool:
    return t.is_scalar() and (t == _INT32 or (t.is_integral and t.bits() < 32))


def _example(dimensions: int) -> list[str]:
    names = ["x", "y", "z", "w"]
    return names[:dimensions] if dimensions <= 4 else [f"x{i}" for i in range(dimensions)]
