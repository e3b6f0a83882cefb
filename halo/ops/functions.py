"""The scalar functions behind elementwise operators, from Exprs to an Expr.

Where ONNX says nothing of NaN, it is passed on: ``Max(a, b)`` yields b when either is NaN, so the
data comes second.
"""

from __future__ import annotations

import math
from typing import Any

from halo.ir.expr import Expr, Max, Min, Not, Select, as_const, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to, match_types
from halo.ir.types import Bool, Float, Type
from halo.lang.math import erf, exp, log, pow, sqrt, tanh


def sum_type(type: Type) -> Type:
    """Return the type in which many cells of `type` are added: float32 for halves."""
    return Float(32) if type.is_float() and type.bits() < 32 else type


def long_sum_type(type: Type) -> Type:
    """Return the type in which cells of `type` are added one after the other: float64 for floats.

    Each addition rounds. How many there are does not choose the type: that may be known of a model
    or not, and must not change its bits.
    """
    return Float(64) if type.is_float() else type


def lower_bound(x: Expr, low: Any) -> Expr:
    """The larger of x and low; NaN if x is NaN."""
    low, x = match_types(low, x)
    return Max(low, x)


def upper_bound(x: Expr, high: Any) -> Expr:
    """The smaller of x and high; NaN if x is NaN."""
    high, x = match_types(high, x)
    return Min(high, x)


def clip(x: Expr, low: Any, high: Any) -> Expr:
    """x held in [low, high]; high if they cross."""
    return upper_bound(lower_bound(x, low), high)


def larger(a: Expr, b: Expr) -> Expr:
    """The larger of a and b; NaN if either is NaN."""
    return _passing_nan(a, Max(a, b))


def smaller(a: Expr, b: Expr) -> Expr:
    """The smaller of a and b; NaN if either is NaN."""
    return _passing_nan(a, Min(a, b))


def _passing_nan(a: Expr, result: Expr) -> Expr:
    # Max and Min yield their second operand beside a NaN, so only the first is in doubt.
    return Select(intrinsic("is_nan", a), a, result) if a.type.is_float() else result


def relu(x: Expr) -> Expr:
    """max(x, 0)."""
    return lower_bound(x, 0)


def leaky_relu(x: Expr, alpha: float) -> Expr:
    """x where x >= 0, else alpha * x."""
    return Select(x < 0, x * alpha, x)


def prelu(x: Expr, slope: Expr) -> Expr:
    """x where x >= 0, else slope * x."""
    return Select(x < 0, x * slope, x)


def elu(x: Expr, alpha: float) -> Expr:
    """x where x >= 0, else alpha * (exp(x) - 1)."""
    return Select(x < 0, (exp(x) - 1.0) * alpha, x)


def selu(x: Expr, alpha: float, gamma: float) -> Expr:
    """gamma * elu(x), the negative side scaled by alpha."""
    return Select(x > 0, x * gamma, (exp(x) * alpha - alpha) * gamma)


def celu(x: Expr, alpha: float) -> Expr:
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1))."""
    return lower_bound(x, 0) + upper_bound((exp(x / alpha) - 1.0) * alpha, 0)


def sigmoid(x: Expr) -> Expr:
    """1 / (1 + exp(-x))."""
    return const(x.type, 1) / (exp(-x) + 1.0)


def hard_sigmoid(x: Expr, alpha: float, beta: float) -> Expr:
    """alpha * x + beta held in [0, 1]."""
    return clip(x * alpha + beta, 0, 1)


def hard_swish(x: Expr) -> Expr:
    """x * hard_sigmoid(x, 1/6, 1/2)."""
    return x * hard_sigmoid(x, 1 / 6, 0.5)


def softplus(x: Expr) -> Expr:
    """log(1 + exp(x)), without overflow."""
    return lower_bound(x, 0) + log(exp(-cast_to(x.type, intrinsic("abs", x))) + 1.0)


def softsign(x: Expr) -> Expr:
    """x / (1 + |x|)."""
    return x / (intrinsic("abs", x) + 1.0)


def mish(x: Expr) -> Expr:
    """x * tanh(softplus(x))."""
    return x * tanh(softplus(x))


def thresholded_relu(x: Expr, alpha: float) -> Expr:
    """x where x > alpha, else 0."""
    return Select(x > alpha, x, const(x.type, 0))


def gelu(x: Expr, approximate: bool) -> Expr:
    """x times the normal distribution function of x, or its tanh approximation."""
    if approximate:
        inner = (x * x * x * 0.044715 + x) * math.sqrt(2 / math.pi)
        return x * 0.5 * (tanh(inner) + 1.0)
    return x * 0.5 * (erf(x * math.sqrt(0.5)) + 1.0)


def magnitude(x: Expr) -> Expr:
    """|x| in the type of x."""
    return x if x.type.is_uint() else cast_to(x.type, intrinsic("abs", x))


def sign(x: Expr) -> Expr:
    """-1, 0 or 1."""
    zero, one = const(x.type, 0), const(x.type, 1)
    if x.type.is_uint():
        return Select(x > zero, one, zero)
    return Select(x > zero, one, Select(x < zero, const(x.type, -1), zero))


def reciprocal(x: Expr) -> Expr:
    """1 / x."""
    return const(x.type, 1) / x


def divide(a: Expr, b: Expr) -> Expr:
    """a / b; of integers the quotient truncated towards zero."""
    if not a.type.is_int():
        return a / b
    # Euclidean division truncates where the dividend is not negative.
    return Select(a < 0, -((-a) / b), a / b)


def modulo(a: Expr, b: Expr) -> Expr:
    """The remainder with the sign of the divisor (numpy's mod)."""
    if a.type.is_float():
        other_side = ((a < 0) & (b > 0)) | ((a > 0) & (b < 0))
        return Select(_by_infinity(a, b), Select(other_side, b, a), a % b)
    rest = a % b
    if not a.type.is_int():
        return rest
    zero = const(a.type, 0)
    return Select((b < zero) & (rest > zero), rest + b, rest)


def truncated_modulo(a: Expr, b: Expr) -> Expr:
    """The remainder with the sign of the dividend (C's % and fmod)."""
    if a.type.is_float():
        size = magnitude(b)
        rest = Select(_by_infinity(a, b), magnitude(a), magnitude(a) % size)
        return Select(a < 0, -rest, rest)
    return a - divide(a, b) * b


def _by_infinity(a: Expr, b: Expr) -> Expr:
    return intrinsic("is_inf", b) & intrinsic("is_finite", a)


def power(x: Expr, y: Expr) -> Expr:
    """x to the power y, in the type of x."""
    exponent = as_const(y)
    if exponent is not None and float(exponent).is_integer() and 0 <= exponent <= 64:
        return integer_power(x, int(exponent))
    if exponent == 0.5 and x.type.is_float():
        return sqrt(x)
    wide = x.type if x.type.is_float() else Float(64)
    return cast_to(x.type, pow(cast_to(wide, x), cast_to(wide, y)))


def integer_power(x: Expr, n: int) -> Expr:
    """x multiplied n times, by squaring."""
    if n == 0:
        return const(x.type, 1)
    half = integer_power(x, n // 2)
    if n == 1:
        return x
    return half * half * x if n % 2 else half * half


def convert(x: Expr, to: Type) -> Expr:
    """x as type `to`: anything but zero is true."""
    if to.is_bool() and not x.type.is_bool():
        return x != const(x.type, 0)
    return cast_to(to, x)


def logical_not(x: Expr) -> Expr:
    """Not x, of a bool."""
    return Not(x)


def where(condition: Expr, a: Expr, b: Expr) -> Expr:
    """a where the condition holds, else b."""
    return Select(condition, a, b)


def is_inf(x: Expr, negative: bool, positive: bool) -> Expr:
    """Whether x is an infinity of a sign that is looked for."""
    inf = intrinsic("is_inf", x)
    if negative and positive:
        return inf
    if not (negative or positive):
        return const(Bool(), 0)
    return inf & (x > 0 if positive else x < 0)
