"""The text of the numbers in messages and printed lines, the same wherever they are written."""

from __future__ import annotations

from typing import Any

from halo.ir.types import Type


def text_of(type: Type, value: Any) -> str:
    """Return the text of a scalar of `type`.

    Integers in decimal, bools as ``true`` and ``false``, floats of up to 32 bits as C's ``%f``,
    of 64 bits as its ``%e``, a NaN without sign.
    """
    if type.is_bool():
        return "true" if value else "false"
    if not type.is_float():
        return str(int(value))
    number = float(value)
    if number != number:
        return "nan"
    return f"{number:e}" if type.bits() == 64 else f"{number:f}"
