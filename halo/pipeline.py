"""The driver: lower Funcs, build the code, load it, run it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import codegen
from halo.buffer import Buffer
from halo.errors import BufferError, user_location
from halo.ir.expr import i64
from halo.ir.function import Dimension, Function, Image, Parameter
from halo.ir.lowered import LoweredModule
from halo.lang.driver import PathLike
from halo.lowering import Lowered, Request, lower
from halo.lowering.loop_nest_text import loop_nest_text
from halo.lowering.loop_nests import output_buffer
from halo.lowering.program import calls_in
from halo.schedule.methods import EntryLog
from halo.schedule.receipts import Receipts
from halo.schedule.schedule import Schedule
from halo.target import Target, default_target


@dataclass(frozen=True, slots=True)
class Parts:
    """What outputs are made of: their Functions and the images these read, each once.

    Functions that only a schedule made, such as wrappers, are not among them.
    """

    functions: tuple[Function, ...]
    images: tuple[Image, ...]

    @staticmethod
    def of(outputs: Sequence[Function]) -> Parts:
        """Walk the definitions of `outputs` and of all they use."""
        functions: dict[str, Function] = {}
        images: dict[str, Image] = {}
        stack = list(reversed(outputs))
        while stack:
            f = stack.pop()
            if f.name in functions:
                continue
            functions[f.name] = f
            calls = [c for d in f.definitions for c in calls_in(d)]
            stack.extend(c.func for c in calls if isinstance(c.func, Function))
            images.update({c.name: c.func for c in calls if isinstance(c.func, Image)})
        return Parts(tuple(functions.values()), tuple(images.values()))

    def logs(self) -> list[EntryLog]:
        """Return the directives' logs; those of what a directive made come after its own."""
        found: list[EntryLog] = []
        own: list[Function | Image] = [*self.functions, *self.images]
        stack = [x.schedule_log for x in reversed(own)]
        while stack:
            log = stack.pop()
            if log is not None:
                found.append(log)
                stack.extend(f.schedule_log for f in reversed(log.made.values()))
        return found

    def schedule(self) -> Schedule:
        """Return all directives."""
        return Schedule(tuple(e for log in self.logs() for e in log.entries))

    def key(self, buffers: Sequence[Buffer], target: Target) -> object:
        """Return what the code depends on beside the definitions, which no longer change."""
        logs = [len(log.entries) for log in self.logs()]
        promises = [tuple(image.dims) for image in self.images]
        strides = [_is_dense(b) for b in buffers]
        return (self.functions, tuple(logs), tuple(promises), tuple(strides), str(target))


def schedule_of(outputs: Sequence[Function]) -> Schedule:
    """Return the directives given for `outputs` and the Functions they use."""
    return Parts.of(outputs).schedule()


@dataclass(frozen=True, slots=True)
class CompileTimes:
    """Where the seconds of a compilation went."""

    lowering: float
    code: float


@dataclass(frozen=True, slots=True)
class Compiled:
    """A pipeline as machine code."""

    lowered: Lowered
    library: codegen.Library
    times: CompileTimes

    @property
    def receipts(self) -> Receipts:
        """What became of each directive."""
        return self.lowered.receipts

    def run(self, outputs: Sequence[Buffer]) -> None:
        """Compute into `outputs`, reading the images and parameters as they are set now.

        Raises
        ------
        BufferError
            An image or parameter has no value, or a buffer does not fit.
        BoundsError
            A buffer does not hold the cells needed.
        """
        args = [*map(_value, self.lowered.inputs), *outputs]
        plain = [_c_buffer(a) if isinstance(a, Buffer) else a for a in args]
        self.library.call(self.lowered.func.name, *plain)


def _c_buffer(b: Buffer) -> codegen.CBuffer:
    return codegen.make_buffer(
        b.address, b.type(), list(zip(b.mins, b.shape, b.strides, strict=True))
    )


def _value(x: Image | Parameter) -> Buffer | int | float:
    value: Buffer | int | float | None = x.buffer if isinstance(x, Image) else x.value
    if value is None:
        kind = "ImageParam" if isinstance(x, Image) else "Param"
        raise BufferError(
            f"{kind} {x.name} has no value",
            where=user_location(),
            hint=f"give it one before it runs: {x.name}.set(...)",
        )
    return value


def c_name(name: str) -> str:
    """Return `name` as a C identifier."""
    made = re.sub(r"\W", "_", name, flags=re.ASCII)
    return made if made and not made[0].isdigit() else f"f_{made}"


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
        self.compiled(outputs, buffers, target).run(buffers)

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
        request = _request(outputs, name, [None] * _count(outputs), list(args) or None)
        module = LoweredModule(c_name(name), (lower(request).func,))
        source = codegen.emit_c(module, target or default_target())
        Path(path).write_text(source.text, encoding="utf-8")

    def print_loop_nest(self, outputs: Sequence[Function], target: Target | None) -> str:
        """Return the loops of the schedule as text, without the arithmetic."""
        request = _request(outputs, outputs[0].name, [None] * _count(outputs), None)
        return loop_nest_text(lower(request).loops)

    def schedule(self, outputs: Sequence[Function]) -> Schedule:
        """Return the directives given for `outputs` and all they use."""
        return schedule_of(outputs)

    def receipts(self, outputs: Sequence[Function], target: Target | None) -> Receipts:
        """Return what becomes of each directive."""
        request = _request(outputs, outputs[0].name, [None] * _count(outputs), None)
        return lower(request).receipts

    def lowered_text(self, outputs: Sequence[Function], target: Target | None) -> str:
        """Return the lowered statement as text."""
        request = _request(outputs, outputs[0].name, [None] * _count(outputs), None)
        return str(lower(request).func.body)


def _count(outputs: Sequence[Function]) -> int:
    return sum(len(f.types) for f in outputs)


def _is_dense(b: Buffer) -> bool:
    return b.dimensions() > 0 and b.dim(0).stride() == 1


def _request(
    outputs: Sequence[Function],
    name: str,
    buffers: Sequence[Buffer | None],
    args: Sequence[Image | Parameter] | None,
) -> Request:
    """Return the request to lower; an output known to have stride 1 is promised so."""
    dims: dict[str, tuple[Dimension, ...]] = {}
    rest = list(buffers)
    for f in outputs:
        for i in range(len(f.types)):
            b = rest.pop(0)
            dense = f.dimensions > 0 and (b is None or _is_dense(b))
            first = Dimension(stride=i64(1) if dense else None)
            others = (Dimension(),) * (f.dimensions - 1)
            if f.dimensions:
                dims[output_buffer(f.name, i, len(f.types))] = (first, *others)
    return Request(c_name(name), outputs, schedule_of(outputs), output_dims=dims, args=args)


def _compile(outputs: Sequence[Function], buffers: Sequence[Buffer], target: Target) -> Compiled:
    start = time.perf_counter()
    lowered = lower(_request(outputs, outputs[0].name, buffers, None))
    middle = time.perf_counter()
    module = LoweredModule(lowered.func.name, (lowered.func,))
    library = codegen.compile_module(module, target)
    return Compiled(lowered, library, CompileTimes(middle - start, time.perf_counter() - middle))


DRIVER = HaloDriver()
