"""Numbers given from outside, as the types of the language hold them."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.errors import BufferError, TypeMismatch, user_location
from halo.ir.expr import as_const, const
from halo.ir.types import Type


def value_of_type(type: Type, value: Any, what: str) -> int | float:
    """Return `value` as `type` holds it; floats are rounded.

    Parameters
    ----------
    what
        Who shall hold it, for messages.

    Raises
    ------
    TypeMismatch
        `value` is no number.
    BufferError
        `type` cannot hold it.
    """
    if not isinstance(value, (int, float, np.integer, np.floating, np.bool_)):
        raise TypeMismatch(f"{value!r} is no number for {what}", where=user_location())
    if type.is_float():
        rounded = as_const(const(type, float(value)))
        assert rounded is not None
        return rounded
    whole = np.isfinite(value) and int(value) == value
    if not whole or not type.can_represent(int(value)):
        raise BufferError(f"{what} of type {type} cannot hold {value}", where=user_location())
    return int(value)
