"""Fixed-point arithmetic: integer operations that widen, halve, round or saturate.

Each is made of the operations of the IR where it is written, so it means the same everywhere and
vectorises like them. Where the names are Halide's, so are the values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.errors import TypeMismatch, user_location
from halo.ir.expr import Expr, Max, Select, as_const, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, integer_operands, match_types, need_integers
from halo.ir.types import Float, Int, Type, TypeCode, UInt
from halo.lang.saturation import saturating_cast


def widening_add(a: Any, b: Any) -> Expr:
    """Return a + b in twice the bits, where nothing is lost."""
    return _widening("widening_add", lambda x, y: x + y, a, b)


def widening_sub(a: Any, b: Any) -> Expr:
    """Return a - b in twice the bits; of unsigned integers too the result is signed."""
    return _widening("widening_sub", lambda x, y: x - y, a, b, signed=True)


def widening_mul(a: Any, b: Any) -> Expr:
    """Return a * b in twice the bits; signed if either factor is, and exact for mixed signs."""
    return _widening("widening_mul", lambda x, y: x * y, a, b)


def widen_right_add(a: Any, b: Any) -> Expr:
    """Return a + b in the type of a, which has twice the bits of b."""
    return _widen_right("widen_right_add", lambda x, y: x + y, a, b)


def widen_right_sub(a: Any, b: Any) -> Expr:
    """Return a - b in the type of a, which has twice the bits of b."""
    return _widen_right("widen_right_sub", lambda x, y: x - y, a, b)


def widen_right_mul(a: Any, b: Any) -> Expr:
    """Return a * b in the type of a, which has twice the bits of b."""
    return _widen_right("widen_right_mul", lambda x, y: x * y, a, b)


def halving_add(a: Any, b: Any) -> Expr:
    """Return floor((a + b) / 2), the sum being exact."""
    x, y = integer_operands("halving_add", a, b)
    return (x & y) + _shift_right(x ^ y, 1)


def rounding_halving_add(a: Any, b: Any) -> Expr:
    """Return floor((a + b + 1) / 2), the sum being exact."""
    x, y = integer_operands("rounding_halving_add", a, b)
    return (x | y) - _shift_right(x ^ y, 1)


def halving_sub(a: Any, b: Any) -> Expr:
    """Return floor((a - b) / 2), the difference being exact, modulo 2**bits."""
    x, y = integer_operands("halving_sub", a, b)
    return _shift_right(x, 1) - _shift_right(y, 1) - (~x & y & const(x.type, 1))


def rounding_shift_left(a: Any, n: Any) -> Expr:
    """Return a * 2**n modulo 2**bits; a negative n shifts right and rounds."""
    a, n = _shifted("rounding_shift_left", a, n)
    return _either_way(n, lambda k: a << k, lambda k: _rounding_right(a, k))


def rounding_shift_right(a: Any, n: Any) -> Expr:
    """Return floor(a / 2**n + 1/2), which cannot overflow; a negative n shifts left."""
    a, n = _shifted("rounding_shift_right", a, n)
    return _either_way(n, lambda k: _rounding_right(a, k), lambda k: a << k)


def widening_shift_left(a: Any, n: Any) -> Expr:
    """Return a * 2**n in twice the bits; a negative n shifts right."""
    a, n = _shifted("widening_shift_left", a, n, widen=True)
    return _either_way(n, lambda k: a << k, lambda k: a >> k)


def widening_shift_right(a: Any, n: Any) -> Expr:
    """Return floor(a / 2**n) in twice the bits; a negative n shifts left."""
    a, n = _shifted("widening_shift_right", a, n, widen=True)
    return _either_way(n, lambda k: a >> k, lambda k: a << k)


def mul_shift_right(a: Any, b: Any, n: Any) -> Expr:
    """Return floor(a * b / 2**n) saturated to the type of a and b; the product is exact."""
    a, b, product, n = _product("mul_shift_right", a, b, n)
    return saturating_cast(a.type, product >> n)


def rounding_mul_shift_right(a: Any, b: Any, n: Any) -> Expr:
    """Return floor(a * b / 2**n + 1/2) saturated to the type of a and b; the product is exact."""
    a, b, product, n = _product("rounding_mul_shift_right", a, b, n)
    return saturating_cast(a.type, _rounding_right(product, n))


def _rounding_right(a: Expr, n: Expr) -> Expr:
    """Return floor(a / 2**n + 1/2) for n >= 0: the last bit that is shifted out rounds up."""
    one = const(a.type, 1)
    return (a >> n) + ((a >> (n - one)) & one)


def _shift_right(a: Expr, n: int) -> Expr:
    return intrinsic("shift_right", a, const(a.type, n))


def _either_way(n: Expr, onwards: Callable[[Expr], Expr], back: Callable[[Expr], Expr]) -> Expr:
    """Return what n >= 0 asks for, or what -n does where n is negative."""
    known = as_const(n)
    if known is not None:
        return onwards(n) if known >= 0 else back(-n)
    if n.type.is_uint():
        return onwards(n)
    # No count is further than all bits, and -n of the smallest number would be negative.
    return Select(n < 0, back(-Max(n, const(n.type, -n.type.bits()))), onwards(n))


def _shifted(name: str, a: Any, n: Any, widen: bool = False) -> tuple[Expr, Expr]:
    """Return operand and count of a shift, of as many bits; the operand keeps its sign."""
    a = as_expr(a)
    n = as_expr(n, Int(a.type.bits()) if a.type.is_integral and not a.type.is_bool() else None)
    need_integers(name, a, n)
    bits = max(a.type.bits(), n.type.bits())
    t = Type(a.type.code(), bits)
    if widen:
        t = _wide(name, t)
    return cast_to(t, a), cast_to(Type(n.type.code(), t.bits()), n)


def _product(name: str, a: Any, b: Any, n: Any) -> tuple[Expr, Expr, Expr, Expr]:
    a, b = integer_operands(name, a, b)
    _wide(name, a.type)
    product = widening_mul(a, b)
    n = as_expr(n)
    need_integers(name, n)
    if (as_const(n) or 0) < 0:
        raise TypeMismatch(f"{name} by {as_const(n)} bits: not negative", where=user_location())
    return a, b, product, cast_to(product.type, n)


def _widening(
    name: str, op: Callable[[Expr, Expr], Expr], a: Any, b: Any, signed: bool = False
) -> Expr:
    if not hasattr(a, "_as_expr") and not isinstance(a, Expr):
        b = as_expr(b)
        a = as_expr(a, b.type)
    a = as_expr(a)
    b = as_expr(b, a.type)
    if a.type.is_float() and b.type.is_float():
        a, b = match_types(a, b)
        t = Float(32) if a.type.bits() == 16 else Float(64)
        if a.type.bits() == 64:
            _refuse_wide(name, a.type)
        return op(cast_to(t, a), cast_to(t, b))
    need_integers(name, a, b)
    code = TypeCode.INT if signed or a.type.is_int() or b.type.is_int() else TypeCode.UINT
    t = _wide(name, Type(code, max(a.type.bits(), b.type.bits())))
    return op(cast_to(t, a), cast_to(t, b))


def _widen_right(name: str, op: Callable[[Expr, Expr], Expr], a: Any, b: Any) -> Expr:
    a, b = as_expr(a), as_expr(b)
    need_integers(name, a, b)
    if a.type.code() is not b.type.code() or a.type.bits() != 2 * b.type.bits():
        raise TypeMismatch(
            f"{name} of {a.type} and {b.type}: the first has to be twice as wide as the second, "
            "both signed or both unsigned",
            where=user_location(),
            hint="halo.cast converts one of them",
        )
    return op(a, cast_to(a.type, b))


def _wide(name: str, t: Type) -> Type:
    if t.bits() == 64:
        _refuse_wide(name, t)
    return Int(2 * t.bits()) if t.is_int() else UInt(2 * t.bits())


def _refuse_wide(name: str, t: Type) -> None:
    raise TypeMismatch(
        f"{name} of {t}: there is no type of 128 bits",
        where=user_location(),
        hint="cast to 32 bits first, or do without widening",
    )
