"""Math functions as expressions of other nodes: the same bits wherever they are evaluated.

No tables and no library calls, so they vectorise as any other arithmetic does. The error bounds
are in ``docs/semantics.md`` and tested.
"""

from __future__ import annotations

from collections.abc import Callable

from halo.errors import InternalError
from halo.ir.expr import Expr
from halo.ir.math.error_function import erf
from halo.ir.math.exponentials import cosh, exp, exp2, expm1, sinh, tanh
from halo.ir.math.fast import fast_cos, fast_exp, fast_log, fast_pow, fast_sin
from halo.ir.math.inverse_trigonometry import acos, asin, atan, atan2
from halo.ir.math.logarithms import acosh, asinh, atanh, log, log1p, log2, log10
from halo.ir.math.powers import hypot, pow, rsqrt
from halo.ir.math.trigonometry import cos, sin, tan
from halo.ir.operators import cast_to
from halo.ir.types import Float

_UNARY: dict[str, Callable[[Expr], Expr]] = {
    f.__name__: f
    for f in (
        *(exp, exp2, expm1, log, log2, log10, log1p),
        *(sin, cos, tan, asin, acos, atan),
        *(sinh, cosh, tanh, asinh, acosh, atanh),
        *(erf, rsqrt),
        *(fast_exp, fast_log, fast_sin, fast_cos),
    )
}
_BINARY: dict[str, Callable[[Expr, Expr], Expr]] = {
    f.__name__: f for f in (pow, fast_pow, atan2, hypot)
}

MATH_FUNCTIONS: dict[str, int] = {**dict.fromkeys(_UNARY, 1), **dict.fromkeys(_BINARY, 2)}
"""Number of arguments of each math function."""


def definition(name: str, args: tuple[Expr, ...]) -> Expr:
    """Return math function `name` of `args` as an expression without calls of math functions.

    Parameters
    ----------
    args
        As many as `MATH_FUNCTIONS` says, of one floating type, any number of lanes; float16 and
        bfloat16 are computed in float32 and rounded at the end. An argument may occur more than
        once in the result, as one shared node.
    """
    if MATH_FUNCTIONS.get(name) != len(args):
        raise InternalError(f"there is no math function {name} of {len(args)} arguments")
    type = args[0].type
    if type.bits() < 32:
        wide = Float(32, type.lanes())
        return cast_to(type, definition(name, tuple(cast_to(wide, a) for a in args)))
    if len(args) == 1:
        return _UNARY[name](args[0])
    return _BINARY[name](args[0], args[1])
