"""Casts, choices and order: the functions of expressions that are no operators in Python."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.expr import Expr, Max, Min, Not, Reinterpret, Select
from halo.ir.intrinsics import intrinsic
from halo.ir.intrinsics import likely as _likely
from halo.ir.operators import as_expr, cast_to, common_type, match_types
from halo.ir.types import BFloat, Float, Int, Type, UInt
from halo.lang.func_ref import FuncRef
from halo.lang.tuple import Tuple


def cast(type: Type, e: Any) -> Expr:
    """Return `e` converted to `type`: integers wrap, float to integer truncates and saturates."""
    if isinstance(e, int) and not isinstance(e, bool) and type.is_integral:
        return as_expr(type.wrap(e), type)
    weak = isinstance(e, float) and type.is_float  # a number is rounded once, to its final type
    return cast_to(type, as_expr(e, type if weak else None))


def i8(e: Any) -> Expr:
    """Return `e` as int8."""
    return cast(Int(8), e)


def i16(e: Any) -> Expr:
    """Return `e` as int16."""
    return cast(Int(16), e)


def i32(e: Any) -> Expr:
    """Return `e` as int32."""
    return cast(Int(32), e)


def i64(e: Any) -> Expr:
    """Return `e` as int64."""
    return cast(Int(64), e)


def u8(e: Any) -> Expr:
    """Return `e` as uint8."""
    return cast(UInt(8), e)


def u16(e: Any) -> Expr:
    """Return `e` as uint16."""
    return cast(UInt(16), e)


def u32(e: Any) -> Expr:
    """Return `e` as uint32."""
    return cast(UInt(32), e)


def u64(e: Any) -> Expr:
    """Return `e` as uint64."""
    return cast(UInt(64), e)


def f16(e: Any) -> Expr:
    """Return `e` as float16."""
    return cast(Float(16), e)


def bf16(e: Any) -> Expr:
    """Return `e` as bfloat16."""
    return cast(BFloat(16), e)


def f32(e: Any) -> Expr:
    """Return `e` as float32."""
    return cast(Float(32), e)


def f64(e: Any) -> Expr:
    """Return `e` as float64."""
    return cast(Float(64), e)


def reinterpret(type: Type, e: Any) -> Expr:
    """Return the bits of `e` read as `type`, which has as many."""
    value = as_expr(e)
    if value.type.bits != type.bits:
        raise TypeMismatch(
            f"reinterpret from {value.type} to {type}: {value.type.bits} bits are not {type.bits}",
            where=user_location(),
        )
    return value if value.type == type else Reinterpret(type, value)


def select(*args: Any) -> Any:
    """Return the value that belongs to the first condition that holds.

    ``select(c0, v0, c1, v1, ..., otherwise)``. Values may be Tuples, all or none. Both sides may
    be evaluated, and must be harmless even where they are not chosen.

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
    result: Any = args[-1]
    for i in range(len(args) - 3, -1, -2):
        result = _choice(args[i], args[i + 1], result)
    return result


def _choice(condition: Any, yes: Any, no: Any) -> Expr | Tuple:
    c = as_expr(condition)
    if not c.type.is_bool:
        raise TypeMismatch(
            f"the condition of a select has type {c.type}, not bool",
            where=user_location(),
            hint="compare it: e != 0",
        )
    if _is_tuple(yes) or _is_tuple(no):
        a, b = _elements(yes), _elements(no)
        if len(a) != len(b):
            raise TypeMismatch(
                f"a select between {len(a)} and {len(b)} values", where=user_location()
            )
        return Tuple([Select(c, *match_types(x, y)) for x, y in zip(a, b, strict=True)])
    return Select(c, *match_types(yes, no))


def _is_tuple(value: Any) -> bool:
    return isinstance(value, tuple) or (isinstance(value, FuncRef) and len(value) > 1)


def _elements(value: Any) -> tuple[Any, ...]:
    if isinstance(value, FuncRef):
        return value.elements()
    return value if isinstance(value, tuple) else (value,)


def mux(index: Any, values: Any) -> Any:
    """Return ``values[index]``; the last value where the index is outside."""
    if not values:
        raise DefinitionError("mux needs one value at least", where=user_location())
    args = [part for i, v in enumerate(values[:-1]) for part in (as_expr(index) == i, v)]
    return select(*args, values[-1]) if args else as_expr(values[0])


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


def _limit(value: Any, type: Type) -> Expr:
    e = as_expr(value, type)
    wraps = e.type.is_uint and type.is_int and e.type.bits >= type.bits
    if common_type(e.type, type) != type or wraps:
        raise TypeMismatch(
            f"clamp of {type} to a limit of {e.type}",
            where=user_location(),
            hint="convert one of them, for instance halo.f32(...)",
        )
    return cast_to(type, e)


def abs(e: Any) -> Expr:
    """Return the absolute value; that of a signed integer is unsigned."""
    value = as_expr(e)
    return value if value.type.is_uint else intrinsic("abs", value)


def absd(a: Any, b: Any) -> Expr:
    """Return |a - b| without overflow; of integers it is unsigned."""
    return intrinsic("absd", *match_types(a, b))


def likely(e: Any) -> Expr:
    """Return `e`, marked as what holds in the steady state: loops are split to make it so."""
    return _likely(as_expr(e))


def logical_not(e: Any) -> Expr:
    """Return the negation of a bool."""
    value = as_expr(e)
    if not value.type.is_bool:
        raise TypeMismatch(f"logical_not of {value.type}, not bool", where=user_location())
    return Not(value)


def logical_and(*args: Any) -> Expr:
    """Return whether all of the bools hold."""
    return _logical("logical_and", args)


def logical_or(*args: Any) -> Expr:
    """Return whether one of the bools holds."""
    return _logical("logical_or", args)


def _logical(name: str, args: tuple[Any, ...]) -> Expr:
    exprs = [as_expr(a) for a in args]
    for e in exprs:
        if not e.type.is_bool:
            raise TypeMismatch(f"{name} of {e.type}, not bool", where=user_location())
    if not exprs:
        return as_expr(name == "logical_and")
    result = exprs[0]
    for e in exprs[1:]:
        result = result & e if name == "logical_and" else result | e
    return result
