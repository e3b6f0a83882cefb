"""Applying an operator to a node, halo's own or a plugin's, and looking at what comes back."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from halo.errors import InternalError
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.errors import ModelError, PluginError, Unsupported
from onnx_frontend.moved_strings import move_strings
from onnx_frontend.plugins import Origin, raised_in
from onnx_frontend.registry import Operator, origin_of_operator, reads_codes, takes_values
from onnx_frontend.values import (
    Absent,
    OpenSequence,
    Perhaps,
    TensorSequence,
    Text,
    Value,
    tensors_of,
)


def apply_operator(
    translate: Operator,
    context: NodeContext,
    operands: Sequence[Value | None],
    given: Sequence[Tensor],
) -> tuple[Value, ...]:
    """Return what `translate` makes of a node.

    Parameters
    ----------
    operands
        What the node's inputs stand for, None for one left out.
    given
        The tensors that `operands` consist of.

    Raises
    ------
    Unsupported
        The operator does not do what the node asks for.
    ModelError
        The node has no meaning.
    PluginError
        The operator is one of a plugin, and raised an error or returned something else.
    """
    try:
        inspect.signature(translate).bind(context, *operands)
    except TypeError:
        context.fail(f"{len(operands)} inputs do not fit the operator")
    if not takes_values(translate):
        if any(isinstance(x, Text) for x in operands):
            return move_strings(translate, context, operands)
        for x in operands:
            if x is not None and not isinstance(x, Tensor):
                context.fail("one of its operands is not a tensor")
    origin = origin_of_operator(translate)
    if origin is None:
        made = translate(context, *operands)
        results = made if isinstance(made, tuple) else (made,)
    else:
        results = _foreign_results(translate, origin, context, operands)
    encoded = next((x.encoding for x in given if x.encoding), None)
    if encoded and not reads_codes(translate):
        tensors = [t for value in results for t in tensors_of(value)]
        if not all(_only_moves(t) or t in given for t in tensors):
            context.unsupported(f"elements of type {encoded}")
    return results


def _foreign_results(
    translate: Operator,
    origin: Origin,
    context: NodeContext,
    operands: Sequence[Value | None],
) -> tuple[Value, ...]:
    """Return what an operator of a plugin makes, having looked whether it is what it should be."""
    node = context.node
    try:
        made = translate(context, *operands)
    except (ModelError, Unsupported, InternalError):
        raise
    except Exception as error:
        raise raised_in(origin, str(node), error) from error
    results = made if isinstance(made, tuple) else (made,)
    wanted = len(node.outputs)
    if len(results) < wanted:
        raise PluginError(
            f"{node}: {origin} returned {_count(results)}, the node has {wanted}",
            where=origin.where,
            hint="an operator returns its output, or a tuple of all",
        )
    for number, value in enumerate(results):
        if not isinstance(value, (Tensor, TensorSequence, OpenSequence, Absent, Perhaps, Text)):
            kind = "None" if value is None else f"a {type(value).__name__}"
            raise PluginError(
                f"{node}: {origin} returned {kind} for output {number}",
                where=origin.where,
                hint="an output is a Tensor: node.elementwise(...), node.tensor(...) and "
                "node.extern(...) make one",
            )
    tensors = {t for value in results for t in tensors_of(value)}
    if len({t.name for t in tensors}) < len(tensors):
        raise PluginError(
            f"{node}: {origin} returned several tensors of one name",
            where=origin.where,
            hint="number=1 names the second output, where a tensor is made, and so on",
        )
    return results


def _count(results: Sequence[object]) -> str:
    return "1 output" if len(results) == 1 else f"{len(results)} outputs"


def _only_moves(result: Tensor) -> bool:
    """Whether the cells of `result` are codes that were moved, or no cells of its inputs at all."""
    if result.kind in (OpKind.CONTENT, OpKind.CONSTANT):
        return True
    same = {x.encoding for x in result.op.inputs[:1]} == {result.encoding}
    return result.kind in (OpKind.VIEW, OpKind.GATHER) and same
