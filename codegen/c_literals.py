"""Constants as C literals."""

from __future__ import annotations

import math

import numpy as np

from codegen.c_context import ATOM, UNARY, Code
from codegen.c_scalar import lowest
from halo.ir.types import Type

_INT32 = 1 << 31


def int_literal(t: Type, value: int, bare: bool = False) -> Code:
    """Return `value` in C; `bare` drops the suffix that other operands make superfluous."""
    if t.is_bool():
        return Code("true" if value else "false")
    if t.is_int() and t.bits() >= 32 and value == t.min_value:
        return Code(lowest(t))
    level = UNARY if value < 0 else ATOM
    if t.bits() < 32 or (t.bits() == 32 and t.is_int()) or (bare and -_INT32 < value < _INT32):
        return Code(str(value), level)
    if t.bits() == 32:
        return Code(f"{value}u")
    return Code(f"{'U' if t.is_uint() else ''}INT64_C({value})")


def float_literal(t: Type, value: float) -> Code:
    """Return `value` in C: the shortest decimal that reads back as the same number."""
    suffix = "" if t.bits() == 64 else "f"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    level = UNARY if sign else ATOM
    if math.isnan(value):
        return Code(f'{sign}__builtin_nan{suffix}("")', level)
    if math.isinf(value):
        return Code(f"{sign}__builtin_inf{suffix}()", level)
    text = repr(value) if t.bits() == 64 else str(np.float32(value))
    if not any(c in text for c in ".e"):
        text += ".0"
    return Code(text + suffix, level)
