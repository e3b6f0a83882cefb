"""What an app of the benchmarks is: one program and one schedule, for halo and its peer alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

import halo
from schedules.apps import schedule_app

Array = np.ndarray[Any, np.dtype[Any]]
Size = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """An app as written with one language module, not yet scheduled or scheduled.

    Attributes
    ----------
    output
        The Func that is asked for.
    arguments
        ImageParams and Params, in the order of the app's inputs.
    funcs
        The Funcs that the schedule is about, by name.
    """

    output: Any
    arguments: tuple[Any, ...]
    funcs: Mapping[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.funcs[name]
        except KeyError:
            raise AttributeError(name) from None

    def compile(self) -> Any:
        """Return what computes it when called with the arguments and the output."""
        return self.output.compile_to_callable(list(self.arguments))


@dataclass(frozen=True, slots=True)
class App:
    """An app of the benchmarks.

    Attributes
    ----------
    build
        Makes the program with a language module: halo or Halide.
    schedule
        Schedules it, for both with the same directives.
    inputs
        Random arguments for a size, as numpy arrays (dimension 0 is the last axis) and numbers.
    expected
        What the program has to give for such arguments, in numpy.
    size, small
        The size that is measured, and one at which the result is compared with numpy's.
    tolerance
        Largest difference from numpy, and between halo and its peer, relative to the largest
        value; 0 where the bits are compared, as of what is computed in integers.
    jumps
        Which part of the cells may differ by more between halo and its peer: where a step of the
        algorithm lies so near that another rounding falls to its other side.
    flops
        Multiplications and additions of a run at a size, where these are what limits it: the
        share of the limit is then that of the peak of fused multiply-adds. Without it, the limit
        is the time in which inputs are read and the output written once.
    """

    name: str
    build: Callable[[ModuleType], Program]
    schedule: Callable[[ModuleType, Program], None]
    inputs: Callable[[np.random.Generator, Size], tuple[Any, ...]]
    expected: Callable[..., Array]
    shape: Callable[..., Size]
    size: Size
    small: Size
    dtype: Any
    tolerance: float = 0.0
    flops: Callable[[Size], float] | None = None
    jumps: float = 0.0

    def compile(self, hl: ModuleType) -> Any:
        """Return the scheduled program, compiled with `hl`."""
        program = self.build(hl)
        self.schedule(hl, program)
        return program.compile()

    def compile_best(self) -> Any:
        """Return the program with the best schedule that is known for halo.

        That is the one of `schedules.apps`, or else the app's.
        """
        program = self.build(halo)
        if not schedule_app(self.name.split()[0], program):
            self.schedule(halo, program)
        return program.compile()

    def run(self, hl: ModuleType, compiled: Any, inputs: tuple[Any, ...]) -> Array:
        """Return what `compiled` gives."""
        out = np.zeros(self.shape(*inputs), self.dtype)
        compiled(*buffers(hl, inputs), hl.Buffer(out))
        return out

    def caller(self, hl: ModuleType, compiled: Any, inputs: tuple[Any, ...]) -> Callable[[], None]:
        """Return a call of `compiled` with Buffers made before, in memory aligned as pools do."""
        out = aligned(np.zeros(self.shape(*inputs), self.dtype))
        held = tuple(aligned(a) if isinstance(a, np.ndarray) else a for a in inputs)
        given = [*buffers(hl, held), hl.Buffer(out)]
        return lambda: compiled(*given)

    def difference(self, found: Array, expected: Array) -> float:
        """Return how far `found` is off, relative to the largest value; 0 for equal bits."""
        if not self.tolerance:
            return float(not np.array_equal(found, expected))
        return float(_distances(found, expected).max())

    def part_off(self, found: Array, expected: Array) -> float:
        """Return which part of the cells of `found` is off by more than the tolerance."""
        return float((_distances(found, expected) > self.tolerance).mean())


def find(name: str) -> App:
    """Return the app in ``apps/NAME.py``, or the variant of it in ``NAME:KEY``."""
    module, _, key = name.partition(":")
    found = import_module(f"apps.{module}")
    app: App = found.APPS[key] if key else found.APP
    return app


def _distances(found: Array, expected: Array) -> Array:
    """Return the differences of the cells, relative to the largest value."""
    scale = max(float(np.abs(expected).max()), 1e-30)
    distances: Array = np.abs(found.astype(np.float64) - expected) / scale
    return distances


def buffers(hl: ModuleType, inputs: tuple[Any, ...]) -> list[Any]:
    """Return `inputs` with a Buffer for each array."""
    return [hl.Buffer(a) if isinstance(a, np.ndarray) else a for a in inputs]


def aligned(a: Array, to: int = 64) -> Array:
    """Return a copy of `a` whose first cell lies at a multiple of `to` bytes."""
    memory = np.empty(a.nbytes + to, np.uint8)
    first = -memory.ctypes.data % to
    copy = memory[first : first + a.nbytes].view(a.dtype).reshape(a.shape)
    copy[...] = a
    return copy


def same_shape(source: Array, *_: Any) -> Size:
    """Return the shape of the first input, for apps whose output has the same."""
    return source.shape


def colours(rng: np.random.Generator, size: Size, channels: int = 3) -> Array:
    """Return a picture of float32 in [0.1, 1), for the shape (channels, height, width)."""
    return (0.1 + 0.9 * rng.random((channels, size[1], size[0]), np.float32)).astype(np.float32)
