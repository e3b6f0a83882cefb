"""fast_exp, fast_log, fast_pow, fast_sin, fast_cos: some 18 bits, for ordinary arguments only.

Coefficients as in `coefficients`, with the largest error made smallest instead (Lawson's
algorithm). Outside the ranges that ``docs/semantics.md`` gives the results mean nothing, but are
the same bits everywhere.
"""

from __future__ import annotations

from halo.ir.expr import Cast, Expr, const
from halo.ir.intrinsics import fma, intrinsic
from halo.ir.math.build import (
    LN2,
    LOG2E,
    bits,
    choose,
    clamp,
    float_of,
    is_single,
    k,
    mantissa_bits,
    nearest,
    polynomial,
    power_of_two,
)

_EXP = (0.99996668, 0.50003028, 0.16787711, 0.041513506)
"""(e**r - 1) / r for |r| <= log(2)/2; error 2**-18.4 of e**r."""

_LOG = (-0.50000846, 0.3331922, -0.24919066, 0.20449136, -0.18587573, 0.11949328)
"""(log(1+f) - f) / f**2 for 1+f in [sqrt(1/2), sqrt(2)]; error 2**-19.5 of log(1+f)."""

_SIN = (-0.16665675, 0.0083122840, -0.00018489563)
"""(sin(r) - r) / r**3 in r**2 for |r| <= pi/2; error 2**-20.1 of 1."""

_PI = {
    32: (3.1415927410125732, -8.742277657347586e-08),
    64: (3.141592653589793, 1.2246467991473532e-16),
}
_ONE_OVER_PI = 0.3183098861837907


def fast_exp(x: Expr) -> Expr:
    """Return e**x where that is a normal number, else the nearest such power of e."""
    limited = clamp(x, *((-87.0, 88.0) if is_single(x) else (-708.0, 709.0)))
    steps, n = nearest(limited, LOG2E[x.type.bits()][0])
    r = fma(steps, k(x, -LN2[x.type.bits()][0]), limited)
    return fma(r, polynomial(r, _EXP), k(x, 1.0)) * power_of_two(n)


def fast_log(x: Expr) -> Expr:
    """Return the natural logarithm of a positive, normal, finite number."""
    root_half = 0x3F3504F3 if is_single(x) else 0x3FE6A09E667F3BCD
    raw = bits(x)
    shift = const(raw.type, mantissa_bits(x.type))
    e = intrinsic("shift_right", raw - root_half, shift)
    f = float_of(raw - intrinsic("shift_left", e, shift)) - 1.0
    log_m = fma(f * f, polynomial(f, _LOG), f)
    return fma(Cast(x.type, e), k(x, LN2[x.type.bits()][0]), log_m)


def fast_pow(x: Expr, y: Expr) -> Expr:
    """Return x**y for x >= 0, 0 for x == 0."""
    return choose(x == k(x, 0.0), 0.0, fast_exp(fast_log(x) * y))


def fast_sin(x: Expr) -> Expr:
    """Return the sine: x = n*pi + r with |r| <= pi/2, then a polynomial in r."""
    steps, n = nearest(x, _ONE_OVER_PI)
    return _alternating_sine(x, steps, n)


def fast_cos(x: Expr) -> Expr:
    """Return the cosine, the sine of x + pi/2: x = (n - 1/2)*pi + r."""
    magic = k(x, 1.5 * 2.0 ** mantissa_bits(x.type))
    shifted = fma(x, k(x, _ONE_OVER_PI), k(x, 0.5)) + magic
    return _alternating_sine(x, (shifted - magic) - 0.5, bits(shifted))


def _alternating_sine(x: Expr, steps: Expr, n: Expr) -> Expr:
    """Return (-1)**n * sin(x - steps*pi)."""
    high, low = _PI[x.type.bits()]
    r = fma(steps, k(x, -low), fma(steps, k(x, -high), x))
    z = r * r
    s = fma(r * z, polynomial(z, _SIN), r)
    sign = intrinsic("shift_left", n, const(n.type, n.type.bits() - 1))
    return float_of(intrinsic("bitwise_xor", bits(s), sign))
