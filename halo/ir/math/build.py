"""What the math functions are made of: constants, polynomials and the bits of floats.

Float32 and float64, any number of lanes. An operand that is used twice is one shared node.
"""

from __future__ import annotations

from collections.abc import Sequence

from halo.ir.expr import Cast, Expr, Max, Min, Reinterpret, Select, const
from halo.ir.intrinsics import fma, intrinsic
from halo.ir.operators import as_expr
from halo.ir.types import Float, Int, Type

INF = float("inf")
NAN = float("nan")

LN2 = {
    32: (0.6931471824645996, -1.9046542121259336e-09),
    64: (0.6931471805599453, 2.3190468138462996e-17),
}
"""log(2) as a sum."""
LOG2E = {
    32: (1.4426950216293335, 1.925963033500011e-08),
    64: (1.4426950408889634, 2.0355273740931033e-17),
}
"""1/log(2) as a sum."""
PI_2 = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)
"""pi/2 as a sum of float64."""


def is_single(x: Expr) -> bool:
    """Whether `x` is float32; else it is float64."""
    return x.type.bits() == 32


def k(x: Expr, value: float) -> Expr:
    """Return the constant `value` in the type of `x`."""
    return const(x.type, value)


def polynomial(x: Expr, coefficients: Sequence[float]) -> Expr:
    """Return c0 + c1*x + ..., by Horner's rule with fused multiply-adds."""
    result = k(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        result = fma(result, x, k(x, c))
    return result


def absolute(x: Expr) -> Expr:
    """Return |x| of a float."""
    return intrinsic("abs", x)


def clamp(x: Expr, low: float, high: float) -> Expr:
    """Return `x` limited to [low, high]; a NaN stays one."""
    return Max(k(x, low), Min(k(x, high), x))


def choose(condition: Expr, yes: Expr | float, no: Expr | float) -> Expr:
    """Return `yes` where `condition`, else `no`; one of them may be a number."""
    if not isinstance(yes, Expr):
        assert isinstance(no, Expr)
        yes = k(no, yes)
    return Select(condition, yes, as_expr(no, yes.type))


def integers(type: Type) -> Type:
    """Return the signed integers of the width and lanes of `type`."""
    return Int(type.bits(), type.lanes())


def bits(x: Expr) -> Expr:
    """Return the bits of a float as a signed integer."""
    return Reinterpret(integers(x.type), x)


def float_of(n: Expr) -> Expr:
    """Return the float that has the bits `n`."""
    return Reinterpret(Float(n.type.bits(), n.type.lanes()), n)


def mantissa_bits(type: Type) -> int:
    """Return the number of stored mantissa bits."""
    return 23 if type.bits() == 32 else 52


def with_sign_of(magnitude: Expr, x: Expr) -> Expr:
    """Return `magnitude`, which is not negative, with the sign bit of `x`."""
    top = const(integers(x.type), -(1 << (x.type.bits() - 1)))
    return float_of(
        intrinsic("bitwise_or", bits(magnitude), intrinsic("bitwise_and", bits(x), top))
    )


def nearest(x: Expr, factor: float) -> tuple[Expr, Expr]:
    """Return x*factor rounded to an integer, as a float and as the low bits of an integer.

    Adding 1.5 * 2**mantissa_bits pushes the fraction out, without a conversion to integer.
    Right for ``|x*factor| < 2**(mantissa_bits - 1)``.
    """
    magic = k(x, 1.5 * 2.0 ** mantissa_bits(x.type))
    shifted = fma(x, k(x, factor), magic)
    magic_bits = 0x4B400000 if is_single(x) else 0x4338000000000000
    return shifted - magic, bits(shifted) - const(integers(x.type), magic_bits)


def power_of_two(n: Expr) -> Expr:
    """Return 2**n for an integer of the width of the float, where that is a normal number."""
    type = Float(n.type.bits(), n.type.lanes())
    bias = 127 if type.bits() == 32 else 1023
    return float_of(intrinsic("shift_left", n + bias, const(n.type, mantissa_bits(type))))


def times_power_of_two(x: Expr, n: Expr) -> Expr:
    """Return x * 2**n, also where the result, but not `x`, is denormal or infinite.

    In two steps because 2**n alone may be out of range.
    """
    half = intrinsic("shift_right", n, const(n.type, 1))
    return x * power_of_two(half) * power_of_two(n - half)


def significand(x: Expr) -> tuple[Expr, Expr]:
    """Return (m, e) with x == m * 2**e and m in [sqrt(1/2), sqrt(2)], for positive finite x.

    `e` is a float. Denormals are scaled first.
    """
    mantissa = mantissa_bits(x.type)
    smallest, scale = (2.0**-126, 2.0**24) if is_single(x) else (2.0**-1022, 2.0**54)
    tiny = x < k(x, smallest)
    scaled = bits(choose(tiny, x * scale, x))
    root_half = 0x3F3504F3 if is_single(x) else 0x3FE6A09E667F3BCD
    shift = const(scaled.type, mantissa)
    e = intrinsic("shift_right", scaled - root_half, shift)
    m = float_of(scaled - intrinsic("shift_left", e, shift))
    correction = choose(tiny, k(x, -24.0 if is_single(x) else -54.0), 0.0)
    return m, Cast(x.type, e) + correction


def two_product(a: Expr, b: Expr) -> tuple[Expr, Expr]:
    """Return a*b as an exact sum of a float and its rounding error."""
    p = a * b
    return p, fma(a, b, -p)


def fast_two_sum(a: Expr, b: Expr) -> tuple[Expr, Expr]:
    """Return a + b as an exact sum of a float and its rounding error, for |a| >= |b|."""
    s = a + b
    return s, b - (s - a)


def widened(x: Expr) -> Expr:
    """Return a float32 as float64."""
    return Cast(Float(64, x.type.lanes()), x)


def narrowed(x: Expr) -> Expr:
    """Return a float64 as float32."""
    return Cast(Float(32, x.type.lanes()), x)
