"""States of a loop that are no tensors become some, so that its body is translated once.

A sequence is its tensors, or, where its length changes, the two of an `OpenSequence`. An optional
value is a bool, whether it is there, and what it is then, zeros where it is not there. What it
would be need not be known before the first step: where the body gives what a state so far has no
room for, it gets room, and all begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from halo.ir.expr import Expr, const
from halo.ops.build import constant
from halo.ops.index import index, known
from halo.ops.tensor import Tensor
from halo.ops.views import filled, view
from onnx_frontend.context import NodeContext
from onnx_frontend.either import SEQUENCES
from onnx_frontend.errors import Unsupported
from onnx_frontend.input_sequences import DATA, SHAPES, THERE, part_name
from onnx_frontend.open_sequences import opened, pack, unpack
from onnx_frontend.state_room import room_for
from onnx_frontend.step_body import Attempt, Results, translate_once
from onnx_frontend.values import (
    Absent,
    OpenSequence,
    Perhaps,
    TensorSequence,
    Text,
    Value,
    content_of,
    tensors_of,
)

NO_STRINGS = "what is gathered to be no strings: in each step they may be longer"


class _NoRoom(Unsupported):
    """A body gives what a state so far has no room for; `state` is like one that has."""

    def __init__(self, state: Sequence[Value]) -> None:
        super().__init__("a state that is of one kind in each step")
        self.state = tuple(state)


def translate_state(
    node: NodeContext,
    count: Expr,
    state: Sequence[Value],
    results_of: Results,
    attempt: Attempt,
    *,
    bounded: bool,
) -> list[Value] | None:
    """Return the last state, and what is gathered; see `translate_once`.

    Raises
    ------
    Unsupported
        The body is one that no loop can run.
    """
    like = tuple(state)
    while True:
        try:
            return attempt(partial(_once, node, count, state, like, results_of, attempt, bounded))
        except _NoRoom as error:
            like = error.state


def _once(
    node: NodeContext,
    count: Expr,
    state: Sequence[Value],
    like: Sequence[Value],
    results_of: Results,
    attempt: Attempt,
    bounded: bool,
) -> list[Value] | None:
    """Translate the body for states like those of `like`."""
    own, others = node.node.outputs[: len(state)], node.node.outputs[len(state) :]
    names = [n for name, x in zip(own, like, strict=True) for n in _names(name, x)]
    packed_node = node.standing_for(replace(node.node, outputs=(*names, *others)), node.opset)
    sizes = len(node.run_time.made)

    def packed_results(step: Tensor, now: Sequence[Value]) -> list[Value] | None:
        parts = iter([x for x in now if isinstance(x, Tensor)])
        results = results_of(step, [_unpacked(node, x, parts) for x in like])
        if results is None:
            return None
        goes_on, *rest = results
        following, pieces = rest[: len(like)], rest[len(like) :]
        inside = {size.name for size in node.run_time.made[sizes:]}
        wider = [room_for(node, x, y, inside) for x, y in zip(like, following, strict=True)]
        if any(a is not b for a, b in zip(wider, like, strict=True)):
            raise _NoRoom(wider)
        if any(isinstance(x, Text) for x in pieces):
            node.unsupported(NO_STRINGS)
        if not all(isinstance(x, Tensor) for x in pieces):
            node.fail("its body gives no tensor where a tensor is gathered")
        packed = [t for x, y in zip(following, like, strict=True) for t in _packed(node, x, y)]
        return [goes_on, *packed, *pieces]

    initial = [t for x, y in zip(state, like, strict=True) for t in _packed(node, x, y)]
    found = translate_once(
        packed_node, count, initial, packed_results, attempt, bounded=bounded, may_end=True
    )
    if found is None:
        return None
    parts = iter([x for x in found if isinstance(x, Tensor)])
    return [*(_unpacked(node, x, parts) for x in like), *parts]


def _names(name: str, like: Value) -> list[str]:
    """Return the names of the tensors that an output like `like` consists of."""
    content = content_of(like)
    if isinstance(content, TensorSequence):
        own = [part_name(name, i) for i in range(len(content.items))]
    elif isinstance(content, OpenSequence):
        own = [part_name(name, DATA), part_name(name, SHAPES)]
    else:
        own = [name] if content is not None else []
    if isinstance(like, Perhaps):
        own.append(part_name(name, THERE))
    return own if name else [""] * len(own)


def _packed(node: NodeContext, value: Value, like: Value) -> list[Tensor]:
    """Return the tensors that `value` is as a state like `like`."""
    match like:
        case Absent():
            return []
        case Tensor() if isinstance(value, Tensor):
            return [value]
        case Text() if isinstance(value, Text):
            return [value.codes]
        case TensorSequence(items=items) if isinstance(value, TensorSequence):
            assert len(value.items) == len(items)
            return list(value.items)
        case OpenSequence() if isinstance(value, SEQUENCES):
            return list(pack(opened(node, value, like)))
        case Perhaps(content=content):
            own = content_of(value)
            tensors = _packed(node, _nothing(node, content) if own is None else own, content)
            if isinstance(value, Perhaps):
                return [*tensors, value.there]
            return [*tensors, constant(node.inner("there"), np.array(own is not None))]
        case _:
            node.unsupported("a state of tensors that is of one kind in each step")


def _unpacked(node: NodeContext, like: Value, parts: Iterator[Tensor]) -> Value:
    """Return what the next of `parts` are as a state like `like`."""
    match like:
        case Tensor():
            return next(parts)
        case Text():
            return Text(next(parts))
        case TensorSequence(items=items):
            return TensorSequence(tuple(next(parts) for _ in items))
        case OpenSequence(sizes=sizes, rank=rank):
            data, shapes = next(parts), next(parts)
            if known(shapes.shape[1]) is None:
                # Where a body changes sizes every one may be taken for changing, and this is none.
                shape = (shapes.shape[0], index(rank))
                shapes = view(node.inner("shapes"), shape, shapes.at, shapes, what="identity")
            return unpack((data, shapes), sizes)
        case Perhaps(content=content):
            own = content_of(_unpacked(node, content, parts))
            assert own is not None
            return Perhaps(next(parts), own)
        case _:
            return like


def _nothing(node: NodeContext, like: Value) -> Value:
    """Return what stands for a value like `like` where there is none: zeros, an empty sequence."""

    def zeros(x: Tensor) -> Tensor:
        made = filled(node.inner("nothing"), x.shape, const(x.type, 0))
        made.encoding = x.encoding
        return made

    if isinstance(like, OpenSequence):
        return TensorSequence(())
    return _unpacked(node, like, map(zeros, tensors_of(like)))
