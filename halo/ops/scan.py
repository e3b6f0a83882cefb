"""Running sums and products along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.ir.expr import Expr, const
from halo.ir.operators import as_expr
from halo.lang.func import Func
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.index import minus
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis


def running(
    name: str,
    x: Tensor,
    axis: int,
    combine: Callable[[Expr, Expr], Expr],
    start: int,
    exclusive: bool = False,
    reverse: bool = False,
) -> Tensor:
    """Return at each place what `combine` makes of the cells of `x` up to there along `axis`.

    Its Func ``acc`` has one place more along `axis`: ``acc[0] = start`` and
    ``acc[i + 1] = combine(acc[i], x[i])``, counted from the end if `reverse`. The result is
    ``acc[i + 1]``, or ``acc[i]``, without the cell itself, if `exclusive`.
    """
    axis = normal_axis(axis, x.rank)
    last = minus(x.shape[axis], 1)
    coords = axis_vars(x.rank)
    acc = Func(f"{name}_acc")
    acc[tuple(reversed(coords))] = const(x.type, start)
    r = RDom([(0, x.shape[axis])])

    def at(place: Any) -> list[Any]:
        return [*coords[:axis], place, *coords[axis + 1 :]]

    source = last - r[0] if reverse else r[0]
    acc[tuple(reversed(at(r[0] + 1)))] = combine(call(acc, *at(r[0])), x.at(*at(source)))

    def cell(*where: Any) -> Expr:
        steps = last - where[axis] if reverse else as_expr(where[axis])
        steps = steps if exclusive else steps + 1
        return call(acc, *where[:axis], steps, *where[axis + 1 :])

    info = OpInfo(OpKind.SCAN, (x,), {"acc": acc}, {"axis": axis})
    return computed(name, x.type, x.shape, cell, info)
