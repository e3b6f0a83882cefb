"""Scan: a body that runs for each place along an axis of some operands.

Short ones of a known length have their body translated for each place, others once, for any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx

from halo.ir.expr import Expr
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.lang.operators import clamp
from halo.ops import views
from halo.ops.build import computed
from halo.ops.index import known, minus
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.control_flow import (
    STEPS_LIMIT,
    Body,
    body_of,
    check_body,
    gather_pieces,
    place_of,
    stacked,
)
from onnx_frontend.step_body import Attempt, runs_at_all, translate_once
from onnx_frontend.values import Value


def translate_scan(
    node: NodeContext, operands: Sequence[Tensor], run: Body, attempt: Attempt
) -> list[Value] | None:
    """Return the last state and what is gathered."""
    body = body_of(node, "body")
    count = node.integer("num_scan_inputs")
    if not 1 <= count <= len(operands):
        node.fail(f"num_scan_inputs is {count}, it has {len(operands)} operands")
    split = len(operands) - count
    check_body(node, body, len(operands), max(split, len(node.node.outputs)))
    if node.opset < 9:
        return _batched_scan(node, body, operands, count, run, attempt)
    axes = node.integers("scan_input_axes", [0] * count)
    backward = node.integers("scan_input_directions", [0] * count)
    return _scan(node, body, operands[:split], operands[split:], axes, backward, run, attempt)


def _scan(
    node: NodeContext,
    body: onnx.GraphProto,
    state: Sequence[Tensor],
    inputs: Sequence[Tensor],
    axes: Sequence[int],
    backward: Sequence[int],
    run: Body,
    attempt: Attempt,
) -> list[Value] | None:
    if not len(axes) == len(backward) == len(inputs):
        node.fail(f"it runs along {len(inputs)} operands, its axes or directions are others")
    places = [views.normal_axis(a, x.rank) for a, x in zip(axes, inputs, strict=True)]
    lengths = [x.shape[a] for x, a in zip(inputs, places, strict=True)]
    differing = unequal(node, ((lengths[0], other) for other in lengths[1:]))
    gathered = len(body.output) - len(state)
    outputs = node.integers("scan_output_axes", [0] * gathered)
    turned = node.integers("scan_output_directions", [0] * gathered)
    if not len(outputs) == len(turned) == gathered:
        node.fail(f"it gathers {gathered} outputs, their axes or directions are others")
    length = known(lengths[0])
    if length and length * len(body.node) <= STEPS_LIMIT and not differing:
        steps = _unrolled(node, body, state, (inputs, places, backward), length, run)
        if steps is None:
            return None
        values, pieces = steps
        pieces = [g[::-1] if back else g for g, back in zip(pieces, turned, strict=True)]
        return values + stacked(node, pieces, len(state), outputs)

    def results(step: Tensor, now: Sequence[Value]) -> list[Value] | None:
        cells = [
            _place_at(node.inner(f"in_{i}"), x, a, step, bool(back))
            for i, (x, a, back) in enumerate(zip(inputs, places, backward, strict=True))
        ]
        return run(body, [*now, *cells], runs_at_all(lengths[0]))

    found = translate_once(node, lengths[0], state, results, attempt)
    if found is None:
        return None
    wholes = [x for x in found[len(state) :] if isinstance(x, Tensor)]
    moved = [_turned(node, x, *how) for x, *how in zip(wholes, outputs, turned, strict=True)]
    made = [*found[: len(state)], *moved]
    return [_requiring(node, x, differing if i == 0 else ()) for i, x in enumerate(made)]


def _requiring(node: NodeContext, x: Value, pairs: tuple[tuple[Expr, Expr], ...]) -> Value:
    """Return `x`, for which `pairs` of sizes must be equal."""
    if not pairs or not isinstance(x, Tensor):
        return x
    made = views.view(node.inner("checked"), x.shape, x.at, x, what="identity", requires=pairs)
    made.encoding = x.encoding
    return made


def _unrolled(
    node: NodeContext,
    body: onnx.GraphProto,
    state: Sequence[Tensor],
    along: tuple[Sequence[Tensor], Sequence[int], Sequence[int]],
    length: int,
    run: Body,
) -> tuple[list[Value], list[list[Tensor]]] | None:
    """Translate the body for each place; return the last state, and the pieces of each output."""
    gathered: list[list[Tensor]] = [[] for _ in body.output[len(state) :]]
    values: list[Value] = list(state)
    for step in range(length):
        cells = [
            place_of(node.inner(f"in_{step}"), x, a, length - 1 - step if back else step)
            for x, a, back in zip(*along, strict=True)
        ]
        results = run(body, [*values, *cells], None)
        if results is None:
            return None
        values = results[: len(state)]
        gather_pieces(node, gathered, results[len(state) :])
    return values, gathered


def _place_at(name: str, x: Tensor, axis: int, step: Tensor, backward: bool) -> Tensor:
    """Return the cells of `x` at place `step` of `axis`, counted from its end if `backward`.

    No step reads an axis without cells.
    """
    last = minus(x.shape[axis], 1)

    def cell(*coords: Any) -> Expr:
        place = clamp(cast_to(Int(32), step.at()), 0, last)
        place = last - place if backward else place
        return x.at(*coords[:axis], as_expr(place), *coords[axis:])

    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    made = computed(name, x.type, shape, cell, OpInfo(OpKind.GATHER, (x, step)))
    made.encoding = x.encoding
    return made


def _turned(node: NodeContext, x: Tensor, axis: int, backward: int) -> Tensor:
    """Return what was gathered along the first axis along another one, or from its end."""
    if backward:
        last = minus(x.shape[0], 1)
        encoding = x.encoding
        x = views.slice_axis(node.inner("turned"), x, 0, last, x.shape[0], -1)
        x.encoding = encoding
    place = views.normal_axis(axis, x.rank)
    if not place:
        return x
    made = views.transpose(
        node.inner("moved"), x, [*range(1, place + 1), 0, *range(place + 1, x.rank)]
    )
    made.encoding = x.encoding
    return made


def _batched_scan(
    node: NodeContext,
    body: onnx.GraphProto,
    rest: Sequence[Tensor],
    count: int,
    run: Body,
    attempt: Attempt,
) -> list[Value] | None:
    """Before version 9: each sample of a batch by itself."""
    split = len(rest) - count
    backward = node.integers("directions", [0] * count)
    differing = unequal(node, ((rest[0].shape[0], x.shape[0]) for x in rest[1:]))

    def results(sample: Tensor, _: Sequence[Value]) -> list[Value] | None:
        own = [
            _place_at(node.inner(f"sample_{i}"), x, 0, sample, False) for i, x in enumerate(rest)
        ]
        inner = node.standing_for(node.node, node.opset)
        return _scan(inner, body, own[:split], own[split:], [0] * count, backward, run, attempt)

    found = translate_once(node, rest[0].shape[0], (), results, attempt)
    return found and [_requiring(node, found[0], differing), *found[1:]]
