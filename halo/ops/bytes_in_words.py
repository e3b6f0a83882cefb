"""Four 8-bit numbers in a word of 32 bits, as instructions take them that sum four products."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.ir.expr import Expr, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.lang.operators import clamp
from halo.ops.build import computed
from halo.ops.index import ceil_div, minus
from halo.ops.tensor import Array, OpInfo, OpKind, Tensor

WORD = Int(32)


def add_products(total: Expr, cells: Expr, weights: Expr) -> Expr:
    """Return `total` plus four products: of unsigned numbers in one word, signed in the other."""
    return intrinsic("dot4", total, cells, weights)


def lift(x: Tensor) -> int:
    """Return what makes the numbers of `x`, of 8 bits, unsigned when it is added."""
    return 128 if x.type.is_int() else 0


def words_along(name: str, x: Tensor, axis: int) -> Tensor:
    """Return the numbers of `x`, lifted, four by four along `axis`, the first in the low bits.

    What the last word has beyond the end is any number.
    """
    last = minus(x.shape[axis], 1)

    def cell(*coords: Any) -> Expr:
        result: Expr = const(WORD, 0)
        for i in range(4):
            place = clamp(as_expr(coords[axis]) * 4 + i, 0, last)
            number = cast_to(WORD, x.at(*coords[:axis], place, *coords[axis + 1 :])) + lift(x)
            result = result | (number << (8 * i))
        return result

    shape = [ceil_div(d, 4) if a == axis else d for a, d in enumerate(x.shape)]
    return computed(name, WORD, shape, cell, OpInfo(OpKind.STENCIL, (x,), attrs={"what": "words"}))


def weight_words(weights: Array, axis: int) -> Array:
    """Return int8 `weights` four by four along `axis`, with zeros beyond the end, as int32."""
    moved = np.moveaxis(weights.astype(np.int8), axis, -1)
    beyond = [(0, 0)] * (moved.ndim - 1) + [(0, -moved.shape[-1] % 4)]
    made = np.ascontiguousarray(np.pad(moved, beyond)).view("<i4").astype(np.int32)
    return np.ascontiguousarray(np.moveaxis(made, -1, axis))
