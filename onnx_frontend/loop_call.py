"""Loops whose bodies are kernels: what is known of one, and the tensors that it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from halo.ir.expr import Expr
from halo.ops.tensor import Tensor
from onnx_frontend.depending import depending
from onnx_frontend.run_time_sizes import RunTimeSize


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
    sizes
        What is computed anew in each step, in order.
    outputs
        The last state, as far as it changes, then what is gathered, along a new first axis, then,
        with `going`, the number of steps.
    given
        What the body reads that is the same in each step.
    inside
        What the body computes anew in each step.
    """

    title: str
    count: Expr
    step: Tensor
    state: tuple[Tensor, ...]
    initial: tuple[Tensor, ...]
    following: tuple[Tensor | None, ...]
    gathered: tuple[Tensor, ...]
    going: Tensor | None
    sizes: tuple[RunTimeSize, ...] = ()
    outputs: list[Tensor] = field(default_factory=list)
    given: tuple[Tensor, ...] = field(init=False)
    inside: tuple[Tensor, ...] = field(init=False)

    def __post_init__(self) -> None:
        own = depending(self.results, self.stand_ins, self.sizes)
        inside = own | dict.fromkeys(self.results)
        self.inside = tuple(t for t in inside if t not in self.stand_ins)
        read = (x for t in self.inside for x in t.op.inputs)
        self.given = tuple(dict.fromkeys(x for x in read if x not in inside))

    @property
    def numbers(self) -> tuple[Expr, ...]:
        """The sizes that stand in it beside those of its tensors."""
        return (self.count,)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What is read: the initial state, and what is the same in each step."""
        return tuple(dict.fromkeys((*self.initial, *self.given)))

    @property
    def results(self) -> tuple[Tensor, ...]:
        """What the body has to compute in each step."""
        changed = (x for x in self.following if x is not None)
        going = () if self.going is None else (self.going,)
        return tuple(dict.fromkeys((*changed, *self.gathered, *going, *self.cells)))

    @property
    def cells(self) -> tuple[Tensor, ...]:
        """What the body computes that sizes are read from."""
        read = (t for size in self.sizes for t, _ in size.cells.values())
        return tuple(dict.fromkeys(t for t in read if t not in self.stand_ins))

    @property
    def stand_ins(self) -> tuple[Tensor, ...]:
        """What the body is given anew in each step."""
        return (self.step, *self.state)

    @property
    def wholes(self) -> tuple[Tensor, ...]:
        """Of all that is gathered the whole."""
        first = sum(1 for _ in self.changes())
        return tuple(self.outputs[first : first + len(self.gathered)])

    @property
    def steps(self) -> Tensor | None:
        """The number of steps, where the body tells it."""
        return None if self.going is None else self.outputs[-1]

    def changes(self) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """Yield of each state that changes what stands for it, its begin, its next and its last."""
        outputs = iter(self.outputs)
        for stand_in, begin, following in zip(
            self.state, self.initial, self.following, strict=True
        ):
            if following is not None:
                yield stand_in, begin, following, next(outputs)
