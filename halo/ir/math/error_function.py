"""erf."""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ir.intrinsics import fma
from halo.ir.math import coefficients as c
from halo.ir.math.build import absolute, choose, clamp, is_single, k, polynomial, with_sign_of
from halo.ir.math.exponentials import exp


def erf(x: Expr) -> Expr:
    """Return the error function: x + x*P(x**2) up to 1, beyond it 1 - e**-Q(|x|)."""
    a = absolute(x)
    near = fma(a, polynomial(a * a, c.ERF_32 if is_single(x) else c.ERF_64), a)
    if is_single(x):
        q = polynomial(clamp(a, 1.0, 4.0), c.ERFC_32)
    else:
        q = polynomial(clamp(a, 1.0, 6.0) - 3.5, c.ERFC_64)
    return with_sign_of(choose(a < k(a, 1.0), near, 1.0 - exp(-q)), x)
