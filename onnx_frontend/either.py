"""One value or another, as a condition says that only data tell: cells of it are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.expr import Expr, Min, Select
from halo.ir.operators import as_expr
from halo.ir.types import Bool
from halo.ops import views
from halo.ops.build import from_content
from halo.ops.empty import unless_empty
from halo.ops.index import ONE, ZERO, choose, known, minus, same
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.open_sequences import ONE_KIND, common_sizes, opened
from onnx_frontend.values import (
    Absent,
    OpenSequence,
    Perhaps,
    TensorSequence,
    Text,
    Value,
    content_of,
)


def is_there(node: NodeContext, value: Value) -> Expr:
    """Return 1 where `value` is there, else 0: int32."""
    match value:
        case Absent():
            return ZERO
        case Perhaps(there=there):
            return node.scalar(there, "whether it is there")
        case _:
            return ONE


def perhaps(node: NodeContext, there: Expr, content: Value) -> Value:
    """Return what is `content` where `there` is 1, an int32, and absent where it is 0."""
    number, found = known(there), content_of(content)
    if number == 0 or found is None:
        return Absent()
    if number is not None:
        return found
    return Perhaps(from_content(node.inner("there"), Bool(), (), (there,)), found)


def either(node: NodeContext, name: str, flag: Expr, a: Value, b: Value) -> Value:
    """Return `a` where `flag` holds, else `b`; there is one where the chosen one is there.

    Raises
    ------
    Unsupported
        They are no values of one kind, type and number of axes.
    """
    there = choose(flag, is_there(node, a), is_there(node, b))
    first, second = content_of(a), content_of(b)
    if first is None or second is None:
        # Where only one can be there, it is what there is.
        return perhaps(node, there, next((x for x in (first, second) if x is not None), a))
    if isinstance(first, SEQUENCES) and isinstance(second, SEQUENCES):
        return perhaps(node, there, _one_sequence(node, flag, first, second))
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return perhaps(node, there, one_of(node, name, flag, first, second))
    if isinstance(first, Text) and isinstance(second, Text):
        return perhaps(node, there, Text(one_of(node, name, flag, first.codes, second.codes)))
    node.unsupported("branches that give values of one kind: tensors, or sequences of them")


SEQUENCES = (TensorSequence, OpenSequence)


def _one_sequence(
    node: NodeContext,
    flag: Expr,
    a: TensorSequence | OpenSequence,
    b: TensorSequence | OpenSequence,
) -> TensorSequence | OpenSequence:
    """Return `a` where `flag` holds, else `b`; if they have one length each tensor is chosen."""
    if isinstance(a, TensorSequence) and isinstance(b, TensorSequence):
        if len(a.items) == len(b.items):
            pairs = zip(a.items, b.items, strict=True)
            items = [one_of(node, node.inner(f"item_{i}"), flag, *p) for i, p in enumerate(pairs)]
            return TensorSequence(tuple(items))
        # One that is empty at first is of what the other has.
        item = (*a.items, *b.items)[0]
        first, second = opened(node, a, item), opened(node, b, item)
    else:
        first = opened(node, a, b if isinstance(b, OpenSequence) else None)
        second = opened(node, b, first)
    if first.rank != second.rank:
        node.unsupported(ONE_KIND)
    data = one_of(node, node.inner("data"), flag, first.data, second.data)
    shapes = one_of(node, node.inner("shapes"), flag, first.shapes, second.shapes)
    return OpenSequence(data, shapes, common_sizes(first.sizes, second.sizes))


def one_of(node: NodeContext, name: str, flag: Expr, a: Tensor, b: Tensor) -> Tensor:
    """Return `a` where `flag` holds, else `b`; their shapes may differ."""
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
