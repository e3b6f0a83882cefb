"""Attention, QAttention and MultiHeadAttention."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, Select
from halo.ir.operators import as_expr, cast_to
from halo.ops.build import computed
from halo.ops.elementwise import elementwise
from halo.ops.index import ZERO, index, known, plus, times
from halo.ops.matmul import matmul
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import slice_axis, squeeze, transpose
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.attend import (
    LOWEST,
    Scores,
    attend,
    behind,
    causal,
    hide_by_mask,
    part_of,
    scale_of_heads,
    split_heads,
)
from onnx_frontend.microsoft.domain import microsoft, rank_of, scalar
from onnx_frontend.nodes.integer_products import products


def _biased(node: NodeContext, role: str, x: Tensor, bias: Tensor | None) -> Tensor:
    if bias is None:
        return x
    return elementwise(node.inner(role), lambda v, b: v + b, x, bias)


def _refuse_buffers(node: NodeContext) -> None:
    if node.flag("do_rotary"):
        node.unsupported("no rotary embedding inside (do_rotary=0)")
    if node.flag("past_present_share_buffer"):
        node.unsupported("present states apart from the past ones (past_present_share_buffer=0)")


def _self_attention(
    node: NodeContext,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    past: Tensor | None,
    added: Tensor | None,
) -> tuple[Tensor, ...]:
    """Return the attention of the three parts (batch, place, hidden), and the present state."""
    heads = node.integer("num_heads")
    parts = [split_heads(node, role, x, heads) for role, x in (("q", q), ("k", k), ("v", v))]
    old: list[Tensor | None] = [None, None]
    if past is not None:
        rank_of(node, "past", past, 5)
        old = [_state(node, past, i) for i in range(2)]
    keys = behind(node.inner("keys_all"), old[0], parts[1])
    values = behind(node.inner("values_all"), old[1], parts[2])
    scores = Scores(scale_of_heads(node, parts[0].shape[3]), added)
    if mask is not None:
        number = node.number("mask_filter_value", -10000.0)
        sizes = (q.shape[0], q.shape[1], keys.shape[2])
        hide_by_mask(node, scores, mask, sizes, number)
    if node.flag("unidirectional"):
        first = ZERO if past is None else past.shape[3]
        scores.hidden.append((causal(lambda n: first), LOWEST))
    made = attend(node, parts[0], keys, values, scores)
    if node.outputs < 2 or not node.node.outputs[1]:
        return (made,)
    return made, _present(node, keys, values)


def _state(node: NodeContext, past: Tensor, number: int) -> Tensor:
    part = slice_axis(node.inner(f"past_{number}"), past, 0, index(number), index(1))
    return squeeze(node.inner(f"old_{number}"), part, [0])


def _present(node: NodeContext, keys: Tensor, values: Tensor) -> Tensor:
    """Return keys and values as one tensor: (2, batch, head, place, cell)."""
    if known(keys.shape[3]) != known(values.shape[3]):
        node.fail("keys and values of different sizes do not make one present state")

    def cell(which: Any, *coords: Any) -> Expr:
        return Select(as_expr(which) < 1, keys.at(*coords), values.at(*coords))

    op = OpInfo(OpKind.VIEW, (keys, values), attrs={"what": "stack"})
    return computed(node.output(1), keys.type, (index(2), *keys.shape), cell, op)


def _three(node: NodeContext, x: Tensor, sizes: list[Expr]) -> list[Tensor]:
    """Return the parts of the last axis for queries, keys and values."""
    starts = [ZERO, sizes[0], plus(sizes[0], sizes[1])]
    names = ("query", "key", "value")
    return [
        part_of(node, role, x, start, size)
        for role, start, size in zip(names, starts, sizes, strict=True)
    ]


def _thirds(node: NodeContext, x: Tensor) -> list[Expr]:
    width = known(x.shape[2])
    if width is None or width % 3:
        node.fail(f"its weights make {width} cells, which are no three parts")
    return [index(width // 3)] * 3


@microsoft("Attention")
def attention(
    node: NodeContext,
    x: Tensor,
    weights: Tensor,
    bias: Tensor | None = None,
    mask: Tensor | None = None,
    past: Tensor | None = None,
    added: Tensor | None = None,
    past_length: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Self-attention of several heads, the projections of queries, keys and values included."""
    rank_of(node, "input", x, 3)
    rank_of(node, "weights", weights, 2)
    _refuse_buffers(node)
    if past_length is not None:
        node.unsupported("no past_sequence_length: it is for shared buffers")
    projected = _biased(node, "projected", matmul(node.inner("product"), x, weights), bias)
    if not node.has("qkv_hidden_sizes"):
        sizes = _thirds(node, projected)
    else:
        given = node.integers("qkv_hidden_sizes")
        if len(given) != 3 or sum(given) != known(projected.shape[2]) or given[0] != given[1]:
            node.fail(f"its qkv_hidden_sizes are {given}")
        sizes = [index(n) for n in given]
    q, k, v = _three(node, projected, sizes)
    return _self_attention(node, q, k, v, mask, past, added)


@microsoft("QAttention")
def q_attention(
    node: NodeContext,
    x: Tensor,
    weights: Tensor,
    bias: Tensor,
    x_scale: Tensor,
    w_scale: Tensor,
    mask: Tensor | None = None,
    x_zero: Tensor | None = None,
    w_zero: Tensor | None = None,
    past: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Attention whose projections are products of 8-bit numbers, summed in int32."""
    rank_of(node, "input", x, 3)
    rank_of(node, "weights", weights, 2)
    _refuse_buffers(node)
    step = scalar(node, "input_scale", x_scale)
    zero = None if x_zero is None else scalar(node, "input_zero_point", x_zero)
    sums = products(node, node.inner("sums"), x, weights, zero, w_zero)
    wide = x_scale.type

    def cell(v: Expr, p: Expr, q: Expr, b: Expr) -> Expr:
        return cast_to(wide, v) * (p * q) + b

    projected = elementwise(node.inner("projected"), cell, sums, step, w_scale, bias, type=wide)
    q, k, v = _three(node, projected, _thirds(node, projected))
    return _self_attention(node, q, k, v, mask, past, None)


@microsoft("MultiHeadAttention")
def multi_head_attention(
    node: NodeContext,
    query: Tensor,
    key: Tensor | None = None,
    value: Tensor | None = None,
    bias: Tensor | None = None,
    mask: Tensor | None = None,
    added: Tensor | None = None,
    past_key: Tensor | None = None,
    past_value: Tensor | None = None,
    past_length: Tensor | None = None,
    indirection: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Attention of queries, keys and values that are projected already."""
    if past_length is not None or indirection is not None:
        node.unsupported("present states apart from the past ones, and no beams")
    if node.outputs > 3 and node.node.outputs[3]:
        node.unsupported("no output of the scores")
    q, k, v = _projected(node, query, key, value, bias)
    keys = behind(node.inner("keys_all"), past_key, k)
    values = behind(node.inner("values_all"), past_value, v)
    scores = Scores(scale_of_heads(node, q.shape[3]), added)
    if mask is not None:
        number = node.number("mask_filter_value", -10000.0)
        sizes = (q.shape[0], q.shape[2], keys.shape[2])
        hide_by_mask(node, scores, mask, sizes, number)
    if node.flag("unidirectional"):
        first = ZERO if past_key is None else past_key.shape[2]
        scores.hidden.append((causal(lambda n: first), LOWEST))
    made = attend(node, q, keys, values, scores)
    states = [elementwise(node.output(i), lambda x: x, t) for i, t in ((1, keys), (2, values))]
    return (made, *states)[: max(node.outputs, 1)]


def _projected(
    node: NodeContext,
    query: Tensor,
    key: Tensor | None,
    value: Tensor | None,
    bias: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values as (batch, head, place, cell), biases added."""
    heads = node.integer("num_heads")
    if query.rank == 5:  # (batch, place, head, 3, cell)
        if bias is not None:
            node.unsupported("no bias of packed queries, keys and values")
        q, k, v = (_of_packed(node, role, query, i) for i, role in enumerate("qkv"))
        return q, k, v
    rank_of(node, "query", query, 3)
    if key is None:
        node.unsupported("a key, or queries, keys and values in one")
    biases = [None, None, None] if bias is None else _biases(node, bias, query, value, key)
    q = split_heads(node, "q", _biased(node, "q_biased", query, biases[0]), heads)
    if key.rank == 5:
        if bias is not None:
            node.unsupported("no bias of packed keys and values")
        return q, _of_packed(node, "k", key, 0), _of_packed(node, "v", key, 1)
    if value is None:
        node.fail("it has a key and no value")
    if key.rank == 4:  # projected and split already, by a layer for all steps
        if bias is not None and known(bias.shape[0]) != known(query.shape[2]):
            node.unsupported("no bias of keys and values that are split into heads")
        return q, key, value
    rank_of(node, "key", key, 3)
    k = split_heads(node, "k", _biased(node, "k_biased", key, biases[1]), heads)
    return q, k, split_heads(node, "v", _biased(node, "v_biased", value, biases[2]), heads)


def _of_packed(node: NodeContext, role: str, x: Tensor, number: int) -> Tensor:
    part = slice_axis(node.inner(f"{role}_part"), x, 3, index(number), index(1))
    return transpose(node.inner(role), squeeze(node.inner(f"{role}_flat"), part, [3]), (0, 2, 1, 3))


def _biases(
    node: NodeContext, bias: Tensor, query: Tensor, value: Tensor | None, key: Tensor
) -> list[Tensor]:
    rank_of(node, "bias", bias, 1)
    hidden = query.shape[2]
    last = value.shape[2] if value is not None and value.rank == 3 else hidden
    starts = (ZERO, hidden, times(hidden, 2))
    sizes = (hidden, hidden, last)
    return [
        part_of(node, f"bias_{i}", bias, start, size)
        for i, (start, size) in enumerate(zip(starts, sizes, strict=True))
    ]
