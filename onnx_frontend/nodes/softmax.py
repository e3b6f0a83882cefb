"""Softmax."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.ops import softmax as soft
from halo.ops.build import computed
from halo.ops.reduce import arg_reduce
from halo.ops.reshape import flatten, reshape
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


def _register(name: str, logarithm: bool) -> None:
    @operator(name, since=1)
    def flattened(node: NodeContext, x: Tensor) -> Tensor:
        # Until version 13 all axes from the given one on are taken together.
        axis = node.integer("axis", 1)
        first = axis if axis == x.rank else normal_axis(axis, x.rank)
        return soft.softmax(node.output(), x, range(first, x.rank), logarithm)

    @operator(name, since=13)
    def along_axis(node: NodeContext, x: Tensor) -> Tensor:
        return soft.softmax(node.output(), x, [node.integer("axis", -1)], logarithm)


@operator("Hardmax", since=1)
def hardmax_flattened(node: NodeContext, x: Tensor) -> Tensor:
    """Along all axes from a given one on, taken together."""
    axis = node.integer("axis", 1)
    flat = flatten(node.inner("flat"), x, axis if axis >= 0 else axis + x.rank)
    place = arg_reduce(node.inner("place"), flat, "max", 1, keep_axes=True)
    hot = _one_at(node.inner("hot"), flat, place, 1)
    return reshape(node.output(), hot, x.shape)


@operator("Hardmax", since=13)
def hardmax(node: NodeContext, x: Tensor) -> Tensor:
    """Along one axis."""
    axis = normal_axis(node.integer("axis", -1), x.rank)
    place = arg_reduce(node.inner("place"), x, "max", axis, keep_axes=True)
    return _one_at(node.output(), x, place, axis)


def _one_at(name: str, x: Tensor, place: Tensor, axis: int) -> Tensor:
    def cell(*coords: Any) -> Expr:
        along = cast_to(Int(64), as_expr(coords[axis]))
        hot = eq(along, place.at(*coords[:axis], 0, *coords[axis + 1 :]))
        return Select(hot, const(x.type, 1), const(x.type, 0))

    return computed(name, x.type, x.shape, cell, OpInfo(OpKind.ELEMENTWISE, (place,)))


_register("Softmax", logarithm=False)
_register("LogSoftmax", logarithm=True)
