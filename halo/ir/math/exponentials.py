"""exp, exp2, expm1, sinh, cosh, tanh: by 2**n * e**r with |r| <= log(2)/2."""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ir.intrinsics import fma
from halo.ir.math import coefficients as c
from halo.ir.math.build import (
    LN2,
    LOG2E,
    absolute,
    choose,
    clamp,
    is_single,
    k,
    nearest,
    polynomial,
    power_of_two,
    times_power_of_two,
    with_sign_of,
)


def reduced(x: Expr) -> tuple[Expr, Expr]:
    """Return (r, n) with x == n*log(2) + r and |r| <= log(2)/2; `n` is an integer."""
    high, low = LN2[x.type.bits()]
    steps, n = nearest(x, LOG2E[x.type.bits()][0])
    r = fma(steps, k(x, -low), fma(steps, k(x, -high), x))
    return r, n


def _exp_times(x: Expr, shift: int) -> Expr:
    """Return e**x * 2**shift; overflow gives infinity, underflow denormals and 0."""
    limits = (-106.0, 91.0) if is_single(x) else (-748.0, 712.0)
    r, n = reduced(clamp(x, *limits))
    p = polynomial(r, c.EXP_32 if is_single(x) else c.EXP_64)
    e = fma(r * r, p, r) + 1.0
    return times_power_of_two(e, n + shift if shift else n)


def exp(x: Expr) -> Expr:
    """Return e**x."""
    return _exp_times(x, 0)


def exp2(x: Expr) -> Expr:
    """Return 2**x; exact for integers."""
    limited = clamp(x, *((-152.0, 129.0) if is_single(x) else (-1077.0, 1025.0)))
    steps, n = nearest(limited, 1.0)
    r = limited - steps
    p = polynomial(r, c.EXP2_32 if is_single(x) else c.EXP2_64)
    return times_power_of_two(fma(r, p, k(x, 1.0)), n)


def _expm1_within(x: Expr, low: float, high: float) -> Expr:
    """Return e**x - 1 for x in [low, high], where 2**n is a normal number; x is clamped to it."""
    r, n = reduced(clamp(x, low, high))
    p = polynomial(r, c.EXPM1_32 if is_single(x) else c.EXPM1_64)
    scale = power_of_two(n)
    return fma(scale, fma(r * r, p, r), scale - 1.0)


def expm1(x: Expr) -> Expr:
    """Return e**x - 1, exact to the last bits also for small x.

    ``2**n * (e**r - 1) + (2**n - 1)``; where n would be too large, e**x.
    """
    low, high = (-18.0, 88.0) if is_single(x) else (-40.0, 709.0)
    return choose(x > k(x, high), exp(x), _expm1_within(x, low, high))


def tanh(x: Expr) -> Expr:
    """Return the hyperbolic tangent: an odd polynomial near 0 (float32), else by e**(2|x|)."""
    a = absolute(x)
    if is_single(x):
        z = a * a
        near = fma(a * z, polynomial(z, c.TANH_32), a)
        far = 1.0 - 2.0 / (exp(a + a) + 1.0)
        return with_sign_of(choose(a < k(a, 0.625), near, far), x)
    e = _expm1_within(a + a, 0.0, 45.0)
    return with_sign_of(e / (e + 2.0), x)


def cosh(x: Expr) -> Expr:
    """Return the hyperbolic cosine, e**|x|/2 + e**-|x|/2."""
    half = _exp_times(absolute(x), -1)
    return half + 0.25 / half


def sinh(x: Expr) -> Expr:
    """Return the hyperbolic sine: an odd polynomial up to 1, else e**|x|/2 - e**-|x|/2."""
    a = absolute(x)
    z = a * a
    near = fma(a * z, polynomial(z, c.SINH_32 if is_single(x) else c.SINH_64), a)
    half = _exp_times(a, -1)
    return with_sign_of(choose(a < k(a, 1.0), near, half - 0.25 / half), x)
