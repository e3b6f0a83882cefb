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
    every = tuple(range(count))

    def cell(*outer: Any) -> Expr:
        return minor(x, outer, every, every)

    return computed(name, x.type, x.shape[:-2], cell, OpInfo(OpKind.STENCIL, (x,)))


def minor(
    x: Tensor, outer: tuple[Any, ...], rows: tuple[int, ...], columns: tuple[int, ...]
) -> Expr:
    """Return the determinant of the matrix at `outer` of `x`, taken to `rows` and `columns`."""
    wide = sum_type(x.type)
    if not columns:
        return const(wide, 1)
    total: Expr | None = None
    for i, column in enumerate(columns):
        rest = minor(x, outer, rows[1:], columns[:i] + columns[i + 1 :])
        term = cast_to(wide, x.at(*outer, rows[0], column)) * rest
        total = term if total is None else total - term if i % 2 else total + term
    assert total is not None
    return total
