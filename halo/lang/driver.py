"""The hook through which the language reaches the compiler that stands above it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from halo.buffer import Buffer
from halo.errors import InternalError
from halo.ir.function import Function, Image, Parameter
from halo.schedule.receipts import Receipts
from halo.schedule.schedule import Schedule
from halo.target import Target

PathLike = str | os.PathLike[str]


class Driver(Protocol):
    """What the language asks of the compiler.

    Directives are found at `Function.schedule_log`, those of the Functions that `outputs` use
    included.
    """

    def realize(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target | None
    ) -> None:
        """Compute `outputs` into `buffers`, one per Tuple element, in order."""

    def compile_to_c(
        self,
        outputs: Sequence[Function],
        path: PathLike,
        args: Sequence[Image | Parameter],
        name: str,
        target: Target | None,
    ) -> None:
        """Write the C of a function `name` with parameters `args` to the file `path`."""

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

    def check_schedule(self, outputs: Sequence[Function], schedule: Schedule | None) -> Receipts:
        """Return what would become of each directive of `schedule`, refused ones included."""
        ...

    def apply_schedule(self, outputs: Sequence[Function], schedule: Schedule, strict: bool) -> None:
        """Give the directives of `schedule` to the Functions they are for."""
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
