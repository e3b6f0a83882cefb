"""Lanes picked from one or two vectors."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.c_context import UNARY, Code
from codegen.c_prelude import Prelude
from codegen.c_types import padded

_WRONG_IN_GCC = ("f", 64, 8)
"""Letter, bits and lanes of vectors of which gcc picks other lanes than asked for.

With AVX-512 it takes ``vpermilpd`` for {0, 1, 3, 4}, which cannot move lane 4 to place 3 (seen with
gcc 12). Lanes of integers are moved as they should be.
"""


def picked_lanes(
    prelude: Prelude, letter: str, bits: int, a: Code, b: Code, width: int, lanes: Sequence[int]
) -> Code:
    """Return the vector of `lanes` of `a`, the first `width`, and `b`; -1 is any lane.

    Parameters
    ----------
    letter, bits, width
        Of `a` and `b`, as of `Prelude.vector`.
    lanes
        They are padded to as many as a vector has.
    """
    filled = [*lanes, *[-1] * (padded(len(lanes)) - len(lanes))]
    order = ", ".join(map(str, filled))
    if (letter, bits, width) != _WRONG_IN_GCC:
        return Code(f"__builtin_shufflevector({a.text}, {b.text}, {order})")
    whole = prelude.vector("i", bits, width)
    words = [f"({whole}){x.within(UNARY)}" for x in (a, b)]
    result = prelude.vector(letter, bits, len(filled))
    return Code(f"({result})__builtin_shufflevector({words[0]}, {words[1]}, {order})", UNARY)
