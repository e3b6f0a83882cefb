"""sin, cos, tan: x = n*pi/2 + r with |r| <= pi/4, then polynomials in r.

The reduction is done in float64 with pi/2 as a sum of three (Cody and Waite, with fused
multiply-adds), also for float32, so that it costs no accuracy. It holds for |x| < 2**45, where
the quotient is still known to a small part of 1; beyond, the result is NaN.
"""

from __future__ import annotations

from halo.ir.expr import Cast, Expr, const
from halo.ir.intrinsics import fma, intrinsic
from halo.ir.math import coefficients as c
from halo.ir.math.build import (
    NAN,
    PI_2,
    absolute,
    bits,
    choose,
    float_of,
    integers,
    is_single,
    k,
    narrowed,
    nearest,
    polynomial,
    widened,
)

LIMIT = 2.0**45
_TWO_OVER_PI = 0.6366197723675814


def _reduced(x: Expr) -> tuple[Expr, Expr]:
    """Return (r, n): `r` in the type of `x`, NaN beyond the limit; `n` an integer as wide."""
    wide = widened(x) if is_single(x) else x
    steps, n = nearest(wide, _TWO_OVER_PI)
    r = wide
    for part in PI_2:
        r = fma(steps, k(wide, -part), r)
    r = choose(absolute(wide) < k(wide, LIMIT), r, NAN)
    return (narrowed(r), Cast(integers(x.type), n)) if is_single(x) else (r, n)


def _sin_cos(r: Expr) -> tuple[Expr, Expr]:
    """Return sine and cosine of |r| <= pi/4."""
    z = r * r
    sine, cosine = (c.SIN_32, c.COS_32) if is_single(r) else (c.SIN_64, c.COS_64)
    s = fma(r * z, polynomial(z, sine), r)
    half = z * 0.5
    w = 1.0 - half
    # 1 - half is rounded; what it lost goes in with the small terms.
    lost = (1.0 - w) - half
    return s, w + fma(z * z, polynomial(z, cosine), lost)


def _rotated(s: Expr, cos: Expr, n: Expr) -> Expr:
    """Return the sine of r + n*pi/2."""
    one, two = const(n.type, 1), const(n.type, 2)
    zero = const(n.type, 0)
    odd = intrinsic("bitwise_and", n, one) != zero
    sign = intrinsic(
        "shift_left", intrinsic("bitwise_and", n, two), const(n.type, n.type.bits() - 2)
    )
    chosen = choose(odd, cos, s)
    return float_of(intrinsic("bitwise_xor", bits(chosen), sign))


def sin(x: Expr) -> Expr:
    """Return the sine."""
    r, n = _reduced(x)
    s, cosine = _sin_cos(r)
    # steps*(pi/2) loses the sign of -0
    return choose(x == k(x, 0.0), x, _rotated(s, cosine, n))


def cos(x: Expr) -> Expr:
    """Return the cosine."""
    r, n = _reduced(x)
    s, cosine = _sin_cos(r)
    return _rotated(s, cosine, n + 1)


def tan(x: Expr) -> Expr:
    """Return the tangent, sine over cosine."""
    r, n = _reduced(x)
    s, cosine = _sin_cos(r)
    odd = intrinsic("bitwise_and", n, const(n.type, 1)) != const(n.type, 0)
    ratio = choose(odd, -cosine, s) / choose(odd, s, cosine)
    return choose(x == k(x, 0.0), x, ratio)
