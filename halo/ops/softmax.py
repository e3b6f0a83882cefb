"""Softmax and its logarithm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.expr import Expr, const
from halo.ir.operators import cast_to
from halo.lang.func import Func
from halo.lang.math import exp, log
from halo.ops.build import call, computed, define
from halo.ops.functions import larger, sum_type
from halo.ops.reduce import accumulate, lowest, reduced_shape
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis


def softmax(name: str, x: Tensor, axes: Sequence[int], logarithm: bool = False) -> Tensor:
    """Return ``exp(x - max) / sum(exp(x - max))`` along `axes` (or its logarithm).

    Its Funcs: ``max`` and ``sum`` have the dimensions of `x` without `axes`, and an RDom of one
    dimension per axis, the last one first; ``exp`` has the dimensions of `x`.
    """
    chosen = tuple(sorted(normal_axis(a, x.rank) for a in axes))
    top = accumulate(f"{name}_max", x, chosen, False, lowest(x.type), lambda cell, *_: cell, larger)

    def rest(coords: Sequence[Any]) -> list[Any]:
        return [c for a, c in enumerate(coords) if a not in chosen]

    def shifted(*coords: Any) -> Expr:
        return x.at(*coords) - call(top, *rest(coords))

    powers = define(f"{name}_exp", x.rank, lambda *coords: exp(shifted(*coords)))
    total = _sum(f"{name}_sum", x, powers, chosen)

    def whole(*coords: Any) -> Expr:
        return cast_to(x.type, call(total, *rest(coords)))

    def cell(*coords: Any) -> Expr:
        if logarithm:
            return shifted(*coords) - log(whole(*coords))
        return call(powers, *coords) / whole(*coords)

    funcs = {"max": top, "exp": powers, "sum": total}
    attrs = {"axes": chosen, "log": logarithm, "reduced": reduced_shape(x, chosen, False)}
    return computed(name, x.type, x.shape, cell, OpInfo(OpKind.SOFTMAX, (x,), funcs, attrs))


def _sum(name: str, x: Tensor, powers: Func, axes: Sequence[int]) -> Func:
    wide = sum_type(x.type)
    return accumulate(
        name,
        x,
        axes,
        False,
        const(wide, 0),
        lambda _, *coords: cast_to(wide, call(powers, *coords)),
        lambda a, b: a + b,
    )
