"""Integers: division that rounds towards zero, and bits put together and taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.expr import EQ, NE, Expr, Reinterpret, Select, as_const, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, integer_operands, need_integers
from halo.ir.types import Type, UInt
from halo.lang.casts import need_type


def div_round_to_zero(a: Any, b: Any) -> Expr:
    """Return a / b without its fraction, as C's division; 0 for b == 0."""
    x, y = integer_operands("div_round_to_zero", a, b)
    return x / y if x.type.is_uint() else _towards_zero(x, y)


def mod_round_to_zero(a: Any, b: Any) -> Expr:
    """Return what `div_round_to_zero` leaves of a, with the sign of a; 0 for b == 0."""
    x, y = integer_operands("mod_round_to_zero", a, b)
    if x.type.is_uint():
        return x % y
    zero = const(x.type, 0)
    if _is_positive(y):
        rest = x % y
        return Select((x < 0) & NE(rest, zero), rest - y, rest)
    return Select(EQ(y, zero), zero, x - _towards_zero(x, y) * y)


def concat_bits(parts: Sequence[Any]) -> Expr:
    """Return the bits of all parts as one integer of their kind, the first part's lowest.

    Raises
    ------
    DefinitionError
        There is no part.
    TypeMismatch
        The parts are not all of one type, or no type has as many bits.
    """
    exprs = [as_expr(p) for p in parts] if isinstance(parts, Sequence) else []
    if not exprs:
        raise DefinitionError("concat_bits needs one part at least", where=user_location())
    need_integers("concat_bits", *exprs)
    t = exprs[0].type
    total = t.bits() * len(exprs)
    if any(e.type != t for e in exprs) or total not in (8, 16, 32, 64):
        raise TypeMismatch(
            f"concat_bits of {', '.join(str(e.type) for e in exprs)}: "
            "the parts are of one type and make 8, 16, 32 or 64 bits together",
            where=user_location(),
        )
    wide = UInt(total)
    whole = cast_to(wide, _as_unsigned(exprs[0]))
    for i, e in enumerate(exprs[1:], 1):
        whole = whole | (cast_to(wide, _as_unsigned(e)) << (i * t.bits()))
    return cast_to(Type(t.code(), total), whole)


def extract_bits(type: Type, e: Any, lsb: Any) -> Expr:
    """Return the bits of `e` from bit `lsb` upwards as `type`; beyond the last they are 0."""
    need_type("extract_bits", type)
    value, first = as_expr(e), as_expr(lsb)
    need_integers("extract_bits", first)
    if type.bits() > value.type.bits() or type.is_bool():
        raise TypeMismatch(
            f"extract_bits of {type} from {value.type}, which has {value.type.bits()} bits",
            where=user_location(),
        )
    whole = _as_unsigned(value)
    narrow = cast_to(UInt(type.bits()), whole >> cast_to(whole.type, first))
    return narrow if narrow.type == type else Reinterpret(type, narrow)


def _towards_zero(a: Expr, b: Expr) -> Expr:
    """Return the quotient of the magnitudes, which are unsigned, with its sign.

    By a positive constant the quotient is rounded up where a is negative; so its bounds are known.
    """
    if _is_positive(b):
        return (a + Select(a < 0, b - 1, const(a.type, 0))) / b
    size = cast_to(a.type, intrinsic("abs", a) / intrinsic("abs", b))
    return Select((a ^ b) < 0, -size, size)


def _is_positive(e: Expr) -> bool:
    known = as_const(e)
    return known is not None and known > 0


def _as_unsigned(e: Expr) -> Expr:
    t = UInt(e.type.bits())
    return cast_to(t, e) if e.type.is_integral else Reinterpret(t, e)
