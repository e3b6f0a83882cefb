"""GroupQueryAttention: fewer heads of keys and values than of queries, and a cache of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.ir.expr import Expr, Max, Select, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.lang.math import tanh
from halo.lang.operators import clamp
from halo.ops.build import computed
from halo.ops.index import floor_div, greatest, index, known, minus, times
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import view
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.microsoft.attend import (
    LOWEST,
    Scores,
    attend,
    causal,
    part_of,
    scale_of_heads,
    split_heads,
)
from onnx_frontend.microsoft.domain import microsoft, rank_of
from onnx_frontend.microsoft.embedding import rotated


@microsoft("GroupQueryAttention")
def group_query_attention(
    node: NodeContext,
    query: Tensor,
    key: Tensor | None,
    value: Tensor | None,
    past_key: Tensor | None,
    past_value: Tensor | None,
    lengths: Tensor,
    total: Tensor,
    cosines: Tensor | None = None,
    sines: Tensor | None = None,
    positions: Tensor | None = None,
    added: Tensor | None = None,
    *more: Tensor | None,
) -> tuple[Tensor, ...]:
    """Causal attention to the keys of the past and new ones; how many each sample has is data."""
    _refuse(node, more, positions)
    rank_of(node, "query", query, 3)
    heads, groups = node.integer("num_heads"), node.integer("kv_num_heads")
    if groups < 1 or heads % groups:
        node.fail(f"{heads} heads of queries for {groups} of keys")
    q, k, v = _split(node, query, key, value, heads, groups)
    first = _first_place(node, lengths, q.shape[2], past_key)
    if node.flag("do_rotary"):
        if cosines is None or sines is None:
            node.fail("do_rotary is set, and its tables are missing")

        def place(n: Any, s: Any) -> Expr:
            return as_expr(first(n) + s)

        q, k = (
            rotated(node, node.inner(f"{role}_turned"), x, place, (lengths,), cosines, sines)
            for role, x in (("q", q), ("k", k))
        )
    size = node.content(total, "a total length")[0]
    keys = _cached(node, node.output(1), past_key, k, (lengths, size), first)
    values = _cached(node, node.output(2), past_value, v, (lengths, size), first)
    scores = Scores(scale_of_heads(node, q.shape[3]), added)
    scores.tensors.append(lengths)
    scores.hidden.append((causal(first), LOWEST))
    window = node.integer("local_window_size", -1)
    if window > 0:
        scores.hidden.append((_too_far(first, window), LOWEST))
    cap = node.number("softcap", 0.0)
    if cap:
        scores.cap = lambda x: tanh(x / cap) * cap
    scores.requires += unequal(node, ((lengths.shape[0], query.shape[0]),))
    shared = heads // groups
    all_keys, all_values = (
        x if shared == 1 else _repeated(node, role, x, heads, shared)
        for role, x in (("keys_of", keys), ("values_of", values))
    )
    made = attend(node, q, all_keys, all_values, scores)
    return (made, keys, values)[: max(node.outputs, 1)]


def _refuse(node: NodeContext, more: tuple[Tensor | None, ...], positions: Tensor | None) -> None:
    names = ("head_sink", "k_scale", "v_scale", "q_norm_weight", "k_norm_weight", "query_seqlens")
    given = [n for n, x in zip(names, more, strict=False) if x is not None]
    if given:
        node.unsupported(f"no {', '.join(given)}")
    if positions is not None:
        node.unsupported("places that follow from the lengths, no position_ids")
    if node.flag("smooth_softmax") or node.flag("sliding_window_cache"):
        node.unsupported("no smooth_softmax and no sliding_window_cache")
    if not node.flag("causal", True):
        node.unsupported("causal attention")
    if node.integer("qk_output", 0):
        node.unsupported("no output of the scores")
    for which in ("k_quant_type", "v_quant_type"):
        if node.text(which, "NONE") not in ("", "NONE"):
            node.unsupported("a cache that is not quantized")


def _split(
    node: NodeContext,
    query: Tensor,
    key: Tensor | None,
    value: Tensor | None,
    heads: int,
    groups: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values as (batch, head, place, cell)."""
    if key is not None and value is not None:
        rank_of(node, "key", key, 3)
        rank_of(node, "value", value, 3)
        return (
            split_heads(node, "q", query, heads),
            split_heads(node, "k", key, groups),
            split_heads(node, "v", value, groups),
        )
    width = known(query.shape[2])
    if width is not None and width % (heads + 2 * groups):
        node.fail(f"{width} cells are not those of {heads} and twice {groups} heads")
    size = floor_div(query.shape[2], heads + 2 * groups)
    own, few = times(size, heads), times(size, groups)
    starts = (index(0), own, own + few)
    parts = [
        part_of(node, f"{role}_part", query, as_expr(start), as_expr(count))
        for role, start, count in zip("qkv", starts, (own, few, few), strict=True)
    ]
    counts = (heads, groups, groups)
    q, k, v = (
        split_heads(node, role, x, count)
        for role, x, count in zip("qkv", parts, counts, strict=True)
    )
    return q, k, v


def _first_place(
    node: NodeContext, lengths: Tensor, new: Expr, past: Tensor | None
) -> Callable[[Any], Expr]:
    """Return how to read how many keys a sample has before the new ones: none without a past."""

    def first(n: Any) -> Expr:
        if past is None:
            return as_expr(0)
        place = lengths.at(*[n, 0][: lengths.rank])
        count = cast_to(Int(32), place) + 1 - new
        return as_expr(clamp(Max(count, as_expr(0)), 0, past.shape[2]))

    return first


def _too_far(first: Callable[[Any], Expr], window: int) -> Callable[[Any, Any, Any], Expr]:
    return lambda n, s, t: as_expr(t) <= first(n) + as_expr(s) - window


def _cached(
    node: NodeContext,
    name: str,
    past: Tensor | None,
    new: Tensor,
    told: tuple[Tensor, Expr],
    first: Callable[[Any], Expr],
) -> Tensor:
    """Return the new keys or values behind those of the past, in as many places as are told."""
    lengths, total = told
    if past is None:
        return view(name, new.shape, new.at, new, what="identity")
    rank_of(node, "past", past, 4)
    size = greatest(total, past.shape[2])

    def cell(n: Any, head: Any, t: Any, j: Any) -> Expr:
        begin, place = first(n), as_expr(t)
        moved = clamp(place - begin, 0, minus(new.shape[2], 1))
        held = clamp(place, 0, greatest(minus(past.shape[2], 1), 0))
        old = past.at(n, head, held, j)
        is_new = (place >= begin) & (place < begin + new.shape[2])
        kept = Select(place < past.shape[2], old, const(new.type, 0))
        return Select(is_new, new.at(n, head, moved, j), kept)

    shape = (new.shape[0], new.shape[1], size, new.shape[3])
    requires = unequal(node, ((past.shape[a], new.shape[a]) for a in (0, 1, 3)))
    op = OpInfo(OpKind.STENCIL, (new, past, lengths), requires=requires)
    return computed(name, new.type, shape, cell, op)


def _repeated(node: NodeContext, role: str, x: Tensor, heads: int, shared: int) -> Tensor:
    """Return each head as often as queries share it."""

    def cell(n: Any, head: Any, t: Any, j: Any) -> Expr:
        return x.at(n, as_expr(head) / shared, t, j)

    shape = (x.shape[0], index(heads), *x.shape[2:])
    return view(node.inner(role), shape, cell, x, what="repeat")
