"""Reductions along axes: sums, means, extrema, norms, and the places of extrema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Mul, Select, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int, Type
from halo.lang.func import Func
from halo.lang.math import log, sqrt
from halo.lang.rdom import RDom
from halo.lang.tuple import Tuple
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import divide, larger, long_sum_type, magnitude, smaller, sum_type
from halo.ops.index import ONE, ZERO, product
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis


def lowest(type: Type) -> Expr:
    """Return the value that no other of `type` is less than."""
    return const(type, float("-inf") if type.is_float() else type.min_value)


def highest(type: Type) -> Expr:
    """Return the value that no other of `type` is greater than."""
    return const(type, float("inf") if type.is_float() else type.max_value)


def _keep(x: Expr) -> Expr:
    return x


def _add(a: Expr, b: Expr) -> Expr:
    return a + b


def _zero(type: Type) -> Expr:
    return const(type, 0)


def _one(type: Type) -> Expr:
    return const(type, 1)


@dataclass(frozen=True, slots=True)
class Reduction:
    """How cells are combined: ``after(fold(combine, before(cell)), number of cells)``."""

    start: Callable[[Type], Expr]
    combine: Callable[[Expr, Expr], Expr]
    before: Callable[[Expr], Expr] = _keep
    after: Callable[[Expr, Expr], Expr] = lambda total, count: total


def _square(x: Expr) -> Expr:
    return x * x


REDUCTIONS: dict[str, Reduction] = {
    "sum": Reduction(_zero, _add),
    "mean": Reduction(_zero, _add, after=lambda t, n: divide(t, cast_to(t.type, n))),
    "prod": Reduction(_one, Mul),
    "max": Reduction(lowest, larger),
    "min": Reduction(highest, smaller),
    "sum_square": Reduction(_zero, _add, before=_square),
    "l1": Reduction(_zero, _add, before=magnitude),
    "l2": Reduction(_zero, _add, before=_square, after=lambda t, n: _root(t)),
    "log_sum": Reduction(_zero, _add, after=lambda t, n: log(t)),
}


def _root(x: Expr) -> Expr:
    return sqrt(x)


def reduce(name: str, x: Tensor, op: str, axes: Sequence[int], keep_axes: bool) -> Tensor:
    """Return `x` reduced along `axes` by one of `REDUCTIONS`.

    Its Func ``acc`` has the dimensions of the result; the RDom has one dimension per reduced
    axis, the last axis first. Attributes: ``op``, ``axes``, ``keep_axes``, ``count``.

    Raises
    ------
    DefinitionError
        There is no such axis, or one stands twice.
    """
    rule = REDUCTIONS[op]
    chosen = tuple(sorted(normal_axis(a, x.rank) for a in axes))
    if len(set(chosen)) < len(chosen):
        raise DefinitionError(f"axes {tuple(axes)} to reduce {x.name} along repeat")
    count = product(x.shape[a] for a in chosen)
    wide = x.type if op in ("max", "min") else sum_type(x.type)
    summed = long_sum_type(x.type) if rule.combine is _add else wide
    acc = accumulate(
        f"{name}_acc",
        x,
        chosen,
        keep_axes,
        rule.start(summed),
        lambda cell, *coords: rule.before(cast_to(summed, cell)),
        rule.combine,
    )

    def cell(*coords: Any) -> Expr:
        return rule.after(cast_to(wide, call(acc, *coords)), count)

    attrs = {"op": op, "axes": chosen, "keep_axes": keep_axes, "count": count}
    info = OpInfo(OpKind.REDUCE, (x,), {"acc": acc}, attrs)
    return computed(name, x.type, reduced_shape(x, chosen, keep_axes), cell, info)


def reduced_shape(x: Tensor, axes: Sequence[int], keep_axes: bool) -> tuple[Expr, ...]:
    """Return the shape of `x` with `axes` of size 1, or left out."""
    if keep_axes:
        return tuple(ONE if a in axes else d for a, d in enumerate(x.shape))
    return tuple(d for a, d in enumerate(x.shape) if a not in axes)


def accumulate(
    name: str,
    x: Tensor,
    axes: Sequence[int],
    keep_axes: bool,
    start: Expr,
    term: Callable[..., Expr],
    combine: Callable[[Expr, Expr], Expr],
) -> Func:
    """Return the Func that begins with `start` and combines ``term(cell, *place)`` along `axes`.

    Parameters
    ----------
    term
        From a cell of `x` and its coordinates.
    """
    coords = axis_vars(x.rank if keep_axes else x.rank - len(axes))
    acc = Func(name)
    target = tuple(reversed(coords))
    acc[target] = start
    if not axes:
        return _without_axes(acc, coords, x, term, combine)
    r = RDom([(0, x.shape[a]) for a in reversed(axes)])
    place = join_coords(x.rank, axes, keep_axes, coords, r)
    acc[target] = combine(call(acc, *coords), term(x.at(*place), *place))
    return acc


def _without_axes(
    acc: Func,
    coords: Sequence[Any],
    x: Tensor,
    term: Callable[..., Expr],
    combine: Callable[[Expr, Expr], Expr],
) -> Func:
    cell = term(x.at(*coords), *coords)
    acc[tuple(reversed(list(coords)))] = combine(call(acc, *coords), cell)
    return acc


def join_coords(
    rank: int, axes: Sequence[int], keep_axes: bool, coords: Sequence[Any], r: RDom
) -> list[Any]:
    """Return the place in the reduced tensor: `r` along `axes`, `coords` along the others."""
    along = {axis: r[len(axes) - 1 - i] for i, axis in enumerate(axes)}
    if keep_axes:
        return [along.get(a, coords[a]) for a in range(rank)]
    rest = iter(coords)
    return [along[a] if a in along else next(rest) for a in range(rank)]


def arg_reduce(
    name: str, x: Tensor, op: str, axis: int, keep_axes: bool, last: bool = False
) -> Tensor:
    """Return the int64 place along `axis` of the largest (`op` "max") or smallest cell.

    Of equal cells the first counts, or the `last`. ``acc`` is a Func of pairs (cell, place).
    """
    axis = normal_axis(axis, x.rank)
    worst = lowest(x.type) if op == "max" else highest(x.type)
    coords = axis_vars(x.rank if keep_axes else x.rank - 1)
    target = tuple(reversed(coords))
    acc = Func(f"{name}_acc")
    acc[target] = Tuple(worst, ZERO)
    r = RDom([(0, x.shape[axis])])
    cell = x.at(*join_coords(x.rank, (axis,), keep_axes, coords, r))
    best, place = (as_expr(acc[target][i]) for i in range(2))
    wins = (
        (cell > best if op == "max" else cell < best)
        if not last
        else (cell >= best if op == "max" else cell <= best)
    )
    acc[target] = Tuple(Select(wins, cell, best), Select(wins, as_expr(r[0]), place))

    def result(*at: Any) -> Expr:
        return as_expr(acc[tuple(reversed(at))][1])

    attrs = {"op": op, "axes": (axis,), "keep_axes": keep_axes, "count": x.shape[axis]}
    info = OpInfo(OpKind.ARG_REDUCE, (x,), {"acc": acc}, attrs)
    return computed(name, Int(64), reduced_shape(x, (axis,), keep_axes), result, info)
