"""A number as the nearest value of a float type: rounded once, ties to even."""

from __future__ import annotations

import math

import numpy as np

from halo.ir.types import Type


def round_float(type: Type, value: int | float) -> float:
    """Return `value`, exact whatever its size, as the nearest value of float type `type`.

    Beyond the range it becomes infinite. An integer that float64 does not hold, and a float64
    that float32 does not hold, is rounded to odd on the way, so that the last rounding is the
    only one (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
    """
    if type.bits() == 64:
        return _nearest_double(value)
    wide = _odd_double(value) if isinstance(value, int) else float(value)
    with np.errstate(over="ignore"):
        if not type.is_bfloat():
            return float(type.dtype.type(wide))
        return _bfloat(_odd_single(wide))


def _nearest_double(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _odd_double(value: int) -> float:
    extra = max(abs(value).bit_length() - 53, 0)
    kept = abs(value) >> extra
    if kept << extra != abs(value):
        kept |= 1
    return math.copysign(_nearest_double(kept << extra), value)


def _odd_single(value: float) -> np.float32:
    near = np.float32(value)
    if value != value or float(near) == value or near.view(np.uint32) & np.uint32(1):
        return near
    towards = np.float32(math.inf if value > float(near) else -math.inf)
    return np.float32(np.nextafter(near, towards))


def _bfloat(value: np.float32) -> float:
    if value != value:
        return float(value)
    bits = int(value.view(np.uint32))
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(np.uint32(bits).view(np.float32))
