"""States of a loop that are no tensors become some, so that its body is translated once.

A sequence that keeps its length is its tensors, another the two of an `OpenSequence`. An optional
value is a bool, whether it is there, and what it is then, which is zeros where it is not there.
What it would be need not be known before the first step: where the body gives what a state so far
has no room for, it gets room, and all begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from halo.ir.expr import Expr, Variable, const
from halo.ir.substitute import walk
from halo.ir.types import Bool, Int
from halo.ops.build import constant
from halo.ops.index import index
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import filled
from onnx_frontend.context import NodeContext
from onnx_frontend.errors import Unsupported
from onnx_frontend.input_sequences import DATA, SHAPES, THERE, part_name
from onnx_frontend.open_sequences import opened, pack, unpack
from onnx_frontend.step_body import Attempt, Results, translate_once
from onnx_frontend.values import (
    Absent,
    OpenSequence,
    Perhaps,
    TensorSequence,
    Value,
    content_of,
    tensors_of,
)


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
        results = results_of(step, [_unpacked(x, parts) for x in like])
        if results is None:
            return None
        goes_on, *rest = results
        following, pieces = rest[: len(like)], rest[len(like) :]
        wider = [_room_for(x, y) for x, y in zip(like, following, strict=True)]
        if any(a is not b for a, b in zip(wider, like, strict=True)):
            inside = {size.name for size in node.run_time.made[sizes:]}
            for x in wider:
                _check_sizes(node, x, inside)
            raise _NoRoom(wider)
        if not all(isinstance(x, Tensor) for x in (goes_on, *pieces)):
            node.fail("its body gives no tensor where a tensor is gathered, or no condition")
        packed = [t for x, y in zip(following, like, strict=True) for t in _packed(node, x, y)]
        return [goes_on, *packed, *pieces]

    initial = [t for x, y in zip(state, like, strict=True) for t in _packed(node, x, y)]
    found = translate_once(
        packed_node, count, initial, packed_results, attempt, bounded=bounded, may_end=True
    )
    if found is None:
        return None
    parts = iter([x for x in found if isinstance(x, Tensor)])
    return [*(_unpacked(x, parts) for x in like), *parts]


def _room_for(like: Value, given: Value) -> Value:
    """Return a value like `like`, that may be absent if it or `given` may; itself if it has room.

    Of what it returns only kinds, types and shapes count.
    """
    if isinstance(like, TensorSequence) and _is_another(like, given):
        return _open_like(like, given)
    if isinstance(like, Perhaps) and isinstance(like.content, TensorSequence):
        own = content_of(given)
        if own is not None and _is_another(like.content, own):
            return Perhaps(like.there, _open_like(like.content, own))
    content = content_of(given) if isinstance(like, Absent) else content_of(like)
    if isinstance(content, OpenSequence):
        content = _open_like(content)
    optional = any(isinstance(x, (Absent, Perhaps)) for x in (like, given))
    if content is None or not optional or isinstance(like, Perhaps):
        return like
    return Perhaps(Tensor("", Bool(), (), OpInfo(OpKind.VIEW)), content)


def _is_another(like: TensorSequence, given: Value) -> bool:
    """Whether `given` is a sequence whose length is another one, or told by a run."""
    if isinstance(given, TensorSequence):
        return len(given.items) != len(like.items)
    return isinstance(given, OpenSequence)


def _open_like(*values: Value) -> OpenSequence:
    """Return a sequence like the ones that `values` are, of which a run tells the length."""
    several = next((x for x in values if isinstance(x, OpenSequence)), None)
    if several is not None:
        cells, rank = several.data, several.rank
    else:
        cells = next(t for x in values for t in tensors_of(x))
        rank = cells.rank
    vector = OpInfo(OpKind.VIEW)
    data = Tensor("", cells.type, (index(0),), vector, encoding=cells.encoding)
    return OpenSequence(data, Tensor("", Int(64), (index(0), index(rank)), vector))


def _check_sizes(node: NodeContext, like: Value, inside: set[str]) -> None:
    """Check that what a state has room for is told before the loop begins."""
    shapes = (e for x in tensors_of(like) for size in x.shape for e in walk(size))
    if any(isinstance(e, Variable) and e.name in inside for e in shapes):
        node.unsupported("sizes of an optional state that its body does not compute from data")


def _names(name: str, like: Value) -> list[str]:
    """Return the names of the tensors that an output like `like` consists of."""
    content = content_of(like)
    if isinstance(content, OpenSequence):
        own = [part_name(name, part) for part in (DATA, SHAPES)]
    elif isinstance(content, TensorSequence):
        own = [part_name(name, i) for i in range(len(content.items))]
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
        case TensorSequence(items=items) if isinstance(value, TensorSequence):
            if len(value.items) != len(items):
                node.unsupported("a state that is a sequence of as many tensors in each step")
            return list(value.items)
        case OpenSequence() if isinstance(value, (TensorSequence, OpenSequence)):
            return [*pack(opened(node, value, like))]
        case Perhaps(content=content):
            own = content_of(value)
            if own is None:
                tensors = [_nothing(node, x) for x in tensors_of(content)]
            else:
                tensors = _packed(node, own, content)
            if isinstance(value, Perhaps):
                return [*tensors, value.there]
            return [*tensors, constant(node.inner("there"), np.array(own is not None))]
        case _:
            node.unsupported("a state of tensors that is of one kind in each step")


def _unpacked(like: Value, parts: Iterator[Tensor]) -> Value:
    """Return what the next of `parts` are as a state like `like`."""
    match like:
        case Tensor():
            return next(parts)
        case TensorSequence(items=items):
            return TensorSequence(tuple(next(parts) for _ in items))
        case OpenSequence():
            return unpack((next(parts), next(parts)))
        case Perhaps(content=content):
            own = content_of(_unpacked(content, parts))
            assert own is not None
            return Perhaps(next(parts), own)
        case _:
            return like


def _nothing(node: NodeContext, x: Tensor) -> Tensor:
    """Return zeros, of the type and shape of `x`."""
    made = filled(node.inner("nothing"), x.shape, const(x.type, 0))
    made.encoding = x.encoding
    return made
