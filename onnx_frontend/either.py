"""One value or another, as a condition says that only data tell: both are computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.expr import Expr, Min, Select
from halo.ir.operators import as_expr
from halo.ops import views
from halo.ops.empty import unless_empty
from halo.ops.index import choose, minus, same
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.values import TensorSequence, Text, Value, content_of, is_there, perhaps


def either(node: NodeContext, name: str, flag: Expr, a: Value, b: Value) -> Value:
    """Return `a` where `flag` holds, else `b`; there is one where the chosen one is there.

    Raises
    ------
    Unsupported
        They are no values of one kind, type and number of axes.
    """
    there = choose(flag, is_there(a), is_there(b))
    first, second = content_of(a), content_of(b)
    if first is None or second is None:
        # Where only one can be there, it is what there is.
        return perhaps(there, next((x for x in (first, second) if x is not None), a))
    if isinstance(first, TensorSequence) and isinstance(second, TensorSequence):
        if len(first.items) != len(second.items):
            node.unsupported("branches that give sequences of one length")
        pairs = zip(first.items, second.items, strict=True)
        items = [one_of(node, node.inner(f"item_{i}"), flag, *p) for i, p in enumerate(pairs)]
        return perhaps(there, TensorSequence(tuple(items)))
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return perhaps(there, one_of(node, name, flag, first, second))
    if isinstance(first, Text) and isinstance(second, Text):
        return perhaps(there, Text(one_of(node, name, flag, first.codes, second.codes)))
    node.unsupported("branches that give values of one kind: tensors, or sequences of them")


def one_of(node: NodeContext, name: str, flag: Expr, a: Tensor, b: Tensor) -> Tensor:
    """Return `a` where `flag` holds, else `b`; both are computed, their shapes may differ."""
    if a is b:
        return a
    if a.rank != b.rank or a.type != b.type or a.encoding != b.encoding:
        node.unsupported("branches whose results have one type and one number of axes")
    shape = [choose(flag, m, n) for m, n in zip(a.shape, b.shape, strict=True)]

    def cell_of(x: Tensor, coords: Sequence[Any]) -> Expr:
        # Both are read, so each stays inside its own cells.
        moved = [not same(own, size) for own, size in zip(x.shape, shape, strict=True)]
        held = [
            Min(as_expr(c), minus(own, 1)) if out else c
            for c, own, out in zip(coords, x.shape, moved, strict=True)
        ]
        found = x.at(*held)
        return unless_empty(found, *(own for own, out in zip(x.shape, moved, strict=True) if out))

    def cell(*coords: Any) -> Expr:
        return Select(flag, cell_of(a, coords), cell_of(b, coords))

    made = views.view(name, shape, cell, a, b, what="if")
    made.encoding = a.encoding
    return made
