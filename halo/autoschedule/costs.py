"""The cost model: what operations, cells and caches count for. One operation is the unit.

All of it is about one cell in a loop that runs in vectors, on no machine in particular.
"""

from __future__ import annotations

from halo.ir.expr import (
    Call,
    CallKind,
    Cast,
    Div,
    Expr,
    FloatImm,
    IntImm,
    Mod,
    StringImm,
    Variable,
    as_const,
)

STORE = 4.0
"""A cell that is stored, and its loops."""
CHEAP = 3.0
"""What is computed again wherever it is read: no dearer than to load it."""
MEMORY = 8.0
"""A byte that goes through memory and not through a cache."""
EXTRA = 0.3
"""Most cells that tiles may compute twice, as a part of those there are."""
NEAR_CACHE = 256 << 10
"""Bytes that tiles may keep."""
FORK = 30_000.0
"""Operations below which threads cost more than they bring."""
TASKS = 16
"""Tasks to have at least, where there is work for as many: threads of a usual machine."""
SMALL = 8.0
"""What has so many times fewer cells than its user is computed apart: it is little traffic."""
STRIP = (32, 64, 128)
"""Rows of a strip; a task is one strip."""
WHOLE_STRIP = (32, 16)
"""Rows of a strip of which all is computed before its rows are."""
CHUNK = 4096
"""Cells of a strip of what has one dimension."""
SHORT = 8
"""Most values of a variable all of which are computed for a row of another."""
UNROLLED = 4
"""Cells of a dimension, read one by one, whose loop is written out inside of the vectors."""
SUMMED = 8
"""Steps of a sum from which its results are worth keeping close by."""
STEPS = 16
"""Steps of a sum that are written out, where their number is known."""
TILE = (64, 32)
"""Cells of a tile that is summed up step by step, along the first two dimensions."""
AGAIN = 0.5
"""Most cells that such tiles may compute twice."""
FIRST_CACHE = 32 << 10
"""Bytes that what is read again for each result of a register tile may have."""

_DIVISION = 4.0
_UNKNOWN_DIVISION = 10.0
_MATH = 15.0
_ROOT = 6.0
_FREE = (IntImm, FloatImm, StringImm, Variable, Cast)
"""What costs nothing: casts go with what they are for."""


def operations(e: Expr) -> float:
    """Return what node `e` costs, without its operands; reads are counted apart."""
    match e:
        case Div(_, b) | Mod(_, b):
            return _DIVISION if as_const(b) is not None else _UNKNOWN_DIVISION
        case Call(kind=CallKind.MATH):
            return _MATH
        case Call(kind=CallKind.FUNC | CallKind.IMAGE):
            return 0.0
        case Call(kind=CallKind.INTRINSIC, name="sqrt"):
            return _ROOT
        case _:
            return 0.0 if isinstance(e, _FREE) else 1.0


VECTORS = 8
"""Vectors of a task that threads share along a row."""
