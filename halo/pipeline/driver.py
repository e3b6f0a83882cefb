"""HaloDriver: what stands behind `Func.realize` and its kin."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import codegen
from halo.buffer import Buffer
from halo.errors import BoundsError
from halo.ir.function import Function, Image, Parameter
from halo.ir.lowered import LoweredModule
from halo.lang.driver import PathLike
from halo.lowering import lower
from halo.lowering.loop_nest_text import loop_nest_text
from halo.pipeline.compiled import Compiled, CompileTimes
from halo.pipeline.extern import implementations_of
from halo.pipeline.out_of_bounds import explained
from halo.pipeline.parts import Parts, schedule_of
from halo.pipeline.replay import apply_schedule, check_schedule, need_effect
from halo.pipeline.request import c_name, count_values, make_request
from halo.schedule.receipts import Receipts
from halo.schedule.schedule import Schedule
from halo.target import Target, default_target


class HaloDriver:
    """What stands behind `Func.realize` and its kin; keeps what it compiled."""

    def __init__(self) -> None:
        self._compiled: dict[object, Compiled] = {}
        self._parts: dict[tuple[Function, ...], Parts] = {}
        self._lock = threading.Lock()

    def realize(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target | None
    ) -> None:
        """Compute `outputs` into `buffers`."""
        compiled = self.compiled(outputs, buffers, target)
        try:
            compiled.run(buffers, outputs[0].handlers)
        except BoundsError as error:
            raise explained(error, outputs, buffers) from None

    def compiled(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target | None
    ) -> Compiled:
        """Return the machine code of `outputs` for buffers that are laid out like `buffers`."""
        target = target or default_target()
        own = tuple(outputs)
        with self._lock:
            # A Function that has been realized is frozen, so its parts stay what they are.
            parts = self._parts.get(own)
            if parts is None:
                parts = Parts.of(outputs)
                if all(f.frozen for f in parts.functions):
                    self._parts[own] = parts
            key = parts.key(buffers, target)
            found = self._compiled.get(key)
        if found is None:
            found = _compile(outputs, buffers, target)
            with self._lock:
                self._compiled[key] = found
        return found

    def compile_to_c(
        self,
        outputs: Sequence[Function],
        path: PathLike,
        args: Sequence[Image | Parameter],
        name: str,
        target: Target | None,
    ) -> None:
        """Write the C of a function `name` with parameters `args` to `path`."""
        request = make_request(outputs, name, [None] * count_values(outputs), list(args) or None)
        module = LoweredModule(c_name(name), (lower(request).func,))
        source = codegen.emit_c(module, target or default_target())
        Path(path).write_text(source.text, encoding="utf-8")

    def print_loop_nest(self, outputs: Sequence[Function], target: Target | None) -> str:
        """Return the loops of the schedule as text, without the arithmetic."""
        request = make_request(outputs, outputs[0].name, [None] * count_values(outputs), None)
        return loop_nest_text(lower(request).loops)

    def schedule(self, outputs: Sequence[Function]) -> Schedule:
        """Return the directives given for `outputs` and all they use."""
        return schedule_of(outputs)

    def receipts(
        self, outputs: Sequence[Function], target: Target | None, strict: bool = False
    ) -> Receipts:
        """Return what becomes of each directive; with `strict`, each has to have an effect."""
        request = make_request(outputs, outputs[0].name, [None] * count_values(outputs), None)
        receipts = lower(request).receipts
        if strict:
            need_effect(receipts)
        return receipts

    def check_schedule(self, outputs: Sequence[Function], schedule: Schedule | None) -> Receipts:
        """Return what would become of each directive of `schedule`, refused ones included."""
        return check_schedule(outputs, schedule)

    def apply_schedule(self, outputs: Sequence[Function], schedule: Schedule, strict: bool) -> None:
        """Give the directives of `schedule` to the Functions they are for."""
        apply_schedule(outputs, schedule, strict)

    def lowered_text(self, outputs: Sequence[Function], target: Target | None) -> str:
        """Return the lowered statement as text."""
        request = make_request(outputs, outputs[0].name, [None] * count_values(outputs), None)
        return str(lower(request).func.body)


def _compile(outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target) -> Compiled:
    start = time.perf_counter()
    lowered = lower(make_request(outputs, outputs[0].name, buffers, None))
    middle = time.perf_counter()
    module = LoweredModule(lowered.func.name, (lowered.func,))
    given = implementations_of(Parts.of(outputs).functions)
    externs = codegen.Externs(module, target, given)
    library = codegen.compile_module(module, target)
    times = CompileTimes(middle - start, time.perf_counter() - middle)
    return Compiled(lowered, library, externs, times)


DRIVER = HaloDriver()
