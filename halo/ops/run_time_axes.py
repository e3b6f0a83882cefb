"""Axes that data tell: which axes an operation is along is known only when the model runs.

Ranks are known, so every axis of a tensor gets a condition that says whether it is one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import FALSE, Expr
from halo.ir.operators import cast_to, eq
from halo.lang.func import Func
from halo.lang.rdom import RDom
from halo.ops.broadcast import Requirement
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import sum_type
from halo.ops.index import ONE, ZERO, choose, floor_div, greatest, known, less, plus, product
from halo.ops.reduce import REDUCTIONS
from halo.ops.reshape import reshape
from halo.ops.tensor import OpInfo, OpKind, Tensor

MOST_AXES = 12
"""As many a tensor may have: what decides about each of them is as long as all axes together."""


def flags_of(axes: Sequence[Expr], rank: int) -> list[Expr]:
    """Return for each of `rank` axes whether it is among `axes`, negative ones counted back.

    Raises
    ------
    DefinitionError
        There are more than `MOST_AXES`.
    """
    _check_rank(axes, rank)
    flags: list[Expr] = []
    for i in range(rank):
        flag: Expr = FALSE
        for axis in axes:
            here = eq(axis, i) | eq(axis, i - rank)
            flag = here if flag is FALSE else flag | here
        flags.append(flag)
    return flags


def chosen(axes: Sequence[Expr], values: Sequence[Expr], rank: int, default: Expr) -> list[Expr]:
    """Return for each of `rank` axes the one of `values` that belongs to it, else `default`.

    Raises
    ------
    DefinitionError
        There are more than `MOST_AXES`.
    """
    _check_rank(axes, rank)
    result: list[Expr] = []
    for i in range(rank):
        value = default
        for axis, given in zip(axes, values, strict=True):
            value = choose(eq(axis, i) | eq(axis, i - rank), given, value)
        result.append(value)
    return result


def _check_rank(axes: Sequence[Expr], rank: int) -> None:
    told = any(known(axis) is None for axis in axes)
    if told and max(rank, len(axes)) > MOST_AXES:
        raise DefinitionError(
            f"data tell {len(axes)} of {rank} axes; that they may do of up to {MOST_AXES}"
        )


def _count(flags: Sequence[Expr]) -> Expr:
    total: Expr = ZERO
    for flag in flags:
        total = plus(total, choose(flag, ONE, ZERO))
    return total


def reduce_run_time(
    name: str, x: Tensor, op: str, axes: Sequence[Expr]
) -> tuple[Tensor, list[Expr]]:
    """Return `x` reduced by one of `REDUCTIONS` along `axes`, which stay with size 1; and flags.

    The RDom runs over all axes, over one place along those that stay whole.
    """
    rule = REDUCTIONS[op]
    flags = flags_of(axes, x.rank)
    shape = [choose(f, ONE, d) for f, d in zip(flags, x.shape, strict=True)]
    extents = [choose(f, d, ONE) for f, d in zip(flags, x.shape, strict=True)]
    coords = axis_vars(x.rank)
    acc = Func(f"{name}_acc")
    target = tuple(reversed(coords))
    wide = x.type if op in ("max", "min") else sum_type(x.type)
    acc[target] = rule.start(wide)
    r = RDom([(0, extent) for extent in reversed(extents)])
    place = [c + r[x.rank - 1 - i] for i, c in enumerate(coords)]
    acc[target] = rule.combine(call(acc, *coords), rule.before(cast_to(wide, x.at(*place))))
    count = product(extents)

    def cell(*at: Any) -> Expr:
        return rule.after(call(acc, *at), count)

    info = OpInfo(OpKind.REDUCE, (x,), {"acc": acc}, {"op": op, "axes": (), "count": count})
    return computed(name, x.type, shape, cell, info), flags


def without(name: str, x: Tensor, flags: Sequence[Expr], count: int) -> Tensor:
    """Return `x` without the `count` axes whose flags hold, which are of size 1.

    Raises
    ------
    DefinitionError
        It has fewer axes.
    """
    if count > x.rank:
        raise DefinitionError(f"{count} axes cannot be taken from {x.rank}")
    shape: list[Expr] = []
    for place in range(x.rank - count):
        size: Expr = ONE
        for i in range(place, place + count + 1):
            before = _count(flags[:i])
            here = eq(before, i - place)
            size = choose(here & ~flags[i], x.shape[i], size)
        shape.append(size)
    requires: tuple[Requirement, ...] = ((_count(flags), plus(ZERO, count)),)
    requires += ((product(x.shape), product(shape)),)
    return reshape(name, x, shape, requires)


def with_ones(name: str, x: Tensor, axes: Sequence[Expr]) -> Tensor:
    """Return `x` with axes of size 1 inserted so that they stand at `axes` of the result."""
    rank = x.rank + len(axes)
    flags = flags_of(axes, rank)
    shape: list[Expr] = []
    for i in range(rank):
        size: Expr = ONE
        for source in range(max(0, i - len(axes)), min(i, x.rank - 1) + 1):
            here = eq(_count(flags[:i]), i - source)
            size = choose(here & ~flags[i], x.shape[source], size)
        shape.append(size)
    requires: tuple[Requirement, ...] = ((_count(flags), plus(ZERO, len(axes))),)
    return reshape(name, x, shape, requires)


def around(name: str, x: Tensor, axis: Expr) -> tuple[Tensor, Expr]:
    """Return `x` as (before, along, behind) `axis`, and the axis counted from the front."""
    front = choose(less(axis, 0), plus(axis, x.rank), axis)
    sizes: list[Expr] = [ONE, ONE, ONE]
    for i, d in enumerate(x.shape):
        here, later = eq(front, i), less(front, i)
        sizes[1] = choose(here, d, sizes[1])
        sizes[2] = product((sizes[2], choose(later, d, ONE)))
    rest = greatest(product((sizes[1], sizes[2])), 1)
    sizes[0] = floor_div(product(x.shape), rest)
    return reshape(name, x, sizes), front
