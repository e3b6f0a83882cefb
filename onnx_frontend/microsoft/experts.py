"""MoE: each token goes through the few of many small networks that a router chooses for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.ir.expr import Expr, Min, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Type
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops import functions as f
from halo.ops import gather
from halo.ops.build import axis_vars, call, computed
from halo.ops.elementwise import elementwise
from halo.ops.index import floor_div, index, known, minus, product
from halo.ops.reshape import reshape
from halo.ops.softmax import softmax
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.first_places import first_places
from onnx_frontend.microsoft.domain import microsoft, rank_of

_ACTIVATIONS: dict[str, Callable[[Expr], Expr]] = {
    "relu": f.relu,
    "gelu": lambda v: f.gelu(v, True),  # as onnxruntime computes it
    "silu": lambda v: v * f.sigmoid(v),
    "identity": lambda v: v,
}


@microsoft("MoE")
def mixture_of_experts(
    node: NodeContext,
    x: Tensor,
    router: Tensor,
    first: Tensor,
    first_bias: Tensor | None,
    second: Tensor,
    second_bias: Tensor | None = None,
    third: Tensor | None = None,
    third_bias: Tensor | None = None,
) -> Tensor:
    """The weighted sum of what the chosen experts, networks of two layers, make of each token."""
    rank_of(node, "input", x, 2, 3)
    rank_of(node, "router", router, 2)
    rank_of(node, "first matrices", first, 3)
    rank_of(node, "second matrices", second, 3)
    if third is not None or third_bias is not None or node.flag("use_sparse_mixer"):
        node.unsupported("experts of two matrices, chosen by the largest scores")
    tokens = reshape(node.inner("tokens"), x, (product(x.shape[:-1]), x.shape[-1]))
    pairs = [(tokens.shape[0], router.shape[0]), (first.shape[2], tokens.shape[1])]
    pairs += [(m.shape[0], router.shape[1]) for m in (first, second)]
    needs = unequal(node, pairs)
    weights, places = _chosen(node, router)
    hidden = _through(node, "hidden", tokens, first, first_bias, places, each=False)
    active = _activated(node, hidden)
    made = _through(node, "made", active, second, second_bias, places, each=True)
    t, c = axis_vars(2)
    acc = Func(node.inner("acc"))
    wide = f.sum_type(x.type)
    acc[(c, t)] = const(wide, 0)
    r = RDom([(0, places.shape[1])])
    acc[(c, t)] += cast_to(wide, made.at(t, r[0], c)) * cast_to(wide, weights.at(t, r[0]))
    info = OpInfo(OpKind.REDUCE, (made, weights), {"acc": acc}, requires=needs)
    shape = (tokens.shape[0], second.shape[1])
    name = node.output() if x.rank == 2 else node.inner("sum")
    whole = computed(name, x.type, shape, lambda *at: call(acc, *at), info)
    return whole if x.rank == 2 else reshape(node.output(), whole, x.shape)


def _chosen(node: NodeContext, router: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weights of the experts of each token and their numbers, the best first."""
    k = node.integer("k", 1)
    count = known(router.shape[1])
    if k < 1 or (count is not None and k > count):
        node.fail(f"it takes the best {k} of {count} experts")
    places = first_places(node.inner("places"), router, 1, index(k), largest=True)
    if node.flag("normalize_routing_weights"):
        best = gather.gather_elements(node.inner("best"), router, places, 1)
        return softmax(node.inner("weights"), best, [1]), places
    whole = softmax(node.inner("shares"), router, [1])
    return gather.gather_elements(node.inner("weights"), whole, places, 1), places


def _through(
    node: NodeContext,
    role: str,
    x: Tensor,
    matrices: Tensor,
    bias: Tensor | None,
    places: Tensor,
    *,
    each: bool,
) -> Tensor:
    """Return the products (tokens, chosen, rows) with the matrices (experts, rows, columns).

    `x` has a row for each token, or with `each` for each that is chosen.
    """
    pairs = [(x.shape[-1], matrices.shape[2])]
    if bias is not None:
        rank_of(node, "bias", bias, 2)
        pairs += zip(bias.shape, matrices.shape, strict=False)
    needs = unequal(node, pairs)
    last = minus(matrices.shape[0], 1)
    wide = f.sum_type(x.type)
    t, j, i = axis_vars(3)

    def expert(*at: Any) -> Expr:
        return as_expr(clamp(places.at(*at), 0, last))

    acc = Func(node.inner(f"{role}_acc"))
    start: Expr = const(wide, 0) if bias is None else cast_to(wide, bias.at(expert(t, j), i))
    acc[(i, j, t)] = start
    r = RDom([(0, matrices.shape[2])])
    cell = x.at(t, j, r[0]) if each else x.at(t, r[0])
    weight = matrices.at(expert(t, j), i, r[0])
    acc[(i, j, t)] += cast_to(wide, cell) * cast_to(wide, weight)
    read = (x, matrices, places, *([] if bias is None else [bias]))
    info = OpInfo(OpKind.REDUCE, read, {"acc": acc}, requires=needs)
    shape = (x.shape[0], places.shape[1], matrices.shape[1])
    return computed(node.inner(role), x.type, shape, lambda *at: call(acc, *at), info)


def _activated(node: NodeContext, x: Tensor) -> Tensor:
    kind = node.text("activation_type", "relu")
    wide: Type = f.sum_type(x.type)
    if kind == "swiglu":
        return _gated(node, x)
    if kind not in _ACTIVATIONS:
        node.unsupported(f"an activation_type of {', '.join(_ACTIVATIONS)} or swiglu, not {kind}")
    function = _ACTIVATIONS[kind]
    return elementwise(node.inner("active"), lambda v: function(cast_to(wide, v)), x)


def _gated(node: NodeContext, x: Tensor) -> Tensor:
    """Return ``g * sigmoid(alpha * g) * (l + beta)`` of rows of g and l, which alternate."""
    fusion, half = node.integer("swiglu_fusion", 0), floor_div(x.shape[2], 2)
    if fusion not in (1, 2) or node.flag("swiglu_limit_after_activation"):
        node.unsupported("gates in one matrix with what passes them, held before the activation")
    alpha, beta = node.number("activation_alpha", 1.0), node.number("activation_beta", 0.0)
    wide = f.sum_type(x.type)
    limit = node.number("swiglu_limit") if node.has("swiglu_limit") else None

    def cell(t: Any, j: Any, i: Any) -> Expr:
        at = as_expr(i)
        places = (at * 2, at * 2 + 1) if fusion == 1 else (at, at + half)
        gate, linear = (cast_to(wide, x.at(t, j, p)) for p in places)
        if limit is not None:
            gate = Min(gate, const(wide, limit))
            linear = clamp(linear, const(wide, -limit), const(wide, limit))
        return gate * f.sigmoid(gate * alpha) * (linear + beta)

    info = OpInfo(OpKind.REDUCE, (x,))
    return computed(node.inner("active"), x.type, (*x.shape[:2], half), cell, info)
