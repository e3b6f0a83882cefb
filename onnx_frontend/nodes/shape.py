"""Shapes as data, and tensors made of them."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Max, Min, Select, Variable, const, i32
from halo.ir.function import SymbolicSize
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Float, Int, type_of_dtype
from halo.ops.build import CONTENT_LIMIT, computed, from_content
from halo.ops.index import ceil_div, greatest, index, known, minus, narrow, product
from halo.ops.tensor import LARGEST, OpInfo, OpKind, Tensor
from halo.ops.views import filled
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


@operator("Shape", since=1)
def shape(node: NodeContext, x: Tensor) -> Tensor:
    """The sizes of the axes from `start` to `end`."""
    end = node.integer("end") if node.has("end") else x.rank
    sizes = x.shape[slice(node.integer("start", 0), end)]
    return from_content(node.output(), Int(64), (index(len(sizes)),), sizes)


@operator("Size", since=1)
def size(node: NodeContext, x: Tensor) -> Tensor:
    """The number of cells."""
    return from_content(node.output(), Int(64), (), (product(x.shape),))


@operator("ConstantOfShape", since=9)
def constant_of_shape(node: NodeContext, sizes: Tensor) -> Tensor:
    """A tensor of one value, its shape computed from other shapes."""
    target = node.content(sizes, "a shape")
    value: Expr = const(Float(32), 0)
    if node.has("value"):
        array = node.array("value").reshape(-1)
        type = type_of_dtype(array.dtype)
        if type is None:
            node.unsupported(f"elements of type {array.dtype}")
        value = const(type, array[0].item())
    return filled(node.output(), target, value)


@operator("Range", since=11)
def make_range(node: NodeContext, start: Tensor, limit: Tensor, delta: Tensor) -> Tensor:
    """start, start + delta, ... up to limit."""
    if not start.type.is_integral or node.known_constants(delta) is None:
        return _run_time_range(node, start, limit, delta)
    first = node.scalar(start, "a start")
    last = node.scalar(limit, "a limit")
    step = node.constants(delta, "a step")[0]
    if step == 0:
        node.fail("its step is 0")
    _require_words(node, start, first, up=True, down=True)
    _require_words(node, limit, last, up=step > 0, down=step < 0)
    room = minus(last, first) if step > 0 else minus(first, last)
    count = greatest(ceil_div(room, abs(step)), 0)
    number = known(count)
    if number is not None and number <= CONTENT_LIMIT:
        cells = [first + index(i * step) for i in range(number)]
        return from_content(node.output(), start.type, (count,), cells)
    op = OpInfo(OpKind.VIEW, attrs={"what": "range"})

    def cell(i: Any) -> Expr:
        return as_expr(i) * step + first

    return computed(node.output(), start.type, (count,), cell, op)


def _require_words(node: NodeContext, x: Tensor, told: Expr, *, up: bool, down: bool) -> None:
    """Require the cell of `x` to be what `told` is, if it is a size of 32 bits that data tell."""
    source = told.source if isinstance(told, Variable) else None
    if x.type.bits() <= 32 or not isinstance(source, SymbolicSize) or not source.from_data:
        return
    given = node.run_time.cell(x, 0)
    above = [given > LARGEST] if up else []
    for far in (*above, *([given < -LARGEST] if down else [])):
        beyond = node.run_time.define(node.inner("far"), cast_to(Int(32), far), high=1)
        node.require(beyond, index(0), "an end of it is beyond what 32 bits hold")


def _run_time_range(node: NodeContext, start: Tensor, limit: Tensor, delta: Tensor) -> Tensor:
    """The range whose number of cells is computed when the model runs, in float64."""
    first, last, step = (
        cast_to(Float(64), node.run_time.cell(t, 0)) for t in (start, limit, delta)
    )
    stays = node.run_time.define(node.inner("stays"), cast_to(Int(32), eq(step, 0.0)), high=1)
    node.require(stays, index(0), "its step is 0")
    places = intrinsic("ceil", (last - first) / Select(eq(step, 0.0), const(Float(64), 1), step))
    count = node.run_time.define(node.inner("count"), Max(cast_to(Int(32), places), i32(0)))
    op = OpInfo(OpKind.ELEMENTWISE, (start, delta), attrs={"what": "range"})

    def cell(i: Any) -> Expr:
        zeros = [0] * start.rank, [0] * delta.rank
        wide = start.type if start.type.bits() >= 32 else Float(32)
        by = cast_to(wide, delta.at(*zeros[1]))
        return cast_to(wide, start.at(*zeros[0])) + cast_to(wide, as_expr(i)) * by

    return computed(node.output(), start.type, (count,), cell, op)


@operator("Trilu", since=14)
def trilu(node: NodeContext, x: Tensor, k: Tensor | None = None) -> Tensor:
    """The part of matrices above or below a diagonal, zero elsewhere."""
    if x.rank < 2:
        node.fail(f"its input has {x.rank} axes, not 2 or more")
    told = index(0) if k is None else node.scalar(k, "a diagonal")
    number = known(told)
    if number is not None:
        told = index(max(-LARGEST, min(number, LARGEST)))
    diagonal = told
    if number is None or abs(number) > LARGEST // 2:
        # Those that are farther off cut as much, and sums with a place stay in range. The helpers
        # for sizes would hope that none is 0.
        rows, columns = narrow(x.shape[-2]), narrow(x.shape[-1])
        diagonal = Min(Max(narrow(told), i32(0) - rows), columns)
    upper = node.flag("upper", True)

    def cell(*coords: Any) -> Expr:
        right = as_expr(coords[-1]) - coords[-2]
        kept = right >= diagonal if upper else right <= diagonal
        return Select(kept, x.at(*coords), const(x.type, 0))

    op = OpInfo(OpKind.ELEMENTWISE, (x,), attrs={"what": "trilu"})
    return computed(node.output(), x.type, x.shape, cell, op)


@operator("EyeLike", since=9)
def eye_like(node: NodeContext, x: Tensor) -> Tensor:
    """Ones on a diagonal."""
    if x.rank != 2:
        node.fail(f"its input has {x.rank} axes, not 2")
    type = node.type_named(node.integer("dtype")) if node.has("dtype") else x.type
    k = node.integer("k", 0)

    def cell(y: Any, x: Any) -> Expr:
        return eq(as_expr(y) + k, x)

    op = OpInfo(OpKind.VIEW, attrs={"what": "eye"})
    return computed(node.output(), type, x.shape, cell, op)
