"""Loops whose bodies are kernels: what is known of one, and the tensors that it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from halo.ir.expr import Expr
from halo.ops.tensor import Tensor
from onnx_frontend.depending import depending
from onnx_frontend.run_time_sizes import RunTimeSize


class Change(NamedTuple):
    """A state that changes: what stands for it, its begin, its next, its last; what tells sizes."""

    stand_in: Tensor
    begin: Tensor
    following: Tensor
    last: Tensor
    extents: Tensor | None


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
    extents
        Stand in the body for the sizes of the state before the step (int64), one for each state;
        None where they never change.
    outputs
        All that it gives, one after the other.
    last
        The last state; None where it never changes.
    wholes
        What is gathered, along a new first axis.
    steps
        With `going`, the number of steps.
    last_extents, piece_extents
        The sizes of the last state, and of the pieces of what is gathered, where the loop tells
        them: then the memory of these grows.
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
    extents: tuple[Tensor | None, ...] = ()
    outputs: list[Tensor] = field(default_factory=list)
    last: tuple[Tensor | None, ...] = ()
    wholes: tuple[Tensor, ...] = ()
    steps: Tensor | None = None
    last_extents: tuple[Tensor | None, ...] = ()
    piece_extents: tuple[Tensor | None, ...] = ()
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
        return (self.step, *self.state, *(x for x in self.extents if x is not None))

    @property
    def growing(self) -> tuple[Tensor, ...]:
        """What it gives whose sizes only its steps tell."""
        states = (change.last for change in self.changes() if change.extents is not None)
        return (*states, *(whole for _, whole, _ in self.open_pieces()))

    @property
    def alone(self) -> tuple[Tensor, ...]:
        """What it gives that needs memory of its own."""
        told = (self.steps, *self.last_extents, *self.piece_extents)
        return (*(x for x in told if x is not None), *self.growing)

    def open_pieces(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield of what grows as it is gathered a piece, the whole, and what tells the sizes."""
        parts = zip(self.gathered, self.wholes, self.piece_extents, strict=True)
        return ((piece, whole, told) for piece, whole, told in parts if told is not None)

    def changes(self) -> Iterator[Change]:
        """Yield each state that changes."""
        parts = (self.state, self.initial, self.following, self.last, self.last_extents)
        for stand_in, begin, following, last, told in zip(*parts, strict=True):
            if following is not None and last is not None:
                yield Change(stand_in, begin, following, last, told)
