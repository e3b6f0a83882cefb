"""Loops whose bodies are kernels: what is known of one, and the tensors that it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from halo.ir.expr import Expr
from halo.ops.tensor import Tensor
from onnx_frontend.producers import producers_first


@dataclass(slots=True, eq=False)
class LoopCall:
    """A loop that computes whole tensors, step by step.

    Attributes
    ----------
    title
        What messages call it.
    count
        How often it runs, or at most if `going` is given: int32.
    step
        Stands in the body for the number of the step: int64.
    state
        Stand in the body for the state before the step, one for each of `initial`.
    initial
        The state before the first step.
    following
        The state behind the step, as the body computes it; None where it never changes.
    gathered
        What the body gives in each step.
    going
        Whether the next step runs, as the body computes it; None if nothing ends it early.
    outputs
        The last state, as far as it changes, then what is gathered, along a new first axis, then,
        with `going`, the number of steps.
    given
        What the body reads that is the same in each step.
    """

    title: str
    count: Expr
    step: Tensor
    state: tuple[Tensor, ...]
    initial: tuple[Tensor, ...]
    following: tuple[Tensor | None, ...]
    gathered: tuple[Tensor, ...]
    going: Tensor | None
    outputs: list[Tensor] = field(default_factory=list)
    given: tuple[Tensor, ...] = field(init=False)

    def __post_init__(self) -> None:
        inside = depending(self.results, self.stand_ins) | dict.fromkeys(self.results)
        read = (x for t in inside if t not in self.stand_ins for x in t.op.inputs)
        self.given = tuple(dict.fromkeys(x for x in read if x not in inside))

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What is read: the initial state, and what is the same in each step."""
        return tuple(dict.fromkeys((*self.initial, *self.given)))

    @property
    def results(self) -> tuple[Tensor, ...]:
        """What the body has to compute in each step."""
        changed = tuple(x for x in self.following if x is not None)
        return (*changed, *self.gathered, *(() if self.going is None else (self.going,)))

    @property
    def stand_ins(self) -> tuple[Tensor, ...]:
        """What the body is given anew in each step."""
        return (self.step, *self.state)

    def changes(self) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """Yield of each state that changes what stands for it, its begin, its next and its last."""
        outputs = iter(self.outputs)
        for stand_in, begin, following in zip(
            self.state, self.initial, self.following, strict=True
        ):
            if following is not None:
                yield stand_in, begin, following, next(outputs)


def depending(results: Iterable[Tensor], on: Iterable[Tensor]) -> dict[Tensor, None]:
    """Return `on`, and what of all that `results` need depends on it."""
    found = dict.fromkeys(on)
    for t in producers_first(results, found):
        if any(x in found for x in t.op.inputs):
            found[t] = None
    return found
