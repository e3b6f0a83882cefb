"""Determinants of small matrices."""

from __future__ import annotations

from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, const
from halo.ir.operators import cast_to
from halo.ops.broadcast import shape_text
from halo.ops.build import computed
from halo.ops.functions import sum_type
from halo.ops.index import known
from halo.ops.tensor import OpInfo, OpKind, Tensor

LARGEST = 4
"""Rows up to which Laplace's expansion is no more work than elimination."""


def det(name: str, x: Tensor) -> Tensor:
    """Return the determinant of each matrix in the last two axes of `x`, by Laplace's expansion.

    Raises
    ------
    DefinitionError
        The matrices are not square, their size is not known, or it is more than `LARGEST`.
    """
    sizes = [known(d) for d in x.shape[-2:]]
    if len(sizes) < 2 or sizes[0] != sizes[1] or sizes[0] is None:
        raise DefinitionError(f"{x.name} of shape {shape_text(x.shape)}: no square of a known size")
    count = sizes[0]
    if count > LARGEST:
        raise DefinitionError(f"the determinant of {count} rows, which are more than {LARGEST}")
    wide = sum_type(x.type)

    def minor(outer: tuple[Any, ...], row: int, columns: tuple[int, ...]) -> Expr:
        if not columns:
            return const(wide, 1)
        total: Expr | None = None
        for i, column in enumerate(columns):
            rest = minor(outer, row + 1, columns[:i] + columns[i + 1 :])
            term = cast_to(wide, x.at(*outer, row, column)) * rest
            total = term if total is None else total - term if i % 2 else total + term
        assert total is not None
        return total

    def cell(*outer: Any) -> Expr:
        return minor(outer, 0, tuple(range(count)))

    return computed(name, x.type, x.shape[:-2], cell, OpInfo(OpKind.STENCIL, (x,)))
