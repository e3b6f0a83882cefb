"""HaloDriver: what stands behind `Func.realize` and its kin."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import codegen
from halo.buffer import Buffer
from halo.errors import BoundsError, HaloError
from halo.ir.function import Function, Image, Parameter, output_buffer
from halo.ir.lowered import LoweredModule
from halo.lang.driver import ForTarget, PathLike
from halo.lang.handlers import JITHandlers, keep_profile
from halo.lang.output_files import OutputFileType
from halo.lang.times import RealizeTimes
from halo.lowering import Request, lower, prepare
from halo.lowering.input_boxes import input_boxes
from halo.lowering.inputs import collect_inputs
from halo.lowering.loop_nest_text import loop_nest_text
from halo.pipeline.auto import auto_schedule
from halo.pipeline.compiled import Compiled, CompileTimes, ranges_of
from halo.pipeline.embed import constants_of
from halo.pipeline.explain import explain
from halo.pipeline.extern import implementations_of
from halo.pipeline.files import compile_to_files
from halo.pipeline.out_of_bounds import explained
from halo.pipeline.padding import padded_extents
from halo.pipeline.parts import Parts, schedule_of
from halo.pipeline.replay import apply_schedule, check_schedule, need_effect
from halo.pipeline.request import count_values, make_request, whole_request
from halo.pipeline.versions import compile_versions_to_files
from halo.schedule.receipts import Receipts
from halo.schedule.schedule import Schedule
from halo.schedule.stories import Explanation
from halo.target import Target, target_or_default


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
        compiled, compiling = self.compiled(outputs, buffers, target)
        handlers: JITHandlers | None = outputs[0].handlers
        start = time.perf_counter()
        try:
            report = compiled.run(buffers, handlers)
        except HaloError as error:
            told = explained(error, outputs, buffers) if isinstance(error, BoundsError) else error
            if handlers is None or handlers.custom_error is None:
                raise told from None
            handlers.custom_error(str(told))
            return
        run = time.perf_counter() - start
        outputs[0].times = RealizeTimes(compiling.lowering, compiling.code, run)
        if report is not None:
            keep_profile(outputs[0], report)

    def padded_extents(self, function: Function, extents: Sequence[Any]) -> tuple[Any, ...]:
        """Return the extents of a buffer in which every step of `function` has room."""
        return padded_extents(function, extents)

    def compiled(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target | None
    ) -> tuple[Compiled, CompileTimes]:
        """Return the machine code of `outputs` for buffers that are laid out like `buffers`.

        With it comes what making it took now.
        """
        target = target_or_default(target)
        own = tuple(outputs)
        with self._lock:
            # A Function that has been realized is frozen, so its parts stay what they are.
            parts = self._parts.get(own)
            if parts is None:
                parts = Parts.of(outputs)
                if all(f.frozen for f in parts.functions):
                    self._parts[own] = parts
            key = (parts.key(buffers, target), codegen.backend_of(target))
            found = self._compiled.get(key)
        if found is not None and found.ranges == ranges_of(found.lowered):
            return found, CompileTimes(0.0, 0.0)
        request = make_request(outputs, outputs[0].name, buffers, None, target)
        found = _compile(request, target)
        with self._lock:
            self._compiled[key] = found
        return found, found.times

    def compile_jit(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target | None
    ) -> None:
        """Compile what `realize` runs for buffers that are laid out like `buffers`."""
        self.compiled(outputs, buffers, target)

    def compile_to(
        self,
        outputs: Sequence[Function],
        files: Mapping[OutputFileType, PathLike],
        args: Sequence[Image | Parameter] | None,
        name: str,
        target: Target | None,
    ) -> None:
        """Write files of a function `name` with parameters `args`; None: those that it uses."""
        given = self.infer_arguments(outputs) if args is None else args
        compile_to_files(outputs, files, given, name, target_or_default(target))

    def compile_versions(
        self,
        versions: Sequence[ForTarget],
        files: Mapping[OutputFileType, PathLike],
        name: str,
        suffixes: Sequence[str] | None,
    ) -> None:
        """Write files of a function `name` that runs the best of `versions`."""
        known = [
            v if v.args is not None else v._replace(args=self.infer_arguments(v.outputs))
            for v in versions
        ]
        compile_versions_to_files(known, files, name, suffixes)

    def compile_to_callable(
        self,
        outputs: Sequence[Function],
        args: Sequence[Image | Parameter],
        target: Target | None,
    ) -> Callable[[Sequence[Buffer | int | float]], None]:
        """Return what computes `outputs` when it is given `args` and outputs, in this order."""
        nothing = [None] * count_values(outputs)
        target = target_or_default(target)
        request = make_request(outputs, outputs[0].name, nothing, args, target)
        compiled = _compile(request, target)

        def call(given: Sequence[Buffer | int | float]) -> None:
            compiled.call(given)

        return call

    def infer_arguments(self, outputs: Sequence[Function]) -> list[Image | Parameter]:
        """Return the ImageParams and Params that `outputs` need, arrays first, each by name."""
        request = whole_request(outputs)
        program, _, dims, arrays = prepare(request)
        found = collect_inputs(program, dims, required=request.requirements)
        found = found.without(arrays.images)
        images = sorted(found.images.values(), key=lambda x: x.name)
        parameters = sorted(found.parameters, key=lambda x: x.name)
        return [*(image for image in images if not image.fixed), *parameters]

    def required_boxes(
        self, outputs: Sequence[Function], buffers: Sequence[Buffer]
    ) -> list[tuple[Image, list[tuple[int, int]]]]:
        """Return for each ImageParam without a Buffer the (min, extent) of what is read."""
        request = make_request(outputs, outputs[0].name, buffers, None)
        n = [(f, i) for f in outputs for i in range(len(f.types))]
        names = [output_buffer(f.name, i, len(f.types)) for f, i in n]
        there = dict(zip(names, buffers, strict=True))
        images = Parts.of(outputs).images
        there.update({image.name: image.buffer for image in images if image.buffer is not None})
        return input_boxes(request, {name: b.place() for name, b in there.items()})

    def memoization_cache(self, size: int | None, eviction_key: int | None) -> None:
        """Set the size of the cache, or drop what is kept under a key; with neither, drop all."""
        if size is not None:
            codegen.CACHE.set_size(size)
        elif eviction_key is not None:
            codegen.CACHE.evict(eviction_key)
        else:
            codegen.CACHE.clear()

    def print_loop_nest(self, outputs: Sequence[Function], target: Target | None) -> str:
        """Return the loops of the schedule as text, without the arithmetic."""
        request = whole_request(outputs, target_or_default(target))
        return loop_nest_text(lower(request).loops)

    def schedule(self, outputs: Sequence[Function]) -> Schedule:
        """Return the directives given for `outputs` and all they use."""
        return schedule_of(outputs)

    def receipts(
        self, outputs: Sequence[Function], target: Target | None, strict: bool = False
    ) -> Receipts:
        """Return what becomes of each directive; with `strict`, each has to have an effect."""
        request = whole_request(outputs, target_or_default(target))
        receipts = lower(request).receipts
        if strict:
            need_effect(receipts)
        return receipts

    def explain(self, outputs: Sequence[Function]) -> Explanation:
        """Return in words what the schedule makes of each Func."""
        return explain(outputs)

    def check_schedule(self, outputs: Sequence[Function], schedule: Schedule | None) -> Receipts:
        """Return what would become of each directive of `schedule`, refused ones included."""
        return check_schedule(outputs, schedule)

    def apply_schedule(self, outputs: Sequence[Function], schedule: Schedule, strict: bool) -> None:
        """Give the directives of `schedule` to the Functions they are for."""
        apply_schedule(outputs, schedule, strict)

    def auto_schedule(
        self,
        outputs: Sequence[Function],
        target: Target | None,
        estimates: Sequence[int] | None,
    ) -> Schedule:
        """Give directives to all that has none; return them."""
        return auto_schedule(outputs, target_or_default(target), estimates)

    def lowered_text(self, outputs: Sequence[Function], target: Target | None) -> str:
        """Return the lowered statement as text."""
        request = whole_request(outputs, target_or_default(target))
        return str(lower(request).func.body)


def _compile(request: Request, target: Target) -> Compiled:
    start = time.perf_counter()
    codegen.warm_up(target)
    lowered = lower(request)
    middle = time.perf_counter()
    constants = constants_of(lowered)
    module = LoweredModule(lowered.func.name, (lowered.func,), constants)
    given = implementations_of(Parts.of(request.outputs).functions)
    externs = codegen.Externs(module, target, given)
    library = codegen.compile_module(module, target)
    caller = codegen.Caller(library.function(lowered.func.name), externs.table)
    times = CompileTimes(middle - start, time.perf_counter() - middle)
    return Compiled(lowered, library, externs, caller, times, ranges_of(lowered))


DRIVER = HaloDriver()
