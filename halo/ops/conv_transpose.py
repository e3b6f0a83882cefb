"""Transposed convolutions: each input cell adds its multiple of the kernel to the output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError
from halo.ir.expr import TRUE, Expr, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.broadcast import shape_text
from halo.ops.build import axis_vars, call, computed
from halo.ops.functions import sum_type
from halo.ops.index import known, minus
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.window import WindowAxis


def conv_transpose(
    name: str,
    x: Tensor,
    w: Tensor,
    bias: Tensor | None,
    axes: Sequence[WindowAxis],
    sizes: Sequence[Expr],
    groups: int,
) -> Tensor:
    """Return the transposed convolution of `x` (N, C, ...) with `w` (C, M/groups, ...).

    ``y[o] = sum(x[i] * w[k])`` over all i and k with ``i*stride + k*dilation - before == o``. Its
    ``acc`` begins with the bias; the RDom has the window's axes, the last first, then the input
    channel of the group.

    Parameters
    ----------
    sizes
        The spatial extents of the result.
    """
    channels, each, own_channels = known(w.shape[0]), known(w.shape[1]), known(x.shape[1])
    fits = own_channels in (None, channels)
    divides = groups > 0 and channels is not None and channels % groups == 0
    if channels is None or each is None or not divides or not fits:
        shapes = f"input {shape_text(x.shape)} and weights {shape_text(w.shape)}"
        raise DefinitionError(f"{shapes} do not make a transposed convolution in {groups} groups")
    if bias is not None and (bias.rank != 1 or known(bias.shape[0]) != each * groups):
        raise DefinitionError(f"a bias of shape {shape_text(bias.shape)}, not {each * groups}")
    n, c, *places = axis_vars(x.rank)
    acc = Func(f"{name}_acc")
    target = tuple(reversed((n, c, *places)))
    wide = sum_type(x.type)
    acc[target] = const(wide, 0) if bias is None else cast_to(wide, bias.at(c))
    count = len(axes)
    r = RDom([*((0, a.kernel) for a in reversed(axes)), (0, channels // groups)])
    inside: Expr = TRUE
    where: list[Any] = []
    for i, (axis, place) in enumerate(zip(axes, places, strict=True)):
        along = as_expr(place) + axis.before - r[count - 1 - i] * axis.dilation
        cell = along / axis.stride if axis.stride != 1 else along
        size = x.shape[2 + i]
        meets = (cell >= 0) & (cell < size)
        if axis.stride != 1:
            meets = meets & eq(along % axis.stride, 0)
        inside = meets if inside is TRUE else inside & meets
        where.append(clamp(cell, 0, minus(size, 1)))
    group = as_expr(c) / each
    channel = r[count] if groups == 1 else group * (channels // groups) + r[count]
    own: Any = c if groups == 1 else as_expr(c) % each
    taps = [r[count - 1 - i] for i in range(count)]
    product = cast_to(wide, x.at(n, channel, *where)) * cast_to(wide, w.at(channel, own, *taps))
    acc[target] += Select(inside, product, const(wide, 0))
    requires = () if own_channels is not None else ((x.shape[1], w.shape[0]),)
    inputs = tuple(t for t in (x, w, bias) if t is not None)
    info = OpInfo(OpKind.REDUCE, inputs, {"acc": acc}, requires=requires)
    shape = (x.shape[0], as_expr(each * groups), *sizes)
    return computed(name, x.type, shape, lambda *at: call(acc, *at), info)
