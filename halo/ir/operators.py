"""Python's operators on expressions: type matching, constants, and the node that results.

Types match as in Halide: a Python number takes the other operand's type (an int beside a float
becomes that float, a float beside an integer makes both float32); otherwise float wins over
integer, the wider type wins, and of a signed and an unsigned integer the result is signed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from halo.errors import TypeMismatch, user_location
from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    NE,
    Add,
    And,
    Call,
    CallKind,
    Cast,
    Div,
    Expr,
    FloatImm,
    IntImm,
    Mod,
    Mul,
    Not,
    Or,
    Sub,
    as_const,
    const,
)
from halo.ir.intrinsics import intrinsic
from halo.ir.types import Bool, Float, Int, Type, TypeCode, type_of_dtype

_LIMIT = 1 << 31


def as_expr(value: Any, like: Type | None = None) -> Expr:
    """Return `value` as an expression; a Python number takes the type `like` where it can.

    Anything with a method ``_as_expr`` (Var, Func cell, Param, ...) is asked for its expression.

    Raises
    ------
    TypeMismatch
        `value` is not an expression, or a Python int that `like` cannot hold.
    """
    if isinstance(value, Expr):
        return value
    convert = getattr(value, "_as_expr", None)
    if convert is not None:
        made: Expr = convert()
        return made
    if isinstance(value, (bool, np.bool_)):
        return const(like if like is not None else Bool(), bool(value))
    if isinstance(value, np.generic):
        own = type_of_dtype(value.dtype)
        if own is not None:
            return const(own, value.item())
    if isinstance(value, int):
        return _int_constant(value, like)
    if isinstance(value, float):
        return const(like if like is not None and like.is_float() else Float(32), value)
    raise TypeMismatch(
        f"{value!r} of type {type(value).__name__} is not an expression", where=user_location()
    )


def _int_constant(value: int, like: Type | None) -> Expr:
    if like is not None and (like.is_float() or like.can_represent(value)):
        return const(like, value)
    if like is None and -_LIMIT <= value < _LIMIT:
        return const(Int(32), value)
    if not -_LIMIT <= value < _LIMIT and Int(64).can_represent(value):
        return const(Int(64), value)  # the other operand is widened, as in Halide
    raise TypeMismatch(
        f"the constant {value} does not fit into {like}",
        where=user_location(),
        hint=f"cast the other operand to a wider type, or write halo.cast for {like}",
    )


def cast_to(type: Type, e: Expr) -> Expr:
    """Return `e` converted to `type` (its lanes kept); constants are converted now."""
    type = type.with_lanes(e.type.lanes())
    if e.type == type:
        return e
    if isinstance(e, IntImm):
        return const(type, e.value)
    if isinstance(e, FloatImm) and type.is_float():
        return const(type, e.value)
    return Cast(type, e)


def common_type(a: Type, b: Type) -> Type:
    """Return the type that operands of types `a` and `b` are both converted to."""
    if a == b:
        return a
    if a.is_float() or b.is_float():
        if a.is_float() and b.is_float():
            if a.bits() == b.bits():  # float16 with bfloat16
                return Float(32, a.lanes())
            return a if a.bits() > b.bits() else b
        return a if a.is_float() else b
    if a.is_uint() and b.is_uint():
        return a if a.bits() > b.bits() else b
    return Type(TypeCode.INT, max(a.bits(), b.bits()), a.lanes())


def match_types(a: Any, b: Any) -> tuple[Expr, Expr]:
    """Return both operands as expressions of their common type."""
    a_is, b_is = _is_typed(a), _is_typed(b)
    if a_is and not b_is:
        a = as_expr(a)
        b = as_expr(b, None if isinstance(b, float) and not a.type.is_float() else a.type)
    elif b_is and not a_is:
        b = as_expr(b)
        a = as_expr(a, None if isinstance(a, float) and not b.type.is_float() else b.type)
    else:
        a, b = as_expr(a), as_expr(b)
    t = common_type(a.type, b.type)
    return cast_to(t, a), cast_to(t, b)


def _is_typed(value: Any) -> bool:
    return isinstance(value, (Expr, np.generic)) or hasattr(value, "_as_expr")


def _fold(
    op: Callable[[int, int], int], make: Callable[[Expr, Expr], Expr], a: Expr, b: Expr
) -> Expr:
    if isinstance(a, IntImm) and isinstance(b, IntImm):
        return const(a.type, op(a.value, b.value))
    return make(a, b)


def euclid_div(a: int, b: int) -> int:
    """Return the quotient whose remainder is not negative; 0 for b == 0."""
    if b == 0:
        return 0
    return (a - a % abs(b)) // b


def euclid_mod(a: int, b: int) -> int:
    """Return the remainder of `euclid_div`, in [0, |b|); 0 for b == 0."""
    return a % abs(b) if b else 0


def add(a: Any, b: Any) -> Expr:
    """a + b."""
    a, b = match_types(a, b)
    return _fold(lambda x, y: x + y, Add, a, b)


def sub(a: Any, b: Any) -> Expr:
    """a - b."""
    a, b = match_types(a, b)
    return _fold(lambda x, y: x - y, Sub, a, b)


def mul(a: Any, b: Any) -> Expr:
    """a * b."""
    a, b = match_types(a, b)
    return _fold(lambda x, y: x * y, Mul, a, b)


def div(a: Any, b: Any) -> Expr:
    """a / b; of integers the Euclidean quotient."""
    a, b = match_types(a, b)
    return _fold(euclid_div, Div, a, b)


def floordiv(a: Any, b: Any) -> Expr:
    """a // b: the Euclidean quotient of integers, floor(a / b) of floats."""
    a, b = match_types(a, b)
    return intrinsic("floor", Div(a, b)) if a.type.is_float() else div(a, b)


def mod(a: Any, b: Any) -> Expr:
    """a % b."""
    a, b = match_types(a, b)
    return _fold(euclid_mod, Mod, a, b)


def power(a: Any, b: Any) -> Expr:
    """a ** b.

    A constant integer exponent that is not negative gives products, in any type; everything else
    the float function ``pow``, integers being converted to float32.
    """
    exponent = b if isinstance(b, (int, float)) else as_const(b) if isinstance(b, Expr) else None
    count = number_of_factors(exponent)
    if count is not None:
        base = as_expr(a)
        if base.type.is_float() or isinstance(exponent, int):
            return _product(base, count)
    a, b = match_types(a, b)
    t = a.type if a.type.is_float() else Float(32, a.type.lanes())
    wide = t if t.bits() >= 32 else Float(32, t.lanes())
    args = (cast_to(wide, a), cast_to(wide, b))
    return cast_to(t, Call(wide, "pow", args, CallKind.MATH))


def number_of_factors(exponent: int | float | None) -> int | None:
    """Return `exponent` where it is an integer that is not negative, else None."""
    if exponent is None or not 0 <= exponent < math.inf or exponent != int(exponent):
        return None
    return int(exponent)


def _product(base: Expr, exponent: int) -> Expr:
    """Return `base` multiplied with itself by repeated squaring."""
    result: Expr | None = None
    while exponent:
        if exponent & 1:
            result = base if result is None else mul(result, base)
        exponent >>= 1
        if exponent:
            base = mul(base, base)
    return result if result is not None else const(base.type, 1)


def _bitwise(name: str, logical: type[And] | type[Or] | None) -> Callable[[Any, Any], Expr]:
    def build(a: Any, b: Any) -> Expr:
        a, b = match_types(a, b)
        if a.type.is_bool():
            return logical(a, b) if logical else NE(a, b)
        need_integers(name.replace("_", " "), a, b, bools=True)
        return intrinsic(name, a, b)

    return build


def _shift(name: str) -> Callable[[Any, Any], Expr]:
    def build(a: Any, b: Any) -> Expr:
        a = as_expr(a) if _is_typed(a) else as_expr(a, as_expr(b).type)
        b = as_expr(b, a.type) if not _is_typed(b) else as_expr(b)
        need_integers(name.replace("_", " "), a, b, bools=True)
        return intrinsic(name, a, cast_to(a.type, b))

    return build


def need_integers(name: str, *operands: Expr, bools: bool = False) -> None:
    """Refuse operands that are no integers; bools pass only where they are said to.

    Raises
    ------
    TypeMismatch
        One of them is a float, or a bool.
    """
    for e in operands:
        if not e.type.is_integral or (e.type.is_bool() and not bools):
            raise TypeMismatch(
                f"{name} needs integers, got {e.type}",
                where=user_location(),
                hint="halo.cast to an integer type first, or halo.reinterpret for the bits",
            )


def integer_operands(name: str, a: Any, b: Any) -> tuple[Expr, Expr]:
    """Return both operands of operation `name` as integers of one type; no bools."""
    x, y = match_types(a, b)
    need_integers(name, x, y)
    return x, y


bitwise_and = _bitwise("bitwise_and", And)
bitwise_or = _bitwise("bitwise_or", Or)
bitwise_xor = _bitwise("bitwise_xor", None)
shift_left = _shift("shift_left")
shift_right = _shift("shift_right")


def negate(a: Any) -> Expr:
    """-a; for a float the sign bit is flipped (0 becomes -0)."""
    a = as_expr(a)
    value = as_const(a)
    if value is not None:
        return const(a.type, -value)
    zero = const(a.type, 0)
    if a.type.is_float():
        return Mul(a, const(a.type, -1))
    return Sub(zero, a)


def invert(a: Any) -> Expr:
    """~a: logical not of a bool, all bits flipped of an integer."""
    a = as_expr(a)
    if a.type.is_bool():
        return Not(a)
    need_integers("~", a, bools=True)
    return intrinsic("bitwise_not", a)


def logical_not(a: Any) -> Expr:
    """Return the negation of a bool."""
    a = as_expr(a)
    if not a.type.is_bool():
        raise TypeMismatch(
            f"logical_not of {a.type}, not bool", where=user_location(), hint="compare it: e != 0"
        )
    return Not(a)


def comparison(cls: Callable[[Expr, Expr], Expr]) -> Callable[[Any, Any], Expr]:
    """Return the builder of comparison node `cls` on matched operands."""

    def build(a: Any, b: Any) -> Expr:
        return cls(*match_types(a, b))

    return build


eq, ne = comparison(EQ), comparison(NE)
lt, le = comparison(LT), comparison(LE)
gt, ge = comparison(GT), comparison(GE)

FORWARD: dict[str, Callable[[Any, Any], Expr]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "truediv": div,
    "floordiv": floordiv,
    "mod": mod,
    "pow": power,
    "and": bitwise_and,
    "or": bitwise_or,
    "xor": bitwise_xor,
    "lshift": shift_left,
    "rshift": shift_right,
}
COMPARE: dict[str, Callable[[Any, Any], Expr]] = {
    "lt": lt,
    "le": le,
    "gt": gt,
    "ge": ge,
    "eq": eq,
    "ne": ne,
}


def install_operators(cls: type) -> None:
    """Give `cls` (Expr, or a handle with ``_as_expr``) Python's operators."""
    for name, build in FORWARD.items():
        setattr(cls, f"__{name}__", _method(build))
        setattr(cls, f"__r{name}__", _reflected(build))
    for name, build in COMPARE.items():
        setattr(cls, f"__{name}__", _method(build))
    unary = {
        "__neg__": negate,
        "__invert__": invert,
        "__hash__": object.__hash__,
        "logical_not": logical_not,
    }
    for name, method in unary.items():
        setattr(cls, name, method)


def _method(build: Callable[[Any, Any], Expr]) -> Callable[[Any, Any], Expr]:
    return lambda self, other: build(self, other)


def _reflected(build: Callable[[Any, Any], Expr]) -> Callable[[Any, Any], Expr]:
    return lambda self, other: build(other, self)


install_operators(Expr)
