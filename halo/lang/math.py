"""Mathematical functions of expressions.

Integers are converted to float32 first; float16 and bfloat16 are computed in float32 and rounded
back. `halo.ir.math` says how each function is computed, and how exactly.
"""

from __future__ import annotations

from typing import Any

from halo.errors import TypeMismatch, user_location
from halo.ir.expr import Call, CallKind, Expr, as_const
from halo.ir.intrinsics import fma as _fma
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import (
    as_expr,
    cast_to,
    match_types,
    need_integers,
    number_of_factors,
    power,
    sub,
)
from halo.ir.types import Float, Type


def exp(x: Any) -> Expr:
    """Return e**x."""
    return _math("exp", x)


def log(x: Any) -> Expr:
    """Return the natural logarithm of x."""
    return _math("log", x)


def pow(x: Any, y: Any) -> Expr:
    """Return x**y; by products where y is a constant integer that is not negative."""
    return power(x, y)


def sqrt(x: Any) -> Expr:
    """Return the square root of x, correctly rounded."""
    return _intrinsic("sqrt", x)


def rsqrt(x: Any) -> Expr:
    """Return 1 / sqrt(x)."""
    return _math("rsqrt", x)


def hypot(x: Any, y: Any) -> Expr:
    """Return the distance of the point (x, y) from the origin."""
    return _math("hypot", x, y)


def sin(x: Any) -> Expr:
    """Return the sine of x, in radians."""
    return _math("sin", x)


def cos(x: Any) -> Expr:
    """Return the cosine of x, in radians."""
    return _math("cos", x)


def tan(x: Any) -> Expr:
    """Return the tangent of x, in radians."""
    return _math("tan", x)


def asin(x: Any) -> Expr:
    """Return the angle in [-pi/2, pi/2] whose sine is x."""
    return _math("asin", x)


def acos(x: Any) -> Expr:
    """Return the angle in [0, pi] whose cosine is x."""
    return _math("acos", x)


def atan(x: Any) -> Expr:
    """Return the angle in [-pi/2, pi/2] whose tangent is x."""
    return _math("atan", x)


def atan2(y: Any, x: Any) -> Expr:
    """Return the angle in [-pi, pi] of the point (x, y)."""
    return _math("atan2", y, x)


def sinh(x: Any) -> Expr:
    """Return the hyperbolic sine of x."""
    return _math("sinh", x)


def cosh(x: Any) -> Expr:
    """Return the hyperbolic cosine of x."""
    return _math("cosh", x)


def tanh(x: Any) -> Expr:
    """Return the hyperbolic tangent of x."""
    return _math("tanh", x)


def asinh(x: Any) -> Expr:
    """Return the number whose hyperbolic sine is x."""
    return _math("asinh", x)


def acosh(x: Any) -> Expr:
    """Return the number >= 0 whose hyperbolic cosine is x."""
    return _math("acosh", x)


def atanh(x: Any) -> Expr:
    """Return the number whose hyperbolic tangent is x."""
    return _math("atanh", x)


def erf(x: Any) -> Expr:
    """Return the error function of x."""
    return _math("erf", x)


def fast_exp(x: Any) -> Expr:
    """Return e**x to some 17 bits; beyond the normal numbers, the last of them."""
    return _math("fast_exp", x)


def fast_log(x: Any) -> Expr:
    """Return the natural logarithm of a positive, normal x to some 18 bits."""
    return _math("fast_log", x)


def fast_pow(x: Any, y: Any) -> Expr:
    """Return x**y for x >= 0 as ``fast_exp(fast_log(x) * y)``.

    By products, exactly as `pow`, where y is a constant integer that is not negative.
    """
    if number_of_factors(as_const(as_expr(y))) is not None:
        return power(_as_float(as_expr(x)), y)
    return _math("fast_pow", x, y)


def fast_sin(x: Any) -> Expr:
    """Return the sine of x, in radians, to within 2**-19, for abs(x) <= 4096."""
    return _math("fast_sin", x)


def fast_cos(x: Any) -> Expr:
    """Return the cosine of x, in radians, to within 2**-19, for abs(x) <= 4096."""
    return _math("fast_cos", x)


def fast_inverse(x: Any) -> Expr:
    """Return 1 / x, correctly rounded: halo gives the same bits on every machine."""
    value = _as_float(as_expr(x))
    return 1.0 / value


def fast_inverse_sqrt(x: Any) -> Expr:
    """Return 1 / sqrt(x), as `rsqrt`: halo gives the same bits on every machine."""
    return rsqrt(x)


def floor(x: Any) -> Expr:
    """Return the largest integral value that is not greater than x, as a float."""
    return _intrinsic("floor", x)


def ceil(x: Any) -> Expr:
    """Return the smallest integral value that is not less than x, as a float."""
    return _intrinsic("ceil", x)


def round(x: Any) -> Expr:
    """Return the integral value nearest to x, the even one of two, as a float."""
    return _intrinsic("round", x)


def trunc(x: Any) -> Expr:
    """Return x without its fraction, as a float."""
    return _intrinsic("trunc", x)


def fract(x: Any) -> Expr:
    """Return the fraction of x, x - trunc(x), which has the sign of x."""
    value = _as_float(as_expr(x))
    return sub(value, intrinsic("trunc", value))


def fma(a: Any, b: Any, c: Any) -> Expr:
    """Return a*b + c, rounded once."""
    a, b = match_types(_as_float(as_expr(a)), b)
    b, c = match_types(b, c)
    a, b = match_types(a, b)
    narrow = a.type
    wide = _at_least_32(narrow)
    return cast_to(narrow, _fma(cast_to(wide, a), cast_to(wide, b), cast_to(wide, c)))


def is_nan(x: Any) -> Expr:
    """Return whether the float x is not a number."""
    return intrinsic("is_nan", _need_float("is_nan", x))


def is_inf(x: Any) -> Expr:
    """Return whether the float x is infinite, of either sign."""
    return intrinsic("is_inf", _need_float("is_inf", x))


def is_finite(x: Any) -> Expr:
    """Return whether the float x is neither infinite nor not a number."""
    return intrinsic("is_finite", _need_float("is_finite", x))


def popcount(x: Any) -> Expr:
    """Return the number of bits of the integer x that are set, in the type of x."""
    return intrinsic("popcount", _need_integer("popcount", x))


def count_leading_zeros(x: Any) -> Expr:
    """Return how many bits of the integer x above the highest set one are zero; all for 0."""
    return intrinsic("count_leading_zeros", _need_integer("count_leading_zeros", x))


def count_trailing_zeros(x: Any) -> Expr:
    """Return how many bits of the integer x below the lowest set one are zero; all for 0."""
    return intrinsic("count_trailing_zeros", _need_integer("count_trailing_zeros", x))


def _as_float(e: Expr) -> Expr:
    return e if e.type.is_float() else cast_to(Float(32), e)


def _at_least_32(t: Type) -> Type:
    return t if t.bits() >= 32 else Float(32, t.lanes())


def _math(name: str, *args: Any) -> Expr:
    exprs: tuple[Expr, ...] = tuple(_as_float(as_expr(a)) for a in args)
    if len(exprs) == 2:
        exprs = match_types(*exprs)
    narrow = exprs[0].type
    wide = _at_least_32(narrow)
    call = Call(wide, name, tuple(cast_to(wide, e) for e in exprs), CallKind.MATH)
    return cast_to(narrow, call)


def _intrinsic(name: str, x: Any) -> Expr:
    value = _as_float(as_expr(x))
    wide = _at_least_32(value.type)
    return cast_to(value.type, intrinsic(name, cast_to(wide, value)))


def _need_float(name: str, x: Any) -> Expr:
    e = as_expr(x)
    if not e.type.is_float():
        raise TypeMismatch(f"{name} needs a float, got {e.type}", where=user_location())
    return e


def _need_integer(name: str, x: Any) -> Expr:
    e = as_expr(x)
    need_integers(name, e)
    return e
