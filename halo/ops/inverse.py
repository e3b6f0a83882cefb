"""Inverses of small matrices."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ops.broadcast import shape_text
from halo.ops.build import computed
from halo.ops.det import LARGEST, minor
from halo.ops.functions import sum_type
from halo.ops.index import known
from halo.ops.tensor import OpInfo, OpKind, Tensor


def inverse(name: str, x: Tensor) -> Tensor:
    """Return the inverse of each matrix in the last two axes of `x`, by Cramer's rule.

    The determinants of a matrix without a row and a column are a tensor of their own, which is
    read transposed; of a matrix that has no inverse the result is infinite or not a number.

    Raises
    ------
    DefinitionError
        The matrices are not square, their size is not known, or it is more than `LARGEST`.
    """
    sizes = [known(d) for d in x.shape[-2:]]
    if len(sizes) < 2 or sizes[0] != sizes[1] or sizes[0] is None or sizes[0] > LARGEST:
        raise DefinitionError(
            f"{x.name} of shape {shape_text(x.shape)}: no squares of up to {LARGEST} rows"
        )
    count = sizes[0]
    wide = sum_type(x.type)
    every = tuple(range(count))

    def cofactor(*coords: Any) -> Expr:
        *outer, row, column = coords
        place, total = as_expr(row) * count + column, const(wide, 0)
        for i in every:
            for j in every:
                rows = tuple(r for r in every if r != i)
                own = minor(x, tuple(outer), rows, tuple(c for c in every if c != j))
                signed = -own if (i + j) % 2 else own
                total = Select(eq(place, i * count + j), signed, total)
        return total

    op = OpInfo(OpKind.STENCIL, (x,))
    cofactors = computed(f"{name}_cofactors", wide, x.shape, cofactor, op)

    def cell(*coords: Any) -> Expr:
        *outer, row, column = coords
        whole = const(wide, 0)
        for j in every:
            whole = whole + cast_to(wide, x.at(*outer, 0, j)) * cofactors.at(*outer, 0, j)
        return cofactors.at(*outer, column, row) / whole

    return computed(name, x.type, x.shape, cell, OpInfo(OpKind.STENCIL, (x, cofactors)))
