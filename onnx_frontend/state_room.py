"""Kinds of values that the state of a loop may take from step to step."""

from __future__ import annotations

from collections.abc import Iterable

from halo.ir.expr import Expr
from halo.ir.types import Bool, Int, Type
from halo.ops.index import ZERO, index
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.either import SEQUENCES
from onnx_frontend.extents import symbols_of
from onnx_frontend.open_sequences import ONE_KIND, alike, common_sizes, unpack
from onnx_frontend.values import (
    Absent,
    Content,
    OpenSequence,
    Perhaps,
    TensorSequence,
    Text,
    Value,
    content_of,
)


def room_for(node: NodeContext, like: Value, given: Value, inside: set[str]) -> Value:
    """Return a value that `like` and `given` are kinds of; `like` itself if it has room for both.

    Parameters
    ----------
    like
        Of it only kinds, types and shapes count, and so of what is returned.
    inside
        The sizes that are not known outside of the loop; 0 stands for them at first.

    Raises
    ------
    Unsupported
        Sequences differ in length, and their tensors in type or number of axes.
    """
    own, other = content_of(like), content_of(given)
    if own is None:
        content = None if other is None else _outside(other, inside)
    else:
        content = own if other is None else _both(node, own, other, inside)
    if content is None or (content is own and isinstance(like, Perhaps)):
        return like
    if not any(isinstance(x, (Absent, Perhaps)) for x in (like, given)):
        return content
    return Perhaps(_example(Bool(), ()), content)


def _both(node: NodeContext, a: Content, b: Content, inside: set[str]) -> Content:
    """Return a kind of sequence that `a` and `b` are; what are no sequences have to be alike."""
    if not isinstance(a, SEQUENCES) or not isinstance(b, SEQUENCES):
        return a
    many = [len(x.items) for x in (a, b) if isinstance(x, TensorSequence)]
    if len(many) == 2 and many[0] == many[1]:
        return a
    found = [*_elements(a), *_elements(b)]
    first = found[0][0]
    if not all(alike(first, x) for x, _ in found):
        node.unsupported(ONE_KIND)
    sizes = common_sizes(*([_known(n, inside) for n in own] for _, own in found))
    if isinstance(a, OpenSequence) and list(map(id, sizes)) == list(map(id, a.sizes)):
        return a
    data = _example(first.type, (ZERO,), first.encoding)
    return unpack((data, _example(Int(64), (ZERO, index(first.rank)))), sizes)


def _elements(x: TensorSequence | OpenSequence) -> Iterable[tuple[Tensor, tuple[Expr | None, ...]]]:
    """Yield tensors like those of `x`, and the sizes that these are known to have."""
    if isinstance(x, TensorSequence):
        return [(t, t.shape) for t in x.items]
    element = _example(x.data.type, (ZERO,) * x.rank, x.data.encoding)
    return [(element, x.sizes)]


def _outside(x: Content, inside: set[str]) -> Content:
    """Return what is like `x`, but does not name sizes of the loop."""

    def example_of(t: Tensor) -> Tensor:
        shape = (n if _known(n, inside) is not None else ZERO for n in t.shape)
        return _example(t.type, tuple(shape), t.encoding)

    match x:
        case Tensor():
            return example_of(x)
        case Text(codes=codes):
            return Text(example_of(codes))
        case TensorSequence(items=items):
            return TensorSequence(tuple(map(example_of, items)))
        case OpenSequence(data=data, shapes=shapes, sizes=sizes):
            known = tuple(_known(n, inside) for n in sizes)
            return unpack((example_of(data), example_of(shapes)), known)
        case _:
            return x


def _example(type: Type, shape: tuple[Expr, ...], encoding: str | None = None) -> Tensor:
    return Tensor("", type, shape, OpInfo(OpKind.VIEW), encoding=encoding)


def _known(size: Expr | None, inside: set[str]) -> Expr | None:
    """Return `size` unless it is one of the loop."""
    return size if size is not None and inside.isdisjoint(symbols_of(size)) else None
