"""Padding of any axes with a constant, the border, or the mirrored inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import TRUE, Expr, Min, Select
from halo.ir.intrinsics import likely
from halo.ir.operators import as_expr, cast_to
from halo.lang.operators import clamp
from halo.ops.build import computed
from halo.ops.empty import unless_empty
from halo.ops.index import greatest, known, minus, plus, take_no_zero
from halo.ops.tensor import OpInfo, OpKind, Tensor

PAD_MODES = ("constant", "edge", "reflect", "wrap")


def pad(
    name: str,
    x: Tensor,
    before: Sequence[Expr],
    after: Sequence[Expr],
    mode: str = "constant",
    value: Tensor | Expr | None = None,
) -> Tensor:
    """Return `x` with cells added (or, where negative, taken away) at both ends of each axis.

    Parameters
    ----------
    before, after
        int32 Exprs, one per axis.
    mode
        One of `PAD_MODES`.
    value
        What "constant" adds: an Expr or a scalar tensor.
    """
    if mode not in PAD_MODES:
        raise DefinitionError(f"pad mode {mode!r}: known are {', '.join(PAD_MODES)}")
    moved = [a for a in range(x.rank) if known(before[a]) != 0 or known(after[a]) != 0]
    sizes = [x.shape[axis] for axis in moved]
    if mode != "constant":
        take_no_zero(*sizes)  # what is added is made of cells

    def cell(*coords: Any) -> Expr:
        where = list(coords)
        inside: Expr = TRUE
        for axis in moved:
            size = x.shape[axis]
            place = as_expr(coords[axis]) - before[axis]
            within = likely(place >= 0) & likely(place < size)
            inside = within if inside is TRUE else inside & within
            where[axis] = _source_place(place, size, mode)
        found = unless_empty(x.at(*where), *sizes)
        if mode != "constant" or inside is TRUE:
            return found
        return Select(inside, found, _value(x, value))

    shape = [plus(plus(d, b), a) for d, b, a in zip(x.shape, before, after, strict=True)]
    attrs = {"what": "pad", "mode": mode, "before": tuple(before), "after": tuple(after)}
    inputs = (x, value) if isinstance(value, Tensor) else (x,)
    return computed(name, x.type, shape, cell, OpInfo(OpKind.VIEW, inputs, attrs=attrs))


def _value(x: Tensor, value: Tensor | Expr | None) -> Expr:
    if isinstance(value, Tensor):
        return value.at(*[0] * value.rank)
    return cast_to(x.type, as_expr(0) if value is None else value)


def _source_place(place: Expr, size: Expr, mode: str) -> Expr:
    last = minus(size, 1)
    if mode == "wrap":
        return place % size
    if mode == "reflect":
        # Mirrored at both borders, the places repeat after there and back.
        period = greatest(plus(last, last), 1)
        around = place % period
        return Min(around, period - around)
    return as_expr(clamp(place, 0, last))
