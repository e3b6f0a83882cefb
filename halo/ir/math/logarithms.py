"""log, log1p, log2, log10 and what is made of them: asinh, acosh, atanh.

x = m * 2**e with m in [sqrt(1/2), sqrt(2)]; log(x) == e*log(2) + log(m).
"""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ir.intrinsics import fma, intrinsic
from halo.ir.math import coefficients as c
from halo.ir.math.build import (
    INF,
    LN2,
    LOG2E,
    NAN,
    absolute,
    choose,
    is_single,
    k,
    polynomial,
    significand,
    with_sign_of,
)

_LOG10_2 = {
    32: (0.3010300099849701, -1.432098883924482e-08),
    64: (0.3010299956639812, -2.8037281277851704e-18),
}
_LOG10_E = {
    32: (0.4342944920063019, -1.0103049952192578e-08),
    64: (0.4342944819032518, 1.098319650216765e-17),
}


def _significand_log(m: Expr) -> tuple[Expr, Expr]:
    """Return log(m) as a sum of m - 1 and what is left."""
    f = m - 1.0
    if is_single(m):
        q = fma(f, polynomial(f, c.LOG_32), k(f, -0.5))
        return f, f * f * q
    s = f / (f + 2.0)
    half_square = f * f * 0.5
    z = s * s
    # log(m) = 2s + s*R with 2s = f - f*s, and f*s = f**2/2 - s*f**2/2.
    rest = fma(s, fma(z, polynomial(z, c.LOG_64), half_square), -half_square)
    return f, rest


def _special(x: Expr, result: Expr) -> Expr:
    """Return `result` with the limits of a logarithm put in."""
    result = choose(x < k(x, INF), result, x)  # infinity and NaN stay
    result = choose(x > k(x, 0.0), result, choose(x < k(x, 0.0), k(x, NAN), result))
    return choose(x == k(x, 0.0), k(x, -INF), result)


def log(x: Expr) -> Expr:
    """Return the natural logarithm."""
    high, low = LN2[x.type.bits()]
    m, e = significand(x)
    f, rest = _significand_log(m)
    return _special(x, fma(e, k(x, high), f + fma(e, k(x, low), rest)))


def _scaled_log(
    x: Expr, per_log: tuple[float, float], per_exponent: tuple[float, float] | None
) -> Expr:
    """Return e*c2 + log(m)*c1 with constants given as sums; c2 == 1 for None."""
    m, e = significand(x)
    f, rest = _significand_log(m)
    log_m = f + rest
    error = rest - (log_m - f)
    small = fma(log_m, k(x, per_log[1]), error * per_log[0])
    if per_exponent is None:
        return _special(x, e + fma(log_m, k(x, per_log[0]), small))
    small = fma(e, k(x, per_exponent[1]), small)
    return _special(x, fma(e, k(x, per_exponent[0]), fma(log_m, k(x, per_log[0]), small)))


def log2(x: Expr) -> Expr:
    """Return the logarithm to base 2; exact for powers of two."""
    return _scaled_log(x, LOG2E[x.type.bits()], None)


def log10(x: Expr) -> Expr:
    """Return the logarithm to base 10."""
    return _scaled_log(x, _LOG10_E[x.type.bits()], _LOG10_2[x.type.bits()])


def log1p(x: Expr) -> Expr:
    """Return log(1 + x), exact to the last bits also for small x.

    1 + x is rounded to u; the logarithm of u is corrected by (x - (u - 1)) / u.
    """
    u = x + 1.0
    correction = (x - (u - 1.0)) / u
    plain = (u > k(x, 0.0)) & (u < k(x, INF))
    return log(u) + choose(plain, correction, 0.0)


def asinh(x: Expr) -> Expr:
    """Return the inverse hyperbolic sine, log1p(a + a**2 / (1 + sqrt(a**2 + 1))), a = |x|."""
    a = absolute(x)
    large = a > k(a, _square_root_is_absorbed(x))
    t = choose(large, 1.0, a)
    square = t * t
    root = intrinsic("sqrt", square + 1.0)
    small = log1p(t + square / (root + 1.0))
    return with_sign_of(choose(large, _log_of_double(a), small), x)


def acosh(x: Expr) -> Expr:
    """Return the inverse hyperbolic cosine, log1p(t + sqrt(2*t + t**2)), t = x - 1."""
    large = x > k(x, _square_root_is_absorbed(x))
    t = choose(large, 1.0, x - 1.0)
    small = log1p(t + intrinsic("sqrt", fma(t, t, t + t)))
    result = choose(large, _log_of_double(x), small)
    return choose(x < k(x, 1.0), k(x, NAN), result)


def atanh(x: Expr) -> Expr:
    """Return the inverse hyperbolic tangent, log1p(2*a / (1 - a)) / 2, a = |x|."""
    a = absolute(x)
    return with_sign_of(log1p((a + a) / (1.0 - a)) * 0.5, x)


def _square_root_is_absorbed(x: Expr) -> float:
    """Return from where sqrt(x**2 +- 1) rounds to x."""
    return 2.0**14 if is_single(x) else 2.0**30


def _log_of_double(a: Expr) -> Expr:
    """Return log(2*a), without overflow."""
    return log(a) + LN2[a.type.bits()][0]
