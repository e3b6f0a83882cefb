"""What expressions refer to: Functions with their definitions, images and scalar parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from halo.errors import SourceLocation
from halo.ir.expr import TRUE, Call, CallKind, Expr, Variable
from halo.ir.types import Int, Type


@dataclass(frozen=True, slots=True)
class ReductionVar:
    """One dimension of a reduction domain: `name` runs over min, ..., min + extent - 1."""

    name: str
    min: Expr
    extent: Expr


@dataclass(eq=False, slots=True)
class ReductionDomain:
    """The points that an update definition runs over, `rvars[0]` innermost, where `predicate`.

    It is frozen once a definition uses it.
    """

    name: str
    rvars: tuple[ReductionVar, ...]
    predicate: Expr = TRUE
    frozen: bool = False


@dataclass(slots=True, eq=False)
class SymbolicSize:
    """A size in [min, max] that is known when the compiled function is called.

    `from_data` says that cells tell it while the function runs; others are those of inputs.
    `min` becomes 1 where a shape is only right for a size that is not 0 (`halo.ops.index`).
    """

    name: str
    min: int = 0
    max: int | None = None
    from_data: bool = False


@dataclass(frozen=True, slots=True)
class ExternStage:
    """The C function behind a definition.

    The values of the definition are calls of it, of kind EXTERN, whose arguments are cells of the
    Funcs and images it is given whole, and numbers.

    Attributes
    ----------
    name
        Of the C function.
    reads
        For each Func among the arguments, the least and greatest coordinate that is read in each
        dimension, in terms of `box_end`s.
    implementation
        What `halo.lang.extern` takes for the function; None: it is linked later.
    """

    name: str
    reads: tuple[tuple[tuple[Expr, Expr], ...], ...]
    implementation: Any = None

    def map(self, f: Callable[[Expr], Expr]) -> ExternStage:
        """Return this stage with `f` applied to each of its expressions."""
        reads = tuple(tuple((f(low), f(high)) for low, high in box) for box in self.reads)
        return ExternStage(self.name, reads, self.implementation)


def box_end(arg: str, what: str) -> Variable:
    """Return what stands in `ExternStage.reads` for the ``min`` or ``max`` along `arg`."""
    return Variable(Int(32), f"{arg}.{what}")


@dataclass(frozen=True, slots=True)
class Definition:
    """One stage: cell `args` takes `values` for every point of the stage's domain.

    The pure definition (stage 0) has a distinct pure variable for each of `args` and no `rvars`.
    An update definition runs `rvars` in order, the first innermost, where `predicate` holds; its
    `args` are any int32 expressions, and a pure variable of the Func may stand only at its own
    place on the left. With `extern` a C function computes all cells of a box at once.
    """

    args: tuple[Expr, ...]
    values: tuple[Expr, ...]
    rvars: tuple[ReductionVar, ...] = ()
    predicate: Expr = TRUE
    where: SourceLocation | None = None
    extern: ExternStage | None = None

    def map(self, f: Callable[[Expr], Expr]) -> Definition:
        """Return this definition with `f` applied to each of its expressions."""
        return Definition(
            tuple(f(a) for a in self.args),
            tuple(f(v) for v in self.values),
            tuple(ReductionVar(r.name, f(r.min), f(r.extent)) for r in self.rvars),
            f(self.predicate),
            self.where,
            None if self.extern is None else self.extern.map(f),
        )

    def expressions(self) -> tuple[Expr, ...]:
        """Return every expression of this definition: values, left side, predicate, domain."""
        domain = (e for r in self.rvars for e in (r.min, r.extent))
        return (*self.values, *self.args, self.predicate, *domain)

    def whole_arguments(self) -> tuple[Call, ...]:
        """Return the Funcs and images that the C function behind it is given whole, as calls."""
        if self.extern is None:
            return ()
        call = self.values[0]
        assert isinstance(call, Call)
        kinds = (CallKind.FUNC, CallKind.IMAGE)
        return tuple(a for a in call.args if isinstance(a, Call) and a.kind in kinds)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition that must hold when a pipeline is called, and the parts of the message if not."""

    condition: Expr
    message: tuple[Expr, ...]


@dataclass(eq=False, slots=True)
class Function:
    """A named array of cells over the integer grid and the definitions that fill it.

    Attributes
    ----------
    name
        Unique among all Functions of the process.
    args
        Names of the pure variables, first dimension first (innermost in memory by default).
    definitions
        Stage 0 is the pure definition, the rest are updates in order. Empty: not yet defined.
    types
        Element type of each Tuple element.
    frozen
        Whether another Function uses it or it has been realized: no further definitions then.
    schedule_log
        The `halo.schedule.methods.ScheduleLog` with the user's directives, None where there are
        none.
    handlers
        The `halo.lang.handlers.JITHandlers` of the calls that compute it; None: all defaults.
    times
        The `halo.lang.times.RealizeTimes` of the last call that computed it first.
    profile
        The `halo.lang.profile.ProfileReport` of profiled calls that computed it first.
    requirements
        What must hold when a pipeline runs that has this as its first output.
    required_types, required_dimensions
        What the pure definition must have; empty and None: anything.
    output_images
        What is promised of the buffers its cells leave in where it is an output, one for each of
        `types`; empty until somebody asks for them.
    """

    name: str
    args: tuple[str, ...] = ()
    definitions: list[Definition] = field(default_factory=list)
    types: tuple[Type, ...] = ()
    where: SourceLocation | None = None
    frozen: bool = False
    schedule_log: Any = None
    handlers: Any = None
    profile: Any = None
    times: Any = None
    requirements: list[Requirement] = field(default_factory=list)
    output_images: list[Image] = field(default_factory=list)
    required_types: tuple[Type, ...] = ()
    required_dimensions: int | None = None

    @property
    def dimensions(self) -> int:
        return len(self.args)

    @property
    def is_defined(self) -> bool:
        return bool(self.definitions)

    @property
    def has_updates(self) -> bool:
        return len(self.definitions) > 1


@dataclass(frozen=True, slots=True)
class Dimension:
    """What is known of one dimension of a buffer before it runs; None where nothing is."""

    min: Expr | None = None
    extent: Expr | None = None
    stride: Expr | None = None


@dataclass(eq=False, slots=True)
class Image:
    """An array that enters or leaves: behind an ImageParam, a Buffer, or an output.

    Attributes
    ----------
    dims
        What is promised of each dimension.
    buffer
        The run-time array, a `halo.buffer.Buffer`; None until it is set, and for outputs.
    schedule_log
        The directives given for it, a `halo.schedule.methods.EntryLog`.
    alignment
        Bytes that its address is promised to be a multiple of; 0: nothing is promised.
    estimates
        Dimension to the (min, extent) that are typical of it.
    fixed
        Whether `buffer` is what it stands for, and not only what it is set to for now.
    is_output
        Whether cells leave in it. The stride of dimension 0 of an output is 1 even without a
        promise, unless the buffer to fill is there and has another, or ``free_stride`` is set.
    """

    name: str
    type: Type
    dims: list[Dimension]
    buffer: Any = None
    schedule_log: Any = None
    alignment: int = 0
    estimates: dict[int, tuple[Expr, Expr]] = field(default_factory=dict)
    fixed: bool = False
    is_output: bool = False
    free_stride: bool = False

    @property
    def dimensions(self) -> int:
        return len(self.dims)


def output_buffer(name: str, value_index: int, values: int) -> str:
    """Return the name of the buffer that holds value `value_index` of output `name`."""
    return name if values == 1 else f"{name}.{value_index}"


def output_images(function: Function) -> list[Image]:
    """Return the buffers of a defined `function`, one for each value, with what is promised."""
    return function.output_images or [
        Image(
            output_buffer(function.name, i, len(function.types)),
            t,
            [Dimension() for _ in function.args],
            is_output=True,
        )
        for i, t in enumerate(function.types)
    ]


@dataclass(eq=False, slots=True)
class Parameter:
    """A scalar parameter: its run-time value, the range it is promised to stay in, an estimate."""

    name: str
    type: Type
    value: int | float | None = None
    min: int | float | None = None
    max: int | float | None = None
    estimate: int | float | None = None
