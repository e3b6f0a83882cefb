"""A pipeline as machine code, and its calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import codegen
from halo.buffer import Buffer
from halo.buffer.base import kept
from halo.errors import BufferError, user_location
from halo.ir.function import Image, Parameter
from halo.lang.handlers import JITHandlers
from halo.lang.profile import FuncProfile, ProfileReport
from halo.lowering import Lowered
from halo.schedule.receipts import Receipts

Ranges = tuple[tuple[int | float | None, int | float | None], ...]


def ranges_of(lowered: Lowered) -> Ranges:
    """Return the range that is promised now of each scalar parameter."""
    return tuple((x.min, x.max) for x in lowered.inputs if isinstance(x, Parameter))


@dataclass(frozen=True, slots=True)
class CompileTimes:
    """Where the seconds of a compilation went."""

    lowering: float
    code: float


@dataclass(frozen=True, slots=True)
class Compiled:
    """A pipeline as machine code, made for parameters in `ranges`."""

    lowered: Lowered
    library: codegen.Functions
    externs: codegen.Externs
    caller: codegen.Caller
    times: CompileTimes
    ranges: Ranges

    @property
    def receipts(self) -> Receipts:
        """What became of each directive."""
        return self.lowered.receipts

    def run(
        self, outputs: Sequence[Buffer], handlers: JITHandlers | None = None
    ) -> ProfileReport | None:
        """Compute into `outputs`, reading the images and parameters as they are set now.

        `handlers` are called back; what is printed goes to ``sys.stdout`` without. Return what
        it took if the target has the feature profile.

        Raises
        ------
        BufferError
            An image or parameter has no value, or a buffer does not fit.
        BoundsError
            A buffer does not hold the cells needed.
        """
        return self.call([*map(_value, self.lowered.inputs), *outputs], handlers)

    def call(
        self, args: Sequence[Buffer | int | float], handlers: JITHandlers | None = None
    ) -> ProfileReport | None:
        """Compute, given all inputs and outputs in the order of the function's arguments."""
        plain = [kept(a, _c_buffer) if isinstance(a, Buffer) else a for a in args]
        profiled = self.lowered.func.profiled
        if handlers is None and profiled is None:
            self.caller(plain)
            return None
        custom = handlers or JITHandlers()
        custom.check()
        profile = None
        if profiled is not None:
            profile = codegen.ProfileTable(profiled.names, codegen.available_threads())
        hooks = codegen.Hooks(
            custom.custom_print,
            custom.custom_trace,
            self.externs.table,
            None if profile is None else profile.table,
            custom.custom_malloc,
            custom.custom_free,
        )
        self.library.call(self.lowered.func.name, *plain, hooks=hooks)
        return None if profile is None else _report(profile)


def _report(profile: codegen.ProfileTable) -> ProfileReport:
    funcs = [
        FuncProfile(name, nanoseconds * 1e-9, calls, threads, allocations, total, peak)
        for name, nanoseconds, calls, threads, allocations, peak, total in profile.rows()
    ]
    return ProfileReport(1, funcs[0], tuple(funcs[1:]))


def _c_buffer(b: Buffer) -> codegen.CBuffer:
    return codegen.make_buffer(b.address, b.type(), b.place())


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
