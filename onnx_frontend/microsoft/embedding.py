"""Embeddings: EmbedLayerNormalization, QEmbedLayerNormalization, RotaryEmbedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int
from halo.lang.operators import clamp
from halo.ops import normalization as normal
from halo.ops.build import computed
from halo.ops.elementwise import elementwise
from halo.ops.functions import sum_type
from halo.ops.gather import gather, place_along
from halo.ops.index import floor_div, known, times
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import transpose
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.microsoft.domain import microsoft, rank_of
from onnx_frontend.microsoft.quantized import dequantized, scale_of


def _embedded(
    node: NodeContext,
    ids: Tensor,
    segments: Tensor | None,
    tables: tuple[Tensor, Tensor, Tensor | None],
    positions: Tensor | None,
) -> Tensor:
    """Return the sum of the rows of words, places and segments: (batch, place, hidden)."""
    rank_of(node, "input_ids", ids, 2)
    words, places, kinds = tables
    for table in (words, places, kinds):
        if table is not None:
            rank_of(node, "table", table, 2)
    for given in (segments, positions):
        if given is not None:
            rank_of(node, "ids of segments or places", given, 2)
    parts = [gather(node.inner("words"), words, ids, 0)]
    if positions is not None:
        parts.append(gather(node.inner("places"), places, positions, 0))
    else:
        # Row i is that of place i.
        def row(i: Any, j: Any) -> Expr:
            return places.at(place_along(as_expr(i), places.shape[0]), j)

        op = OpInfo(OpKind.VIEW, (places,), attrs={"what": "slice"})
        shape = (ids.shape[1], places.shape[1])
        parts.append(computed(node.inner("places"), places.type, shape, row, op))
    if (segments is None) != (kinds is None):
        node.fail("its segment ids and embedding are not both there")
    if segments is not None and kinds is not None:
        parts.append(gather(node.inner("segments"), kinds, segments, 0))

    def total(*values: Expr) -> Expr:
        result = values[0]
        for value in values[1:]:
            result = result + value
        return result

    return elementwise(node.output(2), total, *parts)


def _lengths(node: NodeContext, ids: Tensor, mask: Tensor | None) -> Tensor:
    """Return how many ones each row of the mask has, zeros if there is none (int32)."""
    if mask is None:
        op = OpInfo(OpKind.VIEW, (), attrs={"what": "zeros"})
        zero = const(Int(32), 0)
        return computed(node.output(1), Int(32), (ids.shape[0],), lambda n: zero, op)
    rank_of(node, "mask", mask, 2)
    ones = elementwise(node.inner("ones"), lambda v: cast_to(Int(32), eq(v, 1)), mask, type=Int(32))
    return reduce(node.output(1), ones, "sum", [1], keep_axes=False)


@microsoft("EmbedLayerNormalization")
def embed_layer_normalization(
    node: NodeContext,
    ids: Tensor,
    segments: Tensor | None,
    words: Tensor,
    places: Tensor,
    kinds: Tensor | None,
    scale: Tensor,
    shift: Tensor,
    mask: Tensor | None = None,
    positions: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """The normalized sum of embeddings, the lengths that a mask tells, and the sum itself."""
    total = _embedded(node, ids, segments, (words, places, kinds), positions)
    epsilon = node.number("epsilon", 1e-12)
    made = normal.normalize(node.output(), total, (2,), epsilon, scale, shift)
    return (made, _lengths(node, ids, mask), total)[: max(node.outputs, 1)]


@microsoft("QEmbedLayerNormalization")
def q_embed_layer_normalization(
    node: NodeContext,
    ids: Tensor,
    segments: Tensor | None,
    words: Tensor,
    places: Tensor,
    kinds: Tensor | None,
    scale: Tensor,
    shift: Tensor,
    mask: Tensor | None,
    words_scale: Tensor,
    places_scale: Tensor,
    kinds_scale: Tensor | None,
    scale_scale: Tensor,
    shift_scale: Tensor,
    words_zero: Tensor,
    places_zero: Tensor,
    kinds_zero: Tensor | None,
    scale_zero: Tensor,
    shift_zero: Tensor,
) -> tuple[Tensor, ...]:
    """EmbedLayerNormalization of tables of 8-bit numbers."""

    def numbers(role: str, x: Tensor, step: Tensor, zero: Tensor | None) -> Tensor:
        return dequantized(node, role, x, scale_of(node, role, x.type, step, zero))

    rows = numbers("word", words, words_scale, words_zero)
    table = numbers("position", places, places_scale, places_zero)
    third = None
    if kinds is not None and kinds_scale is not None:
        third = numbers("segment", kinds, kinds_scale, kinds_zero)
    total = _embedded(node, ids, segments, (rows, table, third), None)
    factor = numbers("gamma", scale, scale_scale, scale_zero)
    addend = numbers("beta", shift, shift_scale, shift_zero)
    epsilon = node.number("epsilon", 1e-12)
    made = normal.normalize(node.output(), total, (2,), epsilon, factor, addend)
    return (made, _lengths(node, ids, mask))[: max(node.outputs, 1)]


@microsoft("RotaryEmbedding")
def rotary_embedding(
    node: NodeContext, x: Tensor, positions: Tensor, cosines: Tensor, sines: Tensor
) -> Tensor:
    """Pairs of cells turned by an angle that depends on the place."""
    rank_of(node, "input", x, 3, 4)
    rank_of(node, "position_ids", positions, 1, 2)
    if node.flag("is_packed_batching"):
        node.unsupported("sequences of the same length (is_packed_batching=0)")
    if node.number("scale", 1.0) != 1.0:
        node.unsupported("scale of 1, which onnxruntime does not read either")
    heads = node.integer("num_heads", 0)
    if x.rank == 4:
        four = x
    else:
        size = times(cosines.shape[1], 2)
        if node.integer("rotary_embedding_dim", 0):
            if heads < 1:
                node.fail("rotary_embedding_dim is given and num_heads is not")
            size = floor_div(x.shape[2], heads)
        count = floor_div(x.shape[2], size)
        whole = unequal(node, ((times(count, size), x.shape[2]),))
        shape = (x.shape[0], x.shape[1], count, size)
        split = reshape(node.inner("heads"), x, shape, whole)
        four = transpose(node.inner("split"), split, (0, 2, 1, 3))

    def place(n: Any, s: Any) -> Expr:
        if positions.rank == 1:
            return as_expr(s) + cast_to(Int(32), positions.at(0))
        return cast_to(Int(32), positions.at(n, s))

    name = node.output() if x.rank == 4 else node.inner("turned")
    made = rotated(node, name, four, place, (positions,), cosines, sines)
    if positions.rank == 2:
        pairs = ((positions.shape[0], four.shape[0]), (positions.shape[1], four.shape[2]))
        made.op = _requiring(node, made, pairs)
    if x.rank == 4:
        return made
    back = transpose(node.inner("back"), made, (0, 2, 1, 3))
    return reshape(node.output(), back, x.shape)


def _requiring(node: NodeContext, x: Tensor, pairs: Any) -> OpInfo:
    op = x.op
    return OpInfo(op.kind, op.inputs, op.funcs, op.attrs, (*op.requires, *unequal(node, pairs)))


def rotated(
    node: NodeContext,
    name: str,
    x: Tensor,
    place: Callable[[Any, Any], Expr],
    data: tuple[Tensor, ...],
    cosines: Tensor,
    sines: Tensor,
) -> Tensor:
    """Return `x` (batch, head, place, cell) with pairs of cells turned.

    The pairs are cells of the first and the second half, or neighbours if the node's attribute
    ``interleaved`` (or ``rotary_interleaved``) says so. What is behind the cells that the tables
    tell of stays.

    Parameters
    ----------
    place
        From a batch and a place to the row of the tables.
    data
        What `place` reads.
    """
    rank_of(node, "table of cosines", cosines, 2)
    rank_of(node, "table of sines", sines, 2)
    requires = unequal(node, zip(cosines.shape, sines.shape, strict=True))
    half = known(cosines.shape[1])
    if half is None:
        node.unsupported("tables of cosines and sines of a known width")
    neighbours = node.flag("interleaved") or node.flag("rotary_interleaved")
    wide = sum_type(x.type)

    def cell(n: Any, head: Any, s: Any, j: Any) -> Expr:
        cell_number = as_expr(j)
        if neighbours:
            pair, is_second = cell_number / 2, eq(cell_number % 2, 1)
            other: Expr = Select(is_second, cell_number - 1, cell_number + 1)
        else:
            is_second = cell_number >= half
            pair = Select(is_second, cell_number - half, cell_number)
            other = Select(is_second, cell_number - half, cell_number + half)
        # Cells behind the turned ones read some pair and are not changed.
        pair, other = _within(pair, half), _within(other, known(x.shape[3]))
        row = place_along(place(n, s), cosines.shape[0])
        own, mate = x.at(n, head, s, j), x.at(n, head, s, other)
        across = cast_to(wide, own) * cast_to(wide, cosines.at(row, pair))
        up = cast_to(wide, mate) * cast_to(wide, sines.at(row, pair))
        turned = cast_to(x.type, Select(is_second, across + up, across - up))
        return Select(cell_number < 2 * half, turned, own)

    inputs = (x, *(t for t in data if t.constant is None), cosines, sines)
    return computed(name, x.type, x.shape, cell, OpInfo(OpKind.STENCIL, inputs, requires=requires))


def _within(place: Expr, size: int | None) -> Expr:
    return place if size is None else as_expr(clamp(place, 0, size - 1))
