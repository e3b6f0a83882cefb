"""Convolutions in any number of spatial axes, with groups, strides, dilations and padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import Expr, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Type
from halo.lang.func import Func
from halo.lang.rdom import RDom
from halo.ops.broadcast import Requirement, shape_text
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import sum_type
from halo.ops.index import known, same, times
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.window import WindowAxis, source

Combine = Callable[[Expr, Expr, Expr], Expr]
"""From a sum, a cell and a weight to the next sum."""


@dataclass(frozen=True, slots=True)
class Products:
    """How a cell and a weight are added to a sum, and what counts as a cell around the image."""

    combine: Combine
    around: Expr


def _multiply(total: Expr, cell: Expr, weight: Expr) -> Expr:
    return total + cast_to(total.type, cell) * cast_to(total.type, weight)


def conv(
    name: str,
    x: Tensor,
    w: Tensor,
    bias: Tensor | None,
    axes: Sequence[WindowAxis],
    groups: int = 1,
    type: Type | None = None,
    products: Products | None = None,
) -> Tensor:
    """Return the convolution of `x` (N, C, ...) with `w` (M, C/groups, ...), as ONNX's Conv.

    Its Funcs: ``padded`` is `x` with zeros around it, at the coordinates of `x` (only where there
    is padding); ``acc`` begins with the bias and adds over an RDom whose dimensions are the
    window's axes, the last one first, then the input channel of the group. Of a depthwise
    convolution the RDom has no channel.

    Parameters
    ----------
    type
        In which products are formed and added, and of the result; by default that of `x`, and
        sums of halves are formed in float32.
    products
        How a cell and a weight are added to a sum, if not as their product, and what pads.

    Raises
    ------
    DefinitionError
        Ranks, channels or groups do not go together.
    """
    requires = _check(x, w, bias, axes, groups)
    out_channels = known(w.shape[0])
    depthwise = groups > 1 and known(w.shape[1]) == 1
    around = const(x.type, 0) if products is None else products.around
    read, funcs = source(name, x, axes, around)
    spatial = [a.places(d) for a, d in zip(axes, x.shape[2:], strict=True)]
    per_group = None if groups == 1 else (out_channels or 0) // groups
    wide = type or sum_type(x.type)
    combine = _multiply if products is None else products.combine
    acc = _accumulate(f"{name}_acc", wide, combine, read, x, w, bias, axes, per_group, depthwise)
    attrs = {
        "kernel": tuple(a.kernel for a in axes),
        "strides": tuple(a.stride for a in axes),
        "dilations": tuple(a.dilation for a in axes),
        "pads": tuple((a.before, a.after) for a in axes),
        "groups": groups,
        "bias": bias,
    }
    op = OpInfo(
        OpKind.DEPTHWISE_CONV if depthwise else OpKind.CONV,
        (x, w) if bias is None else (x, w, bias),
        funcs={**funcs, "acc": acc},
        attrs=attrs,
        requires=requires,
    )
    shape = (x.shape[0], w.shape[0], *spatial)
    return computed(name, type or x.type, shape, lambda *coords: call(acc, *coords), op)


def _accumulate(
    name: str,
    wide: Type,
    combine: Combine,
    read: Any,
    x: Tensor,
    w: Tensor,
    bias: Tensor | None,
    axes: Sequence[WindowAxis],
    per_group: int | None,
    depthwise: bool,
) -> Func:
    n, c, *places = axis_vars(x.rank)
    acc = Func(name)
    target = tuple(reversed((n, c, *places)))
    acc[target] = const(wide, 0) if bias is None else cast_to(wide, bias.at(c))
    domain: list[tuple[Any, Any]] = [(0, a.kernel) for a in reversed(axes)]
    if not depthwise:
        domain.append((0, w.shape[1]))
    r = RDom(domain)
    taps = [r[len(axes) - 1 - i] for i in range(len(axes))]
    where = [a.at(p, k) for a, p, k in zip(axes, places, taps, strict=True)]
    if depthwise:
        channel: Any = c if per_group == 1 else as_expr(c) / (per_group or 1)
        weight = w.at(c, 0, *taps)
    else:
        inner = r[len(axes)]
        first: Any = None if per_group is None else as_expr(c) / per_group * w.shape[1]
        channel = inner if first is None else first + inner
        weight = w.at(c, inner, *taps)
    acc[target] = combine(call(acc, n, c, *places), read(n, channel, *where), weight)
    return acc


def _check(
    x: Tensor, w: Tensor, bias: Tensor | None, axes: Sequence[WindowAxis], groups: int
) -> tuple[Requirement, ...]:
    shapes = f"input {shape_text(x.shape)} and weights {shape_text(w.shape)}"
    if x.rank < 3 or x.rank != w.rank or len(axes) != x.rank - 2:
        raise DefinitionError(f"{shapes} do not make a convolution of {len(axes)} axes")
    sizes = tuple(known(d) for d in w.shape[2:])
    if sizes != tuple(a.kernel for a in axes):
        raise DefinitionError(f"{shapes}: the kernel's shape is {[a.kernel for a in axes]}")
    out_channels = known(w.shape[0])
    if groups < 1 or (groups != 1 and (out_channels is None or out_channels % groups)):
        raise DefinitionError(f"{shapes}: {groups} groups do not divide the output channels")
    if bias is not None and (bias.rank != 1 or known(bias.shape[0]) != out_channels):
        raise DefinitionError(f"{shapes}: a bias of shape {shape_text(bias.shape)}")
    channels: Expr = times(w.shape[1], groups)
    if same(channels, x.shape[1]):
        return ()
    if known(channels) is not None and known(x.shape[1]) is not None:
        raise DefinitionError(
            f"{shapes}: the weights are for {known(channels)} channels, in {groups} groups"
        )
    return ((x.shape[1], channels),)
