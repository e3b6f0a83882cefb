"""Reshape: the same cells in the same order under another shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr
from halo.ir.operators import as_expr, eq
from halo.ops.broadcast import Requirement, shape_text
from halo.ops.factors import Factors, factors, factors_of_all, quotient, rest_of
from halo.ops.index import (
    ZERO,
    choose,
    floor_div,
    greatest,
    known,
    product,
    row_major_strides,
    sizes_in,
)
from halo.ops.tensor import Tensor
from halo.ops.views import view

_Group = tuple[list[int], list[int]]


def target_shape(
    x: Tensor, target: Sequence[Expr], allow_zero: bool = False
) -> tuple[tuple[Expr, ...], tuple[Requirement, ...]]:
    """Return the shape that ONNX's Reshape to `target` gives, and what it requires.

    A 0 copies the size of `x` at its place (unless `allow_zero`), one -1 takes what is left.

    Raises
    ------
    DefinitionError
        The number of cells differs, or `target` has more than one -1.
    """
    if any(_may_be_negative(size) for size in target):
        return _run_time_shape(x, target, allow_zero)
    sizes: list[Expr | None] = []
    for i, size in enumerate(target):
        if known(size) == 0 and not allow_zero:
            if i >= x.rank:
                raise DefinitionError(f"{x.name} has no axis {i} whose size the 0 could copy")
            sizes.append(x.shape[i])
        else:
            sizes.append(None if known(size) == -1 else size)
    open_axes = sum(s is None for s in sizes)
    if open_axes > 1:
        raise DefinitionError(f"the shape {shape_text(target)} has more than one -1")
    have = factors_of_all(x.shape)
    want = factors_of_all(s for s in sizes if s is not None)
    if open_axes:
        rest, remainder = quotient(have, want)
        _check_cells(x, target, known(remainder) in (None, 0) and want.number != 0)
        shape = tuple(rest if s is None else s for s in sizes)
        return shape, () if known(remainder) == 0 else ((remainder, ZERO),)
    shape = tuple(s for s in sizes if s is not None)
    if have.equals(want):
        return shape, ()
    _check_cells(x, target, bool(have.symbols or want.symbols))
    return shape, (rest_of(have, want),)


def _may_be_negative(size: Expr) -> bool:
    """Whether `size` depends on numbers that are no sizes of inputs, which are positive."""
    return any(s.min < 0 for s in sizes_in(size).values())


def _run_time_shape(
    x: Tensor, target: Sequence[Expr], allow_zero: bool
) -> tuple[tuple[Expr, ...], tuple[Requirement, ...]]:
    """Return the shape where some of `target` may turn out to be 0 or -1 when the model runs."""
    sizes = list(target)
    for i, size in enumerate(target):
        if not allow_zero:
            own = x.shape[i] if i < x.rank else ZERO
            sizes[i] = own if known(size) == 0 else choose(eq(size, 0), own, size)
    total = product(x.shape)
    shape: list[Expr] = []
    for i, size in enumerate(target):
        others = product(sizes[:i] + sizes[i + 1 :])
        rest = floor_div(total, greatest(others, 1))
        is_open = known(size) == -1
        shape.append(rest if is_open else choose(eq(size, -1), rest, sizes[i]))
    return tuple(shape), ((total, product(shape)),)


def _check_cells(x: Tensor, target: Sequence[Expr], fits: bool) -> None:
    if not fits:
        raise DefinitionError(
            f"{x.name} of shape {shape_text(x.shape)} cannot become {shape_text(target)}: "
            "the numbers of cells differ"
        )


def reshape(
    name: str, x: Tensor, shape: Sequence[Expr], requires: tuple[Requirement, ...] = ()
) -> Tensor:
    """Return `x` under `shape`, which has as many cells."""
    groups = _match_axes(x.shape, shape)

    def cell(*coords: Any) -> Expr:
        where: list[Any] = [ZERO] * x.rank
        for inner, outer in groups:
            sizes = [shape[a] for a in outer]
            flat = _flatten([coords[a] for a in outer], sizes)
            for axis, coord in _unflatten(flat, inner, x.shape):
                where[axis] = coord
        return x.at(*where)

    return view(name, shape, cell, x, what="reshape", requires=requires, row_major=True)


def flatten(name: str, x: Tensor, axis: int) -> Tensor:
    """Return `x` as a matrix whose rows are the cells of the axes before `axis`."""
    axis = axis + x.rank if axis < 0 else axis
    return reshape(name, x, (product(x.shape[:axis]), product(x.shape[axis:])))


def _match_axes(source: Sequence[Expr], target: Sequence[Expr]) -> list[_Group]:
    """Return the shortest runs of axes of both shapes that have as many cells.

    Axes of size 1 belong to no run; what does not match ends up in one last run.
    """
    mine = [a for a, d in enumerate(source) if known(d) != 1]
    other = [a for a, d in enumerate(target) if known(d) != 1]
    groups: list[_Group] = []
    i = j = 0
    while i < len(mine) and j < len(other):
        i_end, j_end = _shortest_run(source, target, mine[i:], other[j:])
        groups.append((mine[i : i + i_end], other[j : j + j_end]))
        i, j = i + i_end, j + j_end
    if i < len(mine) or j < len(other):
        groups.append((mine[i:], other[j:]))
    return groups


def _shortest_run(
    source: Sequence[Expr], target: Sequence[Expr], mine: Sequence[int], other: Sequence[int]
) -> tuple[int, int]:
    left = Factors()
    for i, a in enumerate(mine, 1):
        left = left * factors(source[a])
        right = Factors()
        for j, b in enumerate(other, 1):
            right = right * factors(target[b])
            if left.equals(right):
                return i, j
    return len(mine), len(other)


def _flatten(coords: Sequence[Any], sizes: Sequence[Expr]) -> Expr:
    flat: Any = ZERO
    for coord, size in zip(coords, sizes, strict=True):
        flat = coord if flat is ZERO else flat * size + coord
    return as_expr(flat)


def _unflatten(flat: Expr, axes: Sequence[int], shape: Sequence[Expr]) -> list[tuple[int, Expr]]:
    sizes = [shape[a] for a in axes]
    result: list[tuple[int, Expr]] = []
    for k, (axis, stride) in enumerate(zip(axes, row_major_strides(sizes), strict=True)):
        coord = flat if known(stride) == 1 else flat / stride
        result.append((axis, coord if k == 0 else coord % sizes[k]))
    return result
