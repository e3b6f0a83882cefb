"""Order, magnitude, marks and logic: functions of expressions that are no operators in Python."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.expr import Expr, Max, Min
from halo.ir.intrinsics import intrinsic
from halo.ir.intrinsics import likely as _likely
from halo.ir.intrinsics import likely_if_innermost as _likely_if_innermost
from halo.ir.operators import as_expr, cast_to, common_type, match_types
from halo.ir.types import Type


def min(*args: Any) -> Expr:
    """Return the smallest of the arguments, of which there are two or more."""
    return _extreme("min", Min, args)


def max(*args: Any) -> Expr:
    """Return the largest of the arguments, of which there are two or more."""
    return _extreme("max", Max, args)


def _extreme(name: str, cls: type[Min] | type[Max], args: tuple[Any, ...]) -> Expr:
    if len(args) < 2:
        raise DefinitionError(
            f"{name} takes two arguments or more, not {len(args)}",
            where=user_location(),
            hint=f"over a reduction domain: halo.{name}imum(expression)",
        )
    result = args[-1]
    for a in reversed(args[:-1]):
        result = cls(*match_types(a, result))
    return as_expr(result)


def clamp(e: Any, low: Any, high: Any) -> Expr:
    """Return `e` limited to [low, high], in the type of `e`.

    Raises
    ------
    TypeMismatch
        A limit is of a type that the type of `e` does not include.
    """
    value = as_expr(e)
    return Max(Min(value, _limit(high, value.type)), _limit(low, value.type))


def _limit(value: Any, type: Type, name: str = "clamp") -> Expr:
    e = as_expr(value, type)
    wraps = e.type.is_uint() and type.is_int() and e.type.bits() >= type.bits()
    if common_type(e.type, type) != type or wraps:
        raise TypeMismatch(
            f"{name} of {type} to a limit of {e.type}",
            where=user_location(),
            hint="convert one of them, for instance halo.f32(...)",
        )
    return cast_to(type, e)


def abs(e: Any) -> Expr:
    """Return the absolute value; that of a signed integer is unsigned."""
    value = as_expr(e)
    return value if value.type.is_uint() else intrinsic("abs", value)


def absd(a: Any, b: Any) -> Expr:
    """Return |a - b| without overflow; of integers it is unsigned."""
    return intrinsic("absd", *match_types(a, b))


def likely(e: Any) -> Expr:
    """Return `e`, marked as what holds in the steady state: loops are split to make it so."""
    return _likely(as_expr(e))


def likely_if_innermost(e: Any) -> Expr:
    """Return `e`, marked as `likely` where no loop is inside the one that would be split."""
    return _likely_if_innermost(as_expr(e))


def unsafe_promise_clamped(value: Any, low: Any, high: Any) -> Expr:
    """Return `value`, promised to lie in [low, high]; what is computed and read relies on it.

    Where the promise is broken cells outside their array may be read or written. ``clamp`` costs
    two instructions and keeps the promise.

    Raises
    ------
    TypeMismatch
        A limit is of a type that the type of `value` does not include.
    """
    e = as_expr(value)
    ends = [_limit(v, e.type, "unsafe_promise_clamped") for v in (low, high)]
    return intrinsic("promise_clamped", e, *ends)


def strict_float(e: Any) -> Expr:
    """Return `e`: halo never reassociates, and contracts only what docs/semantics.md says."""
    return as_expr(e)


def logical_and(*args: Any) -> Expr:
    """Return whether all of the bools hold."""
    return _logical("logical_and", args)


def logical_or(*args: Any) -> Expr:
    """Return whether one of the bools holds."""
    return _logical("logical_or", args)


def _logical(name: str, args: tuple[Any, ...]) -> Expr:
    exprs = [as_expr(a) for a in args]
    for e in exprs:
        if not e.type.is_bool():
            raise TypeMismatch(f"{name} of {e.type}, not bool", where=user_location())
    if not exprs:
        return as_expr(name == "logical_and")
    result = exprs[0]
    for e in exprs[1:]:
        result = result & e if name == "logical_and" else result | e
    return result
