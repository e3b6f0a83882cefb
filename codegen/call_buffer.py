"""An array as compiled code takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codegen.hooks import abi, abi_types
from halo.ir.types import Type, TypeCode

_TYPE_CODES = {TypeCode.INT: 0, TypeCode.UINT: 1, TypeCode.FLOAT: 2, TypeCode.BFLOAT: 4}


@dataclass(slots=True)
class CBuffer:
    """A ``halo_buffer`` and what it points to; keeps neither the array nor its memory alive."""

    cdata: Any
    dims: Any


def make_buffer(address: int, type: Type, dims: Sequence[tuple[int, int, int]]) -> CBuffer:
    """Return a ``halo_buffer`` over memory at `address`.

    Parameters
    ----------
    address
        Of the element at the mins; 0 for an array without elements.
    type
        Element type.
    dims
        (min, extent, stride in elements) of each dimension, the first dimension first.
    """
    ffi, types = abi(), abi_types()
    array = ffi.new(types["dims"], dims) if dims else ffi.NULL
    host = ffi.cast(types["address"], address)
    kind = (_TYPE_CODES[type.code()], type.bits())
    return CBuffer(ffi.new(types["buffer"], (host, kind, len(dims), array)), array)
