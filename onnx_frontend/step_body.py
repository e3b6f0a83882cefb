"""The body of a loop, translated once, for any step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from halo.ir.expr import Expr
from halo.ir.types import Int
from halo.ops.index import known, surely
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.errors import Unsupported
from onnx_frontend.general_loop import stand_in, translate_general_loop
from onnx_frontend.running_loop import translate_running_loop
from onnx_frontend.values import Value

Results = Callable[[Tensor, Sequence[Value]], "list[Value] | None"]
"""Translates a body for the number of the step and the state before it."""


def translate_once(
    node: NodeContext,
    count: Expr,
    state: Sequence[Value],
    results_of: Results,
    *,
    bounded: bool = True,
    may_end: bool = False,
) -> list[Value] | None:
    """Return the last state, and what is gathered, along a new first axis each.

    Parameters
    ----------
    count
        How often the body runs, or at most.
    state
        That before the first step.
    results_of
        Gives the new state, then what is gathered; with `may_end` whether the next step runs in
        front of these. None if the body cannot be translated.
    bounded
        Whether the model gives `count`.

    Raises
    ------
    Unsupported
        The state is no tensors, or the body is one that no loop can run.
    """
    tensors = [x for x in state if isinstance(x, Tensor)]
    step = stand_in(node.inner("step"), Tensor("", Int(64), (), OpInfo(OpKind.VIEW)))
    now = [stand_in(node.inner(f"state_{i}"), x) for i, x in enumerate(tensors)]
    sizes = len(node.run_time.made)
    results = results_of(step, now) if len(tensors) == len(state) else []
    if results is None:
        return None
    made = [x for x in results if isinstance(x, Tensor)]
    if len(tensors) < len(state) or len(made) < len(results):
        node.unsupported("a number of iterations that is known before the model runs")
    goes_on = made.pop(0) if may_end else None
    following, pieces = made[: len(now)], made[len(now) :]
    new_sizes = node.run_time.made[sizes:]
    always = goes_on is None or _is_true(goes_on)
    if always and bounded and not new_sizes:
        try:
            return list(
                translate_running_loop(node, count, tensors, (step, now), (following, pieces))
            )
        except Unsupported:
            pass
    found = (None if always else goes_on, following, pieces)
    return list(
        translate_general_loop(node, count, tensors, (step, now), found, new_sizes, bounded=bounded)
    )


def runs_at_all(count: Expr) -> Expr | None:
    """Return when a body counts that runs `count` times; None if it always does."""
    some = count > 0
    return None if surely(some) else some


def _is_true(condition: Tensor) -> bool:
    """Whether a condition is known to hold."""
    if condition.constant is not None:
        return bool(condition.constant.reshape(-1)[0])
    return condition.content is not None and known(condition.content[0]) == 1
