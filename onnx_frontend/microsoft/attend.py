"""Attention: softmax of scaled products of queries and keys, times values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Float, Int
from halo.lang.math import sqrt
from halo.ops.broadcast import Requirement, broadcast_at, fits_into
from halo.ops.build import computed
from halo.ops.elementwise import elementwise
from halo.ops.functions import sum_type
from halo.ops.index import floor_div, index, known, same, times
from halo.ops.matmul import matmul
from halo.ops.reshape import reshape
from halo.ops.softmax import softmax
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import concat, slice_axis, transpose
from onnx_frontend.context import NodeContext, unequal

Masked = Callable[[Any, Any, Any], Expr]
"""From a batch, a query and a key to whether the key is hidden from the query."""


@dataclass(slots=True)
class Scores:
    """What is done to the products of queries and keys (batch, head, query, key).

    Attributes
    ----------
    scale
        What they are multiplied with.
    added
        What is added, as a tensor that broadcasts to them.
    hidden
        Which keys are hidden, and the number that is added to the score of one.
    tensors
        What `hidden` reads.
    cap
        What holds them in a range, if anything does.
    requires
        What sizes must satisfy.
    """

    scale: Expr
    added: Tensor | None = None
    hidden: list[tuple[Masked, float]] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    cap: Callable[[Expr], Expr] | None = None
    requires: list[Requirement] = field(default_factory=list)

    def cell(self, product: Expr, coords: tuple[Any, ...]) -> Expr:
        """Return what becomes of a product."""
        wide = sum_type(product.type)
        value = cast_to(wide, product) * cast_to(wide, self.scale)
        if self.cap is not None:
            value = self.cap(value)
        if self.added is not None:
            value = value + cast_to(wide, broadcast_at(self.added, coords))
        n, _, s, t = coords
        for masked, number in self.hidden:
            value = value + Select(masked(n, s, t), const(wide, number), const(wide, 0))
        return value


LOWEST = -3.4028234663852886e38
"""The least float32: added to any score it leaves nothing of it."""


def causal(first: Callable[[Any], Expr]) -> Masked:
    """Return what hides keys behind their query; the first query is at ``first(batch)``."""
    return lambda n, s, t: as_expr(t) > as_expr(s) + first(n)


def scale_of_heads(node: NodeContext, size: Expr) -> Expr:
    """Return the node's scale, or one over the root of the size of a head (float32)."""
    given, width, type = node.number("scale", 0.0), known(size), Float(32)
    if given or width is not None:
        return const(type, given or 1 / math.sqrt(max(width or 1, 1)))
    return const(type, 1) / sqrt(cast_to(type, size))


def attend(
    node: NodeContext, q: Tensor, k: Tensor, v: Tensor, scores: Scores, name: str | None = None
) -> Tensor:
    """Return for each query the values of the keys that it attends to: (batch, query, hidden).

    Parameters
    ----------
    q, k, v
        (batch, head, place, cell).
    """
    turned = transpose(node.inner("keys"), k, (0, 1, 3, 2))
    product = matmul(node.inner("products"), q, turned)
    inputs = [product, *([] if scores.added is None else [scores.added]), *scores.tensors]

    def cell(*coords: Any) -> Expr:
        return scores.cell(product.at(*coords), coords)

    read = tuple(dict.fromkeys(inputs))
    fits = () if scores.added is None else fits_into(scores.added, product)
    op = OpInfo(OpKind.ELEMENTWISE, read, requires=(*scores.requires, *fits))
    scaled = computed(node.inner("scores"), sum_type(q.type), product.shape, cell, op)
    weights = softmax(node.inner("weights"), scaled, [3])
    made = matmul(node.inner("values"), weights, v)
    if made.type != q.type:
        made = elementwise(node.inner("narrow"), lambda x: x, made, type=q.type)
    return joined(node, name or node.output(), made)


def joined(node: NodeContext, name: str, x: Tensor) -> Tensor:
    """Return the cells of all heads side by side: (batch, place, hidden)."""
    back = transpose(node.inner("back"), x, (0, 2, 1, 3))
    shape = (x.shape[0], x.shape[2], times(x.shape[1], x.shape[3]))
    return reshape(name, back, shape)


def split_heads(node: NodeContext, role: str, x: Tensor, heads: int) -> Tensor:
    """Return (batch, place, hidden) as (batch, head, place, cell)."""
    size = floor_div(x.shape[2], heads)
    width = known(x.shape[2])
    if width is not None and width % heads:
        node.fail(f"{width} cells are not those of {heads} heads")
    shape = (x.shape[0], x.shape[1], index(heads), size)
    cut = reshape(node.inner(f"{role}_cut"), x, shape)
    return transpose(node.inner(role), cut, (0, 2, 1, 3))


def part_of(node: NodeContext, role: str, x: Tensor, start: Expr, size: Expr) -> Tensor:
    """Return cells of the last axis."""
    return slice_axis(node.inner(role), x, x.rank - 1, start, size)


def behind(name: str, past: Tensor | None, new: Tensor) -> Tensor:
    """Return keys or values behind those of the past: (batch, head, place, cell)."""
    return new if past is None else concat(name, [past, new], 2)


def hide_by_mask(
    node: NodeContext,
    scores: Scores,
    mask: Tensor,
    sizes: tuple[Expr, Expr, Expr],
    number: float,
) -> None:
    """Add to `scores` what a mask of the domain hides.

    It has (batch, key) or (batch, query, key) with 0 for hidden keys, (batch, 1, most, most) of
    which the last keys count, the number of keys of each sample (batch), or also the first of
    them (2 * batch). `sizes` are those of the batch, the queries and the keys.
    """
    batch, _, keys = sizes
    scores.tensors.append(mask)
    if mask.rank == 1:
        _hide_by_length(node, scores, mask, batch, number)
        return
    if mask.rank not in (2, 3):
        node.unsupported(f"a mask of 1, 2 or 3 axes, not {mask.rank}")

    def hidden(n: Any, s: Any, t: Any) -> Expr:
        return eq(mask.at(n, t) if mask.rank == 2 else mask.at(n, s, t), 0)

    scores.hidden.append((hidden, number))
    wanted = (batch, keys) if mask.rank == 2 else sizes
    scores.requires += unequal(node, zip(mask.shape, wanted, strict=True))


def _hide_by_length(
    node: NodeContext, scores: Scores, mask: Tensor, batch: Expr, number: float
) -> None:
    size = mask.shape[0]
    twice = same(size, times(batch, 2))
    if not twice and not same(size, batch):
        node.unsupported("a mask index of which it is known that it has one number for a sample")

    def hidden(n: Any, s: Any, t: Any) -> Expr:
        place = as_expr(t)
        outside = place >= cast_to(Int(32), mask.at(n))
        if twice:
            outside = outside | (place < cast_to(Int(32), mask.at(as_expr(n) + batch)))
        return outside

    scores.hidden.append((hidden, number))
