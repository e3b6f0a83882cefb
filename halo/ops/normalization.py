"""Normalizations: by given statistics, by those of the cells themselves, across channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to
from halo.lang.func import Func
from halo.lang.math import pow, sqrt
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.broadcast import broadcast_at, fits_into
from halo.ops.build import axis_vars, call, computed
from halo.ops.elementwise import elementwise
from halo.ops.functions import long_sum_type, sum_type
from halo.ops.index import ZERO, minus, product
from halo.ops.reduce import accumulate, reduced_shape
from halo.ops.tensor import LARGEST, OpInfo, OpKind, Tensor
from halo.ops.views import unsqueeze


def per_channel(name: str, x: Tensor, values: Tensor) -> Tensor:
    """Return `values`, one per channel, shaped to broadcast along axis 1 of `x`."""
    return unsqueeze(name, values, range(1, x.rank - 1)) if x.rank > 2 else values


def along_axis(name: str, x: Tensor, values: Tensor, axis: int) -> Tensor:
    """Return `values`, one per place of `axis`, shaped to broadcast along it in `x`."""
    behind = x.rank - 1 - axis
    return unsqueeze(name, values, range(1, behind + 1)) if behind else values


def batch_normalization(
    name: str,
    x: Tensor,
    scale: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: float,
) -> Tensor:
    """Return ``(x - mean) / sqrt(variance + epsilon) * scale + bias`` per channel."""

    def cell(x: Expr, scale: Expr, bias: Expr, mean: Expr, variance: Expr) -> Expr:
        return (x - mean) / sqrt(variance + epsilon) * scale + bias

    given = {"scale": scale, "bias": bias, "mean": mean, "variance": variance}
    values = [per_channel(f"{name}_{role}", x, v) for role, v in given.items()]
    return elementwise(name, cell, x, *values, attrs={"what": "batch_normalization"})


def normalize(
    name: str,
    x: Tensor,
    axes: Sequence[int],
    epsilon: float,
    scale: Tensor | None,
    bias: Tensor | None,
) -> Tensor:
    """Return `x` less its mean over `axes`, divided by its deviation, times scale, plus bias.

    Scale and bias broadcast to `x`. The Funcs ``mean`` and ``variance`` (sums, not yet divided)
    have the dimensions of `x` without `axes`, and one RDom dimension per axis, the last first.

    Raises
    ------
    DefinitionError
        Scale or bias do not broadcast to `x`.
    """
    requires = [r for t in (scale, bias) if t is not None for r in fits_into(t, x)]
    wide, number = sum_type(x.type), product(x.shape[a] for a in axes)
    summed, count = long_sum_type(x.type), cast_to(wide, number)
    zero = const(summed, 0)

    def rest(coords: Sequence[Any]) -> list[Any]:
        return [c for a, c in enumerate(coords) if a not in axes]

    total = accumulate(
        f"{name}_mean",
        x,
        axes,
        False,
        zero,
        lambda cell, *_: cast_to(summed, cell),
        lambda a, b: a + b,
    )

    def centred(cell: Expr, *coords: Any) -> Expr:
        mean = call(total, *rest(coords)) / cast_to(summed, number)
        return cast_to(wide, cell) - cast_to(wide, mean)

    def squared(cell: Expr, *coords: Any) -> Expr:
        difference = cast_to(summed, centred(cell, *coords))
        return difference * difference

    spread = accumulate(f"{name}_variance", x, axes, False, zero, squared, lambda a, b: a + b)

    def cell(*coords: Any) -> Expr:
        variance = cast_to(wide, call(spread, *rest(coords))) / count
        deviation = sqrt(variance + const(wide, epsilon))
        result = centred(x.at(*coords), *coords) / deviation
        if scale is not None:
            result = result * cast_to(wide, broadcast_at(scale, coords))
        return result if bias is None else result + cast_to(wide, broadcast_at(bias, coords))

    inputs = tuple(t for t in (x, scale, bias) if t is not None)
    attrs = {"axes": tuple(axes), "reduced": reduced_shape(x, axes, False)}
    funcs = {"mean": total, "variance": spread}
    op = OpInfo(OpKind.NORMALIZATION, inputs, funcs, attrs, tuple(requires))
    return computed(name, x.type, x.shape, cell, op)


def local_response(
    name: str, x: Tensor, size: int, alpha: float, beta: float, bias: float
) -> Tensor:
    """Return ``x / (bias + alpha/size * s)**beta``, s the sum of squares of `size` channels around.

    ``acc`` is s; its RDom runs over the neighbouring channels.

    Raises
    ------
    DefinitionError
        The size is no number of channels.
    """
    if not 1 <= size <= LARGEST:
        raise DefinitionError(f"its size is {size}, not a number of channels")
    before = (size - 1) // 2
    coords = axis_vars(x.rank)
    n, c, *places = coords
    acc = Func(f"{name}_acc")
    target = tuple(reversed(coords))
    wide = sum_type(x.type)
    acc[target] = const(wide, 0)
    r = RDom([(0, size)])
    channel = as_expr(c) + (as_expr(r[0]) - before)
    last = minus(x.shape[1], 1)
    inside = (channel >= ZERO) & (channel <= last)
    held = clamp(channel, 0, last)
    neighbour = cast_to(wide, x.at(n, held, *places))
    acc[target] += Select(inside, neighbour * neighbour, const(wide, 0))

    def cell(*at: Any) -> Expr:
        base = call(acc, *at) * const(wide, alpha / size) + const(wide, bias)
        return cast_to(wide, x.at(*at)) / pow(base, const(wide, beta))

    op = OpInfo(OpKind.NORMALIZATION, (x,), {"acc": acc}, {"axes": (1,), "size": size})
    return computed(name, x.type, x.shape, cell, op)


def rms_normalize(
    name: str, x: Tensor, axes: Sequence[int], epsilon: float, scale: Tensor | None
) -> Tensor:
    """Return `x` divided by the root of the mean of its squares over `axes`, times scale.

    Scale broadcasts to `x`. The Func ``squares`` (sums, not yet divided) has the dimensions of `x`
    without `axes`, and one RDom dimension per axis, the last first.

    Raises
    ------
    DefinitionError
        Scale does not broadcast to `x`.
    """
    requires = () if scale is None else fits_into(scale, x)
    wide, number = sum_type(x.type), product(x.shape[a] for a in axes)
    summed, count = long_sum_type(x.type), cast_to(wide, number)
    zero = const(summed, 0)

    def squared(cell: Expr, *_: Any) -> Expr:
        return cast_to(summed, cell) * cast_to(summed, cell)

    squares = accumulate(f"{name}_squares", x, axes, False, zero, squared, lambda a, b: a + b)

    def cell(*coords: Any) -> Expr:
        rest = [c for a, c in enumerate(coords) if a not in axes]
        deviation = sqrt(cast_to(wide, call(squares, *rest)) / count + const(wide, epsilon))
        result = cast_to(wide, x.at(*coords)) / deviation
        if scale is not None:
            result = result * cast_to(wide, broadcast_at(scale, coords))
        return result

    inputs = (x,) if scale is None else (x, scale)
    attrs = {"axes": tuple(axes), "reduced": reduced_shape(x, axes, False)}
    op = OpInfo(OpKind.NORMALIZATION, inputs, {"squares": squares}, attrs, requires)
    return computed(name, x.type, x.shape, cell, op)
