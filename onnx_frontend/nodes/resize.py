"""Resize and Upsample."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from halo.ir.expr import Expr, Max, Min, Select, as_const, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to
from halo.ir.simplify import simplify
from halo.ir.types import Float, Int
from halo.ops import resize as ops
from halo.ops.elementwise import elementwise
from halo.ops.index import ONE, ZERO, index, known, minus, same, surely, times
from halo.ops.resize import WIDE, Axis, Taps
from halo.ops.tensor import LARGEST, Tensor
from halo.ops.views import identity, normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator

Read = Callable[[int], Expr]
"""From the number of an axis among those resized to its scale (float64)."""


@dataclass(frozen=True, slots=True)
class _Scales:
    """The scales of axes, as kernels read them and as sizes are computed from them."""

    in_kernels: Read
    in_sizes: Read
    data: tuple[Tensor, ...] = ()


@operator("Upsample", since=7)
def upsample(node: NodeContext, x: Tensor) -> Tensor:
    """Enlarged, the scales an attribute."""
    numbers = [float(s) for s in node.numbers("scales")]
    return _resize(node, x, list(range(x.rank)), _of_numbers(numbers), None, _early(node), None)


@operator("Upsample", since=9)
@operator("Resize", since=10)
def resize_by_scales(node: NodeContext, x: Tensor, scales: Tensor) -> Tensor:
    """Resized, the scales an input."""
    axes = list(range(x.rank))
    return _resize(node, x, axes, _of_tensor(node, scales, x.rank), None, _early(node), None)


@operator("Resize", since=11)
def resize(
    node: NodeContext,
    x: Tensor,
    roi: Tensor | None = None,
    scales: Tensor | None = None,
    sizes: Tensor | None = None,
) -> Tensor:
    """Resized to sizes or by scales, by nearest cells or by interpolation."""
    axes = [normal_axis(a, x.rank) for a in node.integers("axes", range(x.rank))]
    mode = node.text("coordinate_transformation_mode", "half_pixel")
    if mode not in ops.COORDINATES:
        node.fail(f"coordinate_transformation_mode {mode!r}")
    if scales is not None and scales.rank == 1 and known(scales.shape[0]) == 0:
        scales = None
    if mode == "tf_crop_and_resize" and roi is None:
        node.fail("it has no region of interest, which tf_crop_and_resize needs")
    region = roi if mode == "tf_crop_and_resize" else None
    if region is not None and (region.rank != 1 or known(region.shape[0]) != 2 * len(axes)):
        node.fail(f"its region of interest is not {2 * len(axes)} numbers")
    if sizes is None and scales is not None:
        given = _of_tensor(node, scales, len(axes))
        return _resize(node, x, axes, given, None, mode, region)
    if sizes is None:
        node.fail("neither scales nor sizes are given")
    wanted = list(node.content(sizes, "sizes"))
    if len(wanted) != len(axes):
        node.fail(f"{len(wanted)} sizes for {len(axes)} axes")
    ratios = [
        cast_to(WIDE, n) / cast_to(WIDE, x.shape[a]) for n, a in zip(wanted, axes, strict=True)
    ]
    policy = node.text("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        one = _common(node, ratios, policy)
        ratios = [one] * len(axes)
        wanted = [_size(node, one * cast_to(WIDE, x.shape[a]) + 0.5, f"size_{a}") for a in axes]
    found = _Scales(ratios.__getitem__, ratios.__getitem__)
    return _resize(node, x, axes, found, wanted, mode, region)


def _common(node: NodeContext, ratios: Sequence[Expr], policy: str) -> Expr:
    rules = {"not_larger": Min, "not_smaller": Max}
    if policy not in rules:
        node.fail(f"keep_aspect_ratio_policy {policy!r}")
    result = ratios[0]
    for ratio in ratios[1:]:
        result = rules[policy](result, ratio)
    return result


def _early(node: NodeContext) -> str:
    """Return how coordinates were transformed before version 11."""
    mode = node.text("mode", "nearest")
    if mode not in ("nearest", "linear", "bilinear"):
        node.fail(f"mode {mode!r}")
    return "asymmetric"


def _of_numbers(numbers: Sequence[float]) -> _Scales:
    def read(i: int) -> Expr:
        return const(WIDE, numbers[i])

    return _Scales(read, read)


def _of_tensor(node: NodeContext, scales: Tensor, count: int) -> _Scales:
    if scales.rank != 1 or known(scales.shape[0]) != count:
        node.fail(f"its scales are not {count} numbers")
    if scales.constant is not None:
        return _of_numbers([float(s) for s in scales.constant.astype(np.float64)])
    return _Scales(
        lambda i: cast_to(WIDE, scales.at(i)),
        lambda i: cast_to(WIDE, node.run_time.cell(scales, i)),
        (scales,),
    )


def _size(node: NodeContext, value: Expr, name: str) -> Expr:
    """Return the integer part of a size that is computed in float64."""
    number = as_const(simplify(value))
    if number is not None:
        return index(int(number))
    return node.run_time.define(node.inner(name), cast_to(Int(32), Max(value, const(WIDE, 0))))


def _scaled(node: NodeContext, x: Tensor, axis: int, scale: Expr) -> Expr:
    """Return the size of an axis times a scale, rounded down."""
    number, size = as_const(scale), known(x.shape[axis])
    if number is not None and not 0 < number <= LARGEST:
        node.fail(f"its scale along axis {axis} is {number}")
    if number is not None and size is not None:
        return index(math.floor(float(number) * size))
    if number is not None and float(number).is_integer():
        return times(x.shape[axis], int(number))
    return _size(node, scale * cast_to(WIDE, x.shape[axis]), f"size_{axis}")


def _resize(
    node: NodeContext,
    x: Tensor,
    numbers: Sequence[int],
    scales: _Scales,
    sizes: Sequence[Expr] | None,
    coordinates: str,
    roi: Tensor | None,
) -> Tensor:
    axes: list[tuple[Axis, Expr]] = []
    filled: list[tuple[Expr, Expr]] = []
    for i, a in enumerate(numbers):
        after = _scaled(node, x, a, scales.in_sizes(i)) if sizes is None else sizes[i]
        part = None
        if roi is not None:
            ends = roi.at(i), roi.at(len(numbers) + i)
            part = cast_to(WIDE, ends[0]), cast_to(WIDE, ends[1])
        scale = scales.in_kernels(i)
        if part is None and same(after, x.shape[a]) and (sizes is not None or as_const(scale) == 1):
            continue
        if not surely(x.shape[a] >= 1):  # of no cells nothing can be made
            if known(x.shape[a]) == 0 and known(after):
                node.fail(f"{known(after)} cells are to be made of axis {a}, which has none")
            if known(after) != 0:
                filled.append((Select((x.shape[a] < 1) & (after > 0), ONE, ZERO), ZERO))
        axes.append((Axis(a, x.shape[a], after, scale, coordinates, part), scales.in_sizes(i)))
    data = (*scales.data, *([roi] if roi is not None and roi.constant is None else []))
    made = _along(node, x, axes, data)
    if roi is not None:
        value = node.number("extrapolation_value", 0.0)
        made = ops.fill_outside(node.inner("filled"), made, [a for a, _ in axes], value, *data)
    if made is x:
        return identity(node.output(), x)
    result = elementwise(node.output(), lambda v: v, made, type=x.type)
    result.op = replace(result.op, requires=(*result.op.requires, *filled))
    return result


def _along(
    node: NodeContext, x: Tensor, axes: Sequence[tuple[Axis, Expr]], data: Sequence[Tensor]
) -> Tensor:
    """Return `x` resampled along each of `axes` in turn."""
    mode = node.text("mode", "nearest")
    if mode == "nearest":
        rounding = "floor" if node.opset < 11 else "round_prefer_floor"
        rounding = node.text("nearest_mode", rounding)
        for axis, _ in axes:
            x = ops.nearest(node.inner(f"axis_{axis.number}"), x, axis, rounding, *data)
        return x
    # float32 holds all numbers of 16 bits.
    type = Float(32) if x.type.bits() <= 16 or x.type == Float(32) else WIDE
    for axis, scale in axes:
        taps = _taps(node, mode, axis, scale)
        x = ops.interpolate(node.inner(f"axis_{axis.number}"), x, axis, taps, type, *data)
    return x


def _taps(node: NodeContext, mode: str, axis: Axis, scale: Expr) -> Taps:
    """Return the cells and weights of an interpolation; `scale` is what sizes can be made of."""
    if mode in ("linear", "bilinear"):
        reach, weight = 1, ops.linear_weight
    elif mode == "cubic":
        reach, a = 2, node.number("cubic_coeff_a", -0.75)

        def weight(distance: Expr) -> Expr:
            return ops.cubic_weight(distance, a)

    else:
        node.fail(f"mode {mode!r}", hint="it is nearest, linear or cubic")
    drop = node.flag("exclude_outside")
    if not node.flag("antialias"):
        return Taps(index(1 - reach), index(2 * reach), weight, const(WIDE, 1), drop)
    small = Min(scale, const(WIDE, 1))
    span = intrinsic("ceil", const(WIDE, reach) / small)
    far = _size(node, span, f"reach_{axis.number}")
    stretch = Min(axis.scale, const(WIDE, 1))
    return Taps(minus(1, far), times(far, 2), weight, stretch, drop, divide=True)
