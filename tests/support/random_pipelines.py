"""Random pipelines, from any source of choices."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from random_stages import KINDS, TYPES, add_stage, room_needed

import halo as hl

T = TypeVar("T")


class Chooser(Protocol):
    """A source of choices: hypothesis' data, or a seeded random generator."""

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        ...

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`."""
        ...


class SeededChooser:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)


HALO = 80
"""How far inputs reach beyond the largest output; few pipelines read further."""
ROOM = 48
"""Sizes are rounded up to a multiple of it for schedules that compute beyond the output."""


@dataclass
class RandomPipeline:
    """Stages in order, the outputs last; `variables` are their coordinates."""

    source: hl.Buffer
    variables: tuple[hl.Var, hl.Var]
    sizes: tuple[int, int]
    mins: tuple[int, int]
    stages: list[hl.Func] = field(default_factory=list)
    outputs: list[hl.Func] = field(default_factory=list)
    weight: hl.Param = field(default_factory=lambda: hl.Param(hl.Int(32), "weight", 3))
    story: list[str] = field(default_factory=list)

    @property
    def output(self) -> hl.Func:
        """The last of the outputs."""
        return self.stages[-1]

    def pipeline(self) -> hl.Pipeline:
        """Return the pipeline of the outputs."""
        return hl.Pipeline(self.outputs)

    def values(self) -> list[np.ndarray[Any, Any]]:
        """Return what the outputs' cells hold, an array for each element of a Tuple."""
        buffers = self.buffers()
        self.pipeline().realize(buffers)
        return self.arrays(buffers)

    def buffers(self, *, room: bool = False) -> list[hl.Buffer]:
        """Return buffers for the outputs; with `room` they go on beyond the cells wanted."""
        sizes = [-(-n // ROOM) * ROOM if room else n for n in self.sizes]
        buffers = [hl.Buffer(t, sizes) for f in self.outputs for t in f.types()]
        for buffer in buffers:
            buffer.set_min(list(self.mins))
        return buffers

    def arrays(self, buffers: list[hl.Buffer]) -> list[np.ndarray[Any, Any]]:
        """Return the cells of `buffers` that are wanted."""
        width, height = self.sizes
        return [np.ascontiguousarray(np.asarray(b)[:height, :width]) for b in buffers]

    def holds(self, cells: tuple[int, int]) -> bool:
        """Whether the cells from (0, 0) on, so many along each dimension, are of the outputs."""
        each = zip(self.mins, self.sizes, cells, strict=True)
        return all(not need or (low <= 0 and low + n >= need) for low, n, need in each)


def random_input(choose: Chooser, type_: hl.Type, sizes: tuple[int, int]) -> hl.Buffer:
    """Return an input that holds whatever a pipeline of output `sizes` can read."""
    rng = np.random.default_rng(choose.integer(0, 1 << 20))
    shape = (sizes[1] + 2 * HALO, sizes[0] + 2 * HALO)
    if type_.is_float():
        # Small integers: sums of them are exact, so that their order does not show.
        data = rng.integers(-20, 20, shape).astype(type_.dtype)
    else:
        low, high = max(type_.min_value, -(1 << 31)), min(type_.max_value, (1 << 31) - 1)
        data = rng.integers(low, high, shape, endpoint=True).astype(type_.dtype)
    buffer = hl.Buffer(data)
    buffer.set_min([-HALO, -HALO])
    return buffer


def random_pipeline(choose: Chooser) -> RandomPipeline:
    """Return 2 to 6 stages of stencils, reductions, Tuples, selects and casts on small images.

    Stages may read nothing in common; the last ones read what nobody has read yet. One pipeline
    in five has two outputs, the second of which may read the first.
    """
    sizes = (_size(choose, 23), _size(choose, 13))
    mins = (choose.pick([0, 0, 0, -3, 2]), choose.pick([0, 0, 0, -5, 1]))
    source = random_input(choose, choose.pick(TYPES), sizes)
    made = RandomPipeline(source, (hl.Var("x"), hl.Var("y")), sizes, mins)
    unread: list[Any] = []
    n = choose.integer(2, 5)
    for i in range(n):
        is_output = i == n - 1
        first, second = _two(choose, made, unread, is_output)
        unread = [f for f in unread if f is not first and f is not second]
        kinds = [k for k in KINDS if not is_output or _fits_output(made, k)]
        made.stages.append(add_stage(choose, made, choose.pick(kinds), first, second))
        unread.append(made.stages[-1])
    made.outputs.append(made.stages[-1])
    if choose.integer(0, 4) == 0:
        first, second = choose.pick([source, *made.stages[:-1]]), made.output
        made.stages.append(add_stage(choose, made, "point", first, second))
        made.outputs.append(made.stages[-1])
    return made


def _size(choose: Chooser, most: int) -> int:
    return 1 if choose.integer(0, 9) == 0 else choose.integer(1, most)


def _two(choose: Chooser, p: RandomPipeline, unread: list[Any], is_output: bool) -> tuple[Any, Any]:
    """Return what the next stage reads."""
    if not p.stages:
        return p.source, p.source
    last = p.stages[-1]
    first: Any = choose.pick([p.source, p.source, last, last, choose.pick(p.stages[-2:])])
    if is_output:
        first = p.stages[-1]
    left = [f for f in unread if f is not first]
    return first, choose.pick(left) if left and choose.integer(0, 3) else choose.pick(
        [p.source, *p.stages]
    )


def _fits_output(p: RandomPipeline, kind: str) -> bool:
    room = room_needed(kind)
    return room is not None and p.holds(room)
