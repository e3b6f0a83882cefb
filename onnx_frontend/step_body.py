"""The body of a loop, translated once, for any step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from halo.ir.expr import Expr
from halo.ir.types import Int
from halo.ops.index import index, known, same, surely
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.errors import ModelError, Unsupported
from onnx_frontend.general_loop import StandIns, stand_in, translate_general_loop
from onnx_frontend.running_loop import translate_running_loop
from onnx_frontend.values import Text, Value

Results = Callable[[Tensor, Sequence[Value]], "list[Value] | None"]
"""Translates a body for the number of the step and the state before it."""


Attempt = Callable[[Callable[[], "list[Value] | None"]], "list[Value] | None"]
"""Does something that may raise an error, and forgets then the sizes it made and required."""


class _Grows(Unsupported):
    """The state changes its size along axes that were taken for ones that keep theirs."""

    def __init__(self, axes: Sequence[frozenset[int]]) -> None:
        super().__init__("a state that keeps its size")
        self.axes = axes


def translate_once(
    node: NodeContext,
    count: Expr,
    state: Sequence[Tensor],
    results_of: Results,
    attempt: Attempt,
    *,
    bounded: bool = True,
    may_end: bool = False,
) -> list[Value] | None:
    """Return the last state, and what is gathered, along a new first axis each.

    The body is translated for a state that keeps its sizes, and again where it does not.

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
        The state changes its number of axes or its type, or the body gives strings.
    ModelError
        The body gives something that is no tensor.
    """
    once = _Once(node, count, state, results_of, bounded, may_end)
    growing = [frozenset[int]()] * len(state)
    every = [frozenset(range(x.rank)) for x in state]
    error: ModelError | None = None
    while True:
        try:
            return attempt(lambda: once.translated(growing))  # noqa: B023 -- called at once
        except _Grows as found:
            growing = [a | b for a, b in zip(growing, found.axes, strict=True)]
        except ModelError as failed:
            # It may be that a size that it takes for known changes.
            if error is not None or growing == every:
                raise error or failed from None
            error, growing = failed, every


@dataclass(slots=True)
class _Once:
    """Translates a body for any step, given along which axes each state changes its size."""

    node: NodeContext
    count: Expr
    state: Sequence[Tensor]
    results_of: Results
    bounded: bool
    may_end: bool

    def translated(self, growing: Sequence[frozenset[int]]) -> list[Value] | None:
        """Return the last state and what is gathered.

        Raises
        ------
        _Grows
            A state changes its size along other axes, too.
        """
        node = self.node
        sizes = len(node.run_time.made)
        given = self._stand_ins(growing)
        results = self.results_of(given.step, given.state)
        if results is None:
            return None
        made = [x for x in results if isinstance(x, Tensor)]
        if len(made) < len(results):
            if any(isinstance(x, Text) for x in results):
                node.unsupported("a body that gives no strings")
            node.fail("its body gives a sequence, or an optional value, where it gives a tensor")
        goes_on = made.pop(0) if self.may_end else None
        following, pieces = made[: len(self.state)], made[len(self.state) :]
        found = [_changed_axes(node, *pair) for pair in zip(given.state, following, strict=True)]
        if any(not a <= b for a, b in zip(found, growing, strict=True)):
            raise _Grows(found)
        new_sizes = node.run_time.made[sizes:]
        always = goes_on is None or _is_true(goes_on)
        if always and not self.bounded:
            node.unsupported("a number of iterations, or a condition that may end it")
        if always and not new_sizes:
            stand_ins, plain = (given.step, given.state), (following, pieces)
            with suppress(Unsupported):
                return list(translate_running_loop(node, self.count, self.state, stand_ins, plain))
        every = (None if always else goes_on, following, pieces)
        return list(translate_general_loop(node, self.count, self.state, given, every, new_sizes))

    def _stand_ins(self, growing: Sequence[frozenset[int]]) -> StandIns:
        node = self.node
        step = stand_in(node.inner("step"), Int(64), ())
        state: list[Tensor] = []
        extents: list[Tensor | None] = []
        for i, (x, axes) in enumerate(zip(self.state, growing, strict=True)):
            own = stand_in(node.inner(f"extents_{i}"), Int(64), (index(x.rank),)) if axes else None
            shape = [
                d if own is None or a not in axes else node.run_time.size(f"{own.name}_{a}", own, a)
                for a, d in enumerate(x.shape)
            ]
            state.append(stand_in(node.inner(f"state_{i}"), x.type, shape, x.encoding))
            extents.append(own)
        return StandIns(step, tuple(state), tuple(extents))


def _changed_axes(node: NodeContext, before: Tensor, after: Tensor) -> frozenset[int]:
    """Return the axes along which a state changes its size, as far as is known."""
    if before.rank != after.rank or before.type != after.type or before.encoding != after.encoding:
        node.unsupported("a state of one type and one number of axes")
    pairs = zip(before.shape, after.shape, strict=True)
    return frozenset(a for a, (m, n) in enumerate(pairs) if not same(m, n))


def runs_at_all(count: Expr) -> Expr | None:
    """Return when a body counts that runs `count` times; None if it always does."""
    some = count > 0
    return None if surely(some) else some


def _is_true(condition: Tensor) -> bool:
    """Whether a condition is known to hold."""
    if condition.constant is not None:
        return bool(condition.constant.reshape(-1)[0])
    return condition.content is not None and known(condition.content[0]) == 1
