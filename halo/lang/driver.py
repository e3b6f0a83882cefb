"""The hook through which the language reaches the compiler that stands above it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from halo.buffer import Buffer
from halo.errors import InternalError
from halo.ir.function import Function, Image, Parameter
from halo.lang.output_files import OutputFileType
from halo.schedule.receipts import Receipts
from halo.schedule.schedule import Schedule
from halo.schedule.stories import Explanation
from halo.target import Target

PathLike = str | os.PathLike[str]


class ForTarget(NamedTuple):
    """A pipeline as it is for one of several targets."""

    target: Target
    outputs: Sequence[Function]
    args: Sequence[Image | Parameter] | None


class Driver(Protocol):
    """What the language asks of the compiler.

    Directives are found at `Function.schedule_log`, those of the Functions that `outputs` use
    included.
    """

    def realize(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target | None
    ) -> None:
        """Compute `outputs` into `buffers`, one per Tuple element, in order."""

    def padded_extents(self, function: Function, extents: Sequence[Any]) -> tuple[Any, ...]:
        """Return the extents of a buffer in which every step of `function` has room."""
        ...

    def compile_to(
        self,
        outputs: Sequence[Function],
        files: Mapping[OutputFileType, PathLike],
        args: Sequence[Image | Parameter] | None,
        name: str,
        target: Target | None,
    ) -> None:
        """Write files of a function `name` with parameters `args`; None: those that it uses."""

    def compile_versions(
        self,
        versions: Sequence[ForTarget],
        files: Mapping[OutputFileType, PathLike],
        name: str,
        suffixes: Sequence[str] | None,
    ) -> None:
        """Write files of a function `name` that runs the best of `versions`."""

    def compile_to_callable(
        self,
        outputs: Sequence[Function],
        args: Sequence[Image | Parameter],
        target: Target | None,
    ) -> Callable[[Sequence[Buffer | int | float]], None]:
        """Return what computes `outputs` when it is given `args` and outputs, in this order."""
        ...

    def compile_jit(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target | None
    ) -> None:
        """Compile what `realize` runs."""

    def infer_arguments(self, outputs: Sequence[Function]) -> list[Image | Parameter]:
        """Return the ImageParams and Params that `outputs` need, in the order of arguments."""
        ...

    def required_boxes(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer]
    ) -> list[tuple[Image, list[tuple[int, int]]]]:
        """Return for each ImageParam without a Buffer the (min, extent) of what is read."""
        ...

    def memoization_cache(self, size: int | None, eviction_key: int | None) -> None:
        """Set the size of the cache, or drop what is kept under a key; with neither, drop all."""
        ...

    def print_loop_nest(self, outputs: Sequence[Function], target: Target | None) -> str:
        """Return the loops of the schedule as text, without the arithmetic."""
        ...

    def schedule(self, outputs: Sequence[Function]) -> Schedule:
        """Return the directives given for `outputs` and all they use."""
        ...

    def receipts(
        self, outputs: Sequence[Function], target: Target | None, strict: bool
    ) -> Receipts:
        """Return what becomes of each directive; with `strict`, each has to have an effect."""
        ...

    def explain(self, outputs: Sequence[Function]) -> Explanation:
        """Return in words what the schedule makes of each Func."""
        ...

    def check_schedule(self, outputs: Sequence[Function], schedule: Schedule | None) -> Receipts:
        """Return what would become of each directive of `schedule`, refused ones included."""
        ...

    def apply_schedule(self, outputs: Sequence[Function], schedule: Schedule, strict: bool) -> None:
        """Give the directives of `schedule` to the Functions they are for."""
        ...

    def auto_schedule(
        self,
        outputs: Sequence[Function],
        target: Target | None,
        estimates: Sequence[int] | None,
    ) -> Schedule:
        """Give directives to all that has none; return them."""
        ...

    def lowered_text(self, outputs: Sequence[Function], target: Target | None) -> str:
        """Return the lowered statement as text."""
        ...


_driver: list[Driver] = []


def set_driver(driver: Driver) -> None:
    """Make `driver` the one that is asked from now on."""
    _driver[:] = [driver]


def get_driver() -> Driver:
    """Return the driver."""
    if not _driver:
        raise InternalError("no driver is set: import halo, not only a part of it")
    return _driver[0]
