"""Cells put in where data tell, and one-hot vectors."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Select
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.lang.operators import clamp
from halo.ops import scatter as ops
from halo.ops.broadcast import shape_text
from halo.ops.build import computed
from halo.ops.index import index, known, minus, same
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("Scatter", since=9)
@operator("ScatterElements", since=11)
def scatter_elements(node: NodeContext, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """Cells put in at indices along an axis."""
    axis, mode = node.integer("axis", 0), node.text("reduction", "none")
    return ops.scatter_elements(node.output(), x, indices, updates, axis, mode)


@operator("ScatterND", since=11)
def scatter_nd(node: NodeContext, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """Slices put in at places."""
    mode = node.text("reduction", "none")
    if indices.rank and known(indices.shape[-1]) is None:
        node.unsupported("indices of which it is known how many coordinates a place has")
    return ops.scatter_nd(node.output(), x, indices, updates, mode)


@operator("TensorScatter", since=24)
def write_cache(
    node: NodeContext, cache: Tensor, update: Tensor, starts: Tensor | None = None
) -> Tensor:
    """A cache with an update written along an axis, from a place of each sample on."""
    axis = normal_axis(node.integer("axis", -2), cache.rank)
    mode = node.text("mode", "linear")
    if mode not in ("linear", "circular") or axis == 0:
        node.fail(f"mode {mode!r}, axis {axis}", hint="mode is linear or circular, axis not 0")
    if update.rank != cache.rank or (starts is not None and starts.rank != 1):
        node.fail(f"its cache has {cache.rank} axes, its update {update.rank}")
    size, length = cache.shape[axis], update.shape[axis]

    def cell(*coords: Any) -> Expr:
        place = as_expr(coords[axis])
        if starts is not None:
            place = place - cast_to(Int(32), starts.at(coords[0]))
        if mode == "circular":
            place = place % size
        held = clamp(place, 0, minus(length, 1))
        new = update.at(*coords[:axis], held, *coords[axis + 1 :])
        return Select((place >= 0) & (place < length), new, cache.at(*coords))

    inputs = (cache, update) if starts is None else (cache, update, starts)
    pairs = zip(cache.shape, update.shape, strict=True)
    requires = tuple((a, b) for i, (a, b) in enumerate(pairs) if i != axis and not same(a, b))
    if starts is not None:
        requires += ((starts.shape[0], cache.shape[0]),)
    op = OpInfo(OpKind.STENCIL, inputs, requires=requires)
    return computed(node.output(), cache.type, cache.shape, cell, op)


@operator("OneHot", since=9)
def one_hot(node: NodeContext, indices: Tensor, depth: Tensor, values: Tensor) -> Tensor:
    """One value everywhere but at indices along a new axis, where it is the other."""
    if depth.type.is_float():
        cell = node.run_time.cell(depth, 0)
        size = node.run_time.define(node.inner("depth"), cast_to(Int(32), cell))
    else:
        size = node.scalar(depth, "a depth")
    if values.rank != 1 or known(values.shape[0]) not in (2, None):
        node.fail(f"its values have the shape {shape_text(values.shape)}, not 2")
    axis = normal_axis(node.integer("axis", -1), indices.rank + 1)
    shape = (*indices.shape[:axis], size, *indices.shape[axis:])

    def cell_at(*coords: Any) -> Expr:
        hot = cast_to(Int(32), indices.at(*coords[:axis], *coords[axis + 1 :]))
        front = Select(hot < 0, hot + size, hot)
        return Select(eq(coords[axis], front), values.at(1), values.at(0))

    return computed(
        node.output(),
        values.type,
        shape,
        cell_at,
        OpInfo(
            OpKind.GATHER,
            (values, indices),
            attrs={"axis": axis},
            requires=((values.shape[0], index(2)),),
        ),
    )
