"""If and Loop: their bodies are translated in place, once for each time they run.

A loop of many steps, or of which only data tell how many, has its body translated once, for any
step. Where only data tell which branch of an If is taken, both are translated, each as a `Branch`,
and each cell of the result is taken from one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import onnx

from halo.ir.expr import Expr
from halo.ir.operators import eq
from halo.ops import views
from halo.ops.build import constant
from halo.ops.index import choose, greatest, index, known, least, surely
from halo.ops.tensor import LARGEST, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.either import either
from onnx_frontend.errors import FailsAlways, Unsupported
from onnx_frontend.open_questions import as_equality
from onnx_frontend.packed_state import NO_STRINGS, translate_state
from onnx_frontend.step_body import Attempt, runs_at_all
from onnx_frontend.values import Absent, Text, Value, content_of

Body = Callable[[onnx.GraphProto, Sequence[Value], Expr | None], list[Value] | None]
"""Translates a body for its inputs; the Expr says when it runs, if only data tell. None: it has
nodes that cannot be translated, which were noted."""

STEPS_LIMIT = 4096
"""Nodes that a loop may become."""


Choose = Callable[[NodeContext, Expr, str], bool]
"""Whether the condition of an If, an Expr, is taken to hold; the text says what would help."""


def translate_if(
    node: NodeContext, condition: Tensor, run: Body, choose_one: Choose
) -> list[Value] | None:
    """One of two bodies."""
    _check_condition(node, condition)
    branches = body_of(node, "else_branch"), body_of(node, "then_branch")
    for body in branches:
        check_body(node, body, 0, len(node.node.outputs))
    if condition.constant is not None or node.known_constants(condition) is not None:
        return run(branches[_truth(node, condition)], (), None)
    flag = node.scalar(condition, "a condition")
    yes = eq(flag, 1)
    no, never = _branch(run, branches[0], eq(flag, 0))
    then, always = _branch(run, branches[1], yes)
    failure = always or never
    if failure is not None:
        if always and never:
            raise failure
        # A branch that must fail is not taken, or the run fails.
        node.require(*as_equality(flag, always is None), failure.message)
        return no if always else then
    if no is None or then is None:
        return None
    for a, b in zip(map(content_of, then), map(content_of, no), strict=False):
        if isinstance(a, Tensor) and isinstance(b, Tensor) and a.rank != b.rank:
            needed = (
                "branches whose results have one type and one number of axes, or a condition that "
                "the sizes of inputs given in shapes decide"
            )
            return then if choose_one(node, flag, needed) else no
    pairs = zip(then, no, strict=False)
    return [either(node, node.output(i), yes, a, b) for i, (a, b) in enumerate(pairs)]


def _branch(
    run: Body, body: onnx.GraphProto, guard: Expr
) -> tuple[list[Value] | None, FailsAlways | None]:
    """Return what a branch gives, or why it fails wherever it is taken."""
    try:
        return run(body, (), guard), None
    except FailsAlways as error:
        return None, error


def body_of(node: NodeContext, name: str) -> onnx.GraphProto:
    body = node.node.attributes.get(name)
    if not isinstance(body, onnx.GraphProto):
        node.fail(f"attribute '{name}' is no graph")
    return body


def check_body(node: NodeContext, body: onnx.GraphProto, inputs: int, outputs: int) -> None:
    """Check that a body has so many inputs and, at least, outputs."""
    weights = {t.name for t in body.initializer}
    own = sum(1 for v in body.input if v.name not in weights)
    if own != inputs or len(body.output) < outputs:
        node.fail(
            f"its body has {own} inputs and {len(body.output)} outputs, it needs {inputs} and "
            f"{outputs}"
        )


def translate_loop(
    node: NodeContext,
    trips: Tensor | None,
    condition: Tensor | None,
    state: Sequence[Value],
    run: Body,
    attempt: Attempt,
) -> list[Value] | None:
    """A body that runs as long as a condition holds, and so often at most."""
    body = body_of(node, "body")
    check_body(node, body, 2 + len(state), 1 + len(state))
    if condition is not None:
        _check_condition(node, condition)
    count = None if trips is None else greatest(node.scalar(trips, "a number"), 0)
    steps = None if count is None else known(count)
    short = steps is not None and steps * len(body.node) <= STEPS_LIMIT
    if count is None or short or (steps is not None and _may_end(body)):
        with suppress(Unsupported):
            return attempt(lambda: _unrolled(node, body, steps, condition, state, run))
    return _running(node, body, count, condition, state, run, attempt)


def _unrolled(
    node: NodeContext,
    body: onnx.GraphProto,
    count: int | None,
    condition: Tensor | None,
    state: Sequence[Value],
    run: Body,
) -> list[Value] | None:
    """Translate the body once for each step."""
    going = True if condition is None else _truth(node, condition)
    gathered: list[list[Tensor]] = [[] for _ in body.output[1 + len(state) :]]
    values = list(state)
    step = 0
    while going and (count is None or step < count):
        if (step + 1) * len(body.node) > STEPS_LIMIT:
            node.unsupported(f"a loop that comes to {STEPS_LIMIT} nodes at most")
        number = constant(node.inner(f"step_{step}"), np.array(step, np.int64))
        running = constant(node.inner(f"going_{step}"), np.array(True))
        results = run(body, [number, running, *values], None)
        if results is None:
            return None
        goes_on, *rest = results
        _check_condition(node, goes_on)
        values, pieces = rest[: len(state)], rest[len(state) :]
        gather_pieces(node, gathered, pieces)
        going = _truth(node, goes_on)
        step += 1
    return values + stacked(node, gathered, len(state), [0] * len(gathered))


def _running(
    node: NodeContext,
    body: onnx.GraphProto,
    count: Expr | None,
    condition: Tensor | None,
    state: Sequence[Value],
    run: Body,
    attempt: Attempt,
) -> list[Value] | None:
    """Translate the body once, for any step; it runs `count` times, or as long as it says."""
    most = index(LARGEST) if count is None else count
    if condition is not None:
        # One that is not known stops all of it before it begins, or nothing.
        most = choose(eq(node.scalar(condition, "a condition"), 1), most, index(0))

    def results(step: Tensor, now: Sequence[Value]) -> list[Value] | None:
        running = constant(node.inner("going"), np.array(True))
        made = run(body, [step, running, *now], runs_at_all(most))
        if made is not None:
            _check_condition(node, made[0])
        return made

    bounded = count is not None
    try:
        return translate_state(node, most, state, results, attempt, bounded=bounded)
    except FailsAlways as failure:
        if surely(most > 0) or any(node.node.outputs[len(state) :]):
            raise
        # A step must fail, so there is none, or the run fails.
        node.require(least(most, 1), index(0), failure.message)
        return list(state)


def _may_end(body: onnx.GraphProto) -> bool:
    """Whether the condition is computed, not only handed on."""
    name = body.output[0].name
    return any(name in n.output and n.op_type not in ("Identity", "Constant") for n in body.node)


def _check_condition(node: NodeContext, condition: Value) -> None:
    """Check that a condition is one bool."""
    if not isinstance(condition, Tensor):
        node.fail("its condition is no tensor")
    if not condition.type.is_bool():
        node.fail(f"its condition has elements of type {condition.type}, not bool")
    sizes = [known(d) for d in condition.shape]
    if sizes != [1] * len(sizes):
        text = ", ".join(str(d) for d in condition.shape)
        node.fail(f"its condition has the shape [{text}], it must be one element")


def _truth(node: NodeContext, condition: Value) -> bool:
    assert isinstance(condition, Tensor)
    if condition.constant is not None:
        return bool(condition.constant.reshape(-1)[0])
    found = node.known_constants(condition)
    if found is None:
        node.unsupported("a condition that is known before the model runs")
    return bool(found[0])


def place_of(name: str, x: Tensor, axis: int, place: int) -> Tensor:
    """Return the cells of `x` at `place` of `axis`, which goes."""

    def cell(*coords: Any) -> Expr:
        return x.at(*coords[:axis], index(place), *coords[axis:])

    shape = [*x.shape[:axis], *x.shape[axis + 1 :]]
    made = views.view(name, shape, cell, x, what="slice")
    made.encoding = x.encoding
    return made


def gather_pieces(node: NodeContext, gathered: list[list[Tensor]], pieces: Sequence[Value]) -> None:
    for column, piece in zip(gathered, pieces, strict=True):
        if isinstance(piece, Text):
            node.unsupported(NO_STRINGS)
        if not isinstance(piece, Tensor):
            node.fail("its body gives a sequence where a tensor is gathered")
        column.append(piece)


def stacked(
    node: NodeContext, gathered: Sequence[Sequence[Tensor]], first: int, axes: Sequence[int]
) -> list[Value]:
    """Return what is gathered of each output, along a new axis."""
    made: list[Value] = []
    for i, (pieces, axis) in enumerate(zip(gathered, axes, strict=True)):
        if not pieces:
            if node.node.outputs[first + i]:
                node.unsupported("at least one iteration: nothing is known of what is gathered")
            made.append(Absent())
            continue
        made.append(stack(node.output(first + i), node.inner, pieces, axis))
    return made


def stack(name: str, inner: Callable[[str], str], pieces: Sequence[Tensor], axis: int) -> Tensor:
    """Return `pieces` one beside the other along a new axis at `axis` of the result."""
    place = views.normal_axis(axis, pieces[0].rank + 1)
    parts = [views.unsqueeze(inner(f"piece_{i}"), x, [place]) for i, x in enumerate(pieces)]
    return parts[0] if len(parts) == 1 else views.concat(name, parts, place)
