"""asin, acos, atan, atan2: odd polynomials near 0, everything else brought there."""

from __future__ import annotations

from halo.ir.expr import Expr, Max, Min, const
from halo.ir.intrinsics import fma, intrinsic
from halo.ir.math import coefficients as c
from halo.ir.math.build import (
    INF,
    NAN,
    absolute,
    bits,
    choose,
    is_single,
    k,
    polynomial,
    with_sign_of,
)

_PI = {
    32: (3.1415927410125732, -8.742277657347586e-08),
    64: (3.141592653589793, 1.2246467991473532e-16),
}
_TAN_PI_8 = 0.4142135623730951


def _near_zero_atan(z: Expr) -> Expr:
    """Return what atan(z) has beyond z, for |z| <= tan(pi/8)."""
    square = z * z
    return z * square * polynomial(square, c.ATAN_32 if is_single(z) else c.ATAN_64)


def _parts_of_pi(x: Expr, share: float) -> tuple[Expr, Expr]:
    high, low = _PI[x.type.bits()]
    return k(x, high * share), k(x, low * share)


def _atan_of_ratio(small: Expr, large: Expr) -> Expr:
    """Return atan(small / large) for 0 <= small <= large; 0 for 0/0.

    Above tan(pi/8) it is pi/4 + atan((small - large) / (small + large)).
    """
    upper = (small > large * _TAN_PI_8) | (small == k(small, INF))
    same = small == large
    difference = choose(same, 0.0, small - large)
    numerator = choose(upper, difference, small)
    denominator = choose(upper, small + large, large)
    z = choose(numerator == k(small, 0.0), 0.0, numerator / denominator)
    high, low = _parts_of_pi(small, 0.25)
    rest = _near_zero_atan(z)
    return choose(upper, high + (z + (rest + low)), z + rest)


def atan(x: Expr) -> Expr:
    """Return the angle in [-pi/2, pi/2] whose tangent is x."""
    a = absolute(x)
    one = k(x, 1.0)
    beyond = a > one
    inner = _atan_of_ratio(choose(beyond, 1.0, a), choose(beyond, a, one))
    high, low = _parts_of_pi(x, 0.5)
    return with_sign_of(choose(beyond, high - (inner - low), inner), x)


def atan2(y: Expr, x: Expr) -> Expr:
    """Return the angle in [-pi, pi] of the point (x, y); signed zeros and infinities as in C."""
    scale = choose(Max(absolute(x), absolute(y)) > k(x, 2.0**120), k(x, 0.25), 1.0)
    a, b = absolute(y) * scale, absolute(x) * scale
    inner = _atan_of_ratio(Min(a, b), Max(a, b))
    half_high, half_low = _parts_of_pi(x, 0.5)
    angle = choose(a > b, half_high - (inner - half_low), inner)
    high, low = _parts_of_pi(x, 1.0)
    left = bits(x) < const(bits(x).type, 0)
    angle = choose(left, high - (angle - low), angle)
    nan = intrinsic("is_nan", x) | intrinsic("is_nan", y)
    return choose(nan, k(x, NAN), with_sign_of(angle, y))


def _near_zero_asin(s: Expr, square: Expr) -> Expr:
    """Return asin(s) - s for |s| <= 1/2."""
    return s * square * polynomial(square, c.ASIN_32 if is_single(s) else c.ASIN_64)


def _asin_parts(a: Expr) -> tuple[Expr, Expr, Expr, Expr]:
    """Return (outer, s, rest, lost) for a in [0, 1].

    asin(s) == s + lost + rest, where s == a, or beyond 1/2 (`outer`) s + lost == sqrt((1 - a)/2).
    """
    outer = a > k(a, 0.5)
    half = (1.0 - a) * 0.5
    square = choose(outer, half, a * a)
    root = intrinsic("sqrt", half)
    s = choose(outer, root, a)
    error = fma(root, -root, half)
    lost = choose(outer & (root > k(a, 0.0)), error / (root + root), 0.0)
    return outer, s, _near_zero_asin(s, square), lost


def asin(x: Expr) -> Expr:
    """Return the angle in [-pi/2, pi/2] whose sine is x; beyond 1/2 by pi/2 - 2*asin(sqrt(...))."""
    a = absolute(x)
    outer, s, rest, lost = _asin_parts(a)
    high, low = _parts_of_pi(x, 0.5)
    beyond = high - (s + s - (low - 2.0 * (rest + lost)))
    angle = choose(outer, beyond, s + rest)
    return choose(intrinsic("is_nan", angle), k(x, NAN), with_sign_of(angle, x))


def acos(x: Expr) -> Expr:
    """Return the angle in [0, pi] whose cosine is x."""
    a = absolute(x)
    outer, s, rest, lost = _asin_parts(a)
    negative = x < k(x, 0.0)
    half_high, half_low = _parts_of_pi(x, 0.5)
    signed = with_sign_of(s, x)
    signed_rest = choose(negative, -rest, rest)
    inner = half_high - (signed - (half_low - signed_rest))
    twice = 2.0 * (s + (rest + lost))
    high, low = _parts_of_pi(x, 1.0)
    return choose(outer, choose(negative, high - (twice - low), twice), inner)
