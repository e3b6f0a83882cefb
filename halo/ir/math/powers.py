"""pow, hypot, rsqrt."""

from __future__ import annotations

from halo.ir.expr import Expr, Max, const
from halo.ir.intrinsics import fma, intrinsic
from halo.ir.math import coefficients as c
from halo.ir.math.build import (
    INF,
    LN2,
    NAN,
    absolute,
    bits,
    choose,
    clamp,
    fast_two_sum,
    float_of,
    is_single,
    k,
    narrowed,
    nearest,
    polynomial,
    significand,
    times_power_of_two,
    two_product,
    widened,
)
from halo.ir.math.exponentials import reduced


def rsqrt(x: Expr) -> Expr:
    """Return 1 / sqrt(x)."""
    return 1.0 / intrinsic("sqrt", x)


def hypot(x: Expr, y: Expr) -> Expr:
    """Return sqrt(x*x + y*y) without overflow; infinity if either is infinite."""
    if is_single(x):
        a, b = widened(x), widened(y)
        result = narrowed(intrinsic("sqrt", fma(a, a, b * b)))
    else:
        large = Max(absolute(x), absolute(y))
        scale = choose(large < k(x, 2.0**-500), k(x, 2.0**600), 1.0)
        scale = choose(large > k(x, 2.0**500), k(x, 2.0**-600), scale)
        a, b = x * scale, y * scale
        result = intrinsic("sqrt", fma(a, a, b * b)) / scale
    infinite = intrinsic("is_inf", x) | intrinsic("is_inf", y)
    return choose(infinite, k(x, INF), result)


def pow(x: Expr, y: Expr) -> Expr:
    """Return x**y, with C's results for zeros, infinities, NaNs and negative x."""
    magnitude = _single_power(x, y) if is_single(x) else _double_power(x, y)
    zero, one = k(x, 0.0), k(x, 1.0)
    half = y * 0.5
    integral = intrinsic("trunc", y) == y
    odd = integral & (intrinsic("trunc", half) != half)
    minus_zero = const(bits(x).type, -(1 << (x.type.bits() - 1)))
    sign = intrinsic("bitwise_and", bits(x), choose(odd, minus_zero, const(minus_zero.type, 0)))
    result = float_of(intrinsic("bitwise_xor", bits(magnitude), sign))
    undefined = (x < zero) & (x > k(x, -INF)) & ~integral
    result = choose(undefined, k(x, NAN), result)
    return choose((y == zero) | (x == one), one, result)


def _with_limits(a: Expr, log: Expr) -> Expr:
    """Return the logarithm of `a` with those of 0, infinity and NaN put in."""
    log = choose(a < k(a, INF), log, a)
    return choose(a == k(a, 0.0), k(a, -INF), log)


def _single_power(x: Expr, y: Expr) -> Expr:
    """Return |x|**y as 2**(y * log2|x|), computed in float64."""
    a = absolute(widened(x))
    m, e = significand(a)
    s = (m - 1.0) / (m + 1.0)
    log2 = _with_limits(a, fma(s, polynomial(s * s, c.POW32_LOG2), e))
    t = clamp(choose(a == k(a, 1.0), 0.0, widened(y) * log2), -200.0, 200.0)
    steps, n = nearest(t, 1.0)
    r = t - steps
    return narrowed(times_power_of_two(fma(r, polynomial(r, c.POW32_EXP2), k(r, 1.0)), n))


def _double_power(x: Expr, y: Expr) -> Expr:
    """Return |x|**y as e**(y * log|x|) with the logarithm and the product as sums of two."""
    a = absolute(x)
    high, low = _accurate_log(a)
    p, error = two_product(y, high)
    error = fma(y, low, error)
    one = a == k(a, 1.0)
    p = choose(one, 0.0, y * _with_limits(a, high))
    moderate = (absolute(p) < k(p, 800.0)) & ~one
    r, n = reduced(clamp(p, -800.0, 800.0))
    r_error = choose(moderate, error, 0.0)
    q = polynomial(r, c.EXP_64)
    result = fma(r * r, q, r) + 1.0
    return times_power_of_two(fma(result, r_error, result), n)


def _accurate_log(a: Expr) -> tuple[Expr, Expr]:
    """Return log(a), for positive finite float64, as a sum good to about 2**-68."""
    m, e = significand(a)
    f = m - 1.0
    d = m + 1.0
    d_error = m - (d - 1.0)
    s = f / d
    s_low = (fma(-s, d, f) - s * d_error) / d
    z, z_low = two_product(s, s)
    z_low = fma(s + s, s_low, z_low)
    cube, cube_low = two_product(s, z)
    cube_low = cube_low + fma(s, z_low, s_low * z)
    third = 2.0 / 3.0
    t, t_low = two_product(cube, k(a, third))
    t_low = t_low + fma(cube, k(a, 3.700743415417188e-17), cube_low * third)
    tail = cube * z * polynomial(z, c.POW64_LOG)
    high, low = fast_two_sum(s + s, t)
    low = low + (t_low + (s_low + s_low + tail))
    ln2, ln2_low = LN2[64]
    base, base_low = two_product(e, k(a, ln2))
    base_low = fma(e, k(a, ln2_low), base_low)
    # |e*log(2)| is 0 or larger than |log(m)| <= log(2)/2
    total, rest = fast_two_sum(base, high)
    zero = e == k(e, 0.0)
    total = choose(zero, high, total)
    rest = choose(zero, low, rest + (base_low + low))
    return fast_two_sum(total, rest)
