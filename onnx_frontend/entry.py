"""The two public functions of a compiled model, as IR.

``NAME(ctx, inputs..., outputs...)`` checks every buffer, takes one workspace and calls the
kernels in order. ``NAME_sizes(ctx, inputs..., sizes)`` tells a caller in advance what a call with
these inputs needs: the bytes of the workspace, then the extents of each output, outermost first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from halo.ir.expr import (
    EQ,
    GE,
    LE,
    Add,
    Call,
    CallKind,
    Expr,
    Load,
    Or,
    Variable,
    i32,
    i64,
)
from halo.ir.function import Dimension
from halo.ir.intrinsics import intrinsic
from halo.ir.lowered import BufferArg, Field, LoweredFunc, buffer_field
from halo.ir.stmt import (
    Allocate,
    AssertStmt,
    ErrorCode,
    Evaluate,
    LetStmt,
    MemoryType,
    Stmt,
    Store,
    block,
)
from halo.ir.types import Int, Type, UInt
from onnx_frontend.extents import (
    LARGEST,
    describe,
    product,
    saturating_product,
    symbols_of,
    to_serial,
    widen,
)
from onnx_frontend.plan import ALIGNMENT, Workspace

WORKSPACE = "workspace"
Wrap = Callable[[Stmt], Stmt]


@dataclass(frozen=True, slots=True)
class Argument:
    """A buffer of the model: its name there, its name in the code, and its shape as Exprs."""

    name: str
    identifier: str
    type: Type
    shape: tuple[Expr, ...]
    is_output: bool

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{'output' if self.is_output else 'input'} '{self.name}'"

    def extent(self, axis: int) -> Variable:
        """The variable that holds the extent of `axis`, counted from the outermost."""
        return buffer_field(self.identifier, Field.EXTENT, len(self.shape) - 1 - axis)

    def stride(self, axis: int) -> Variable:
        """The variable that holds the stride of `axis`, counted from the outermost."""
        return buffer_field(self.identifier, Field.STRIDE, len(self.shape) - 1 - axis)

    def declaration(self) -> BufferArg:
        """The parameter of the public function."""
        dims = tuple(Dimension() for _ in self.shape)
        return BufferArg(self.identifier, self.type, dims, self.is_output)


@dataclass(frozen=True, slots=True)
class Place:
    """An address: element `offset` (int64) of a buffer, constant or the workspace (of bytes)."""

    name: str
    type: Type
    offset: Expr

    def address(self) -> Expr:
        """The address as an expression."""
        return intrinsic("address_of", Load(self.type, self.name, self.offset))


@dataclass(frozen=True, slots=True)
class Step:
    """A call of `kernel`: per parameter a place or the value of a scalar."""

    kernel: str
    arguments: tuple[Place | Expr, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Two extents that must be equal when the model runs, and the tensor that needs it."""

    a: Expr
    b: Expr
    tensor: str


@dataclass(frozen=True, slots=True)
class Model:
    """What the entry functions are made from.

    `shapes` are those of all tensors of the model, by name: each tensor must have fewer than
    2**31 elements, and at least one where its shape depends on the inputs.
    """

    name: str
    arguments: tuple[Argument, ...]
    requirements: tuple[Requirement, ...]
    shapes: tuple[tuple[str, tuple[Expr, ...]], ...]
    workspace: Workspace
    steps: tuple[Step, ...]

    @property
    def inputs(self) -> tuple[Argument, ...]:
        return tuple(a for a in self.arguments if not a.is_output)

    @property
    def outputs(self) -> tuple[Argument, ...]:
        return tuple(a for a in self.arguments if a.is_output)


def entry_function(model: Model) -> LoweredFunc:
    """Return the function that runs the model."""
    calls = block(*[Evaluate(_call(step)) for step in model.steps])
    body: Stmt = calls
    if any(isinstance(a, Place) and a.name == WORKSPACE for s in model.steps for a in s.arguments):
        size = model.workspace.size
        body = Allocate(WORKSPACE, UInt(8), (size,), calls, MemoryType.Heap)
    wraps = [
        *_input_checks(model),
        *(_assert(check) for output in model.outputs for check in _extent_checks(output)),
        *(_assert(check) for a in model.arguments for check in _stride_checks(a)),
        *(_let(name, value) for name, value in model.workspace.lets),
    ]
    arguments = tuple(a.declaration() for a in model.arguments)
    doc = "Run the model.\n\n" + _describe(model.arguments)
    return LoweredFunc(model.name, arguments, _nest(wraps, body), doc=doc)


def sizes_function(model: Model) -> LoweredFunc:
    """Return the function that tells the workspace's bytes and the outputs' extents."""
    taken = {a.identifier for a in model.arguments}
    name = next(n for n in ("sizes", "sizes_", "sizes__") if n not in taken)
    values = [_workspace_bytes(model)]
    values += [widen(extent) for output in model.outputs for extent in output.shape]
    sizes = Argument(name, name, Int(64), (i32(len(values)),), True)
    stores = [Store(name, value, i64(place)) for place, value in enumerate(values)]
    wraps = [
        *_input_checks(model),
        *(_assert(check) for check in (*_extent_checks(sizes), *_stride_checks(sizes))),
        *(_let(name, value) for name, value in model.workspace.lets),
    ]
    arguments = tuple(a.declaration() for a in (*model.inputs, sizes))
    doc = _SIZES_DOC.format(name=model.name, array=name, count=len(values)) + "".join(
        f"  {name}[{first}...]: the extents of {output.title}, outermost first.\n"
        for output, first in _first_places(model)
    )
    return LoweredFunc(f"{model.name}_sizes", arguments, _nest(wraps, block(*stores)), doc=doc)


_SIZES_DOC = """\
Tell what {name} needs for these inputs, in {array}, an array of {count}:
  {array}[0]: the bytes of a workspace. Without one, memory is allocated in each call.
"""


def _first_places(model: Model) -> Iterator[tuple[Argument, int]]:
    place = 1
    for output in model.outputs:
        yield output, place
        place += len(output.shape)


def _describe(arguments: Sequence[Argument]) -> str:
    """Return a line per argument: its name in the model and its extents, outermost first."""
    lines = []
    for a in arguments:
        extents = ", ".join(describe(to_serial(d)) for d in a.shape)
        lines.append(
            f"{a.identifier} is {a.title}, {a.type}[{extents}], dense, the last innermost."
        )
    return "\n".join(lines) + "\n\n"


def _workspace_bytes(model: Model) -> Expr:
    # A workspace of the caller's may start anywhere; the first byte used is an aligned one.
    return Add(model.workspace.size, i64(ALIGNMENT))


def _call(step: Step) -> Expr:
    arguments = tuple(a.address() if isinstance(a, Place) else a for a in step.arguments)
    return Call(Int(32), step.kernel, arguments, CallKind.EXTERN)


def _nest(wraps: Sequence[Wrap], body: Stmt) -> Stmt:
    for wrap in reversed(wraps):
        body = wrap(body)
    return body


def _let(name: str, value: Expr) -> Wrap:
    return lambda body: LetStmt(name, value, body)


def _assert(check: AssertStmt) -> Wrap:
    return lambda body: block(check, body)


def _input_checks(model: Model) -> Iterator[Wrap]:
    """Bind the symbols, then check whatever the inputs' extents have to fulfil."""
    bound: dict[str, str] = {}
    for argument in model.inputs:
        for axis, extent in enumerate(argument.shape):
            if isinstance(extent, Variable) and extent.name not in bound:
                place = f"{argument.title} dim {axis}"
                bound[extent.name] = place
                field = argument.extent(axis)
                message = (f"{place}: got ", field, ", expected at least 1")
                yield _assert(AssertStmt(GE(field, i32(1)), ErrorCode.BAD_EXTENT, message))
                yield _let(extent.name, field)
    for argument in model.inputs:
        for check in _extent_checks(argument, bound):
            yield _assert(check)
    yield from _size_limit(model)
    yield from _positive_extents(model)
    for requirement in model.requirements:
        yield _assert(_equal_extents(requirement))


def _extent_checks(argument: Argument, bound: dict[str, str] | None = None) -> Iterator[AssertStmt]:
    for axis, expected in enumerate(argument.shape):
        field = argument.extent(axis)
        place = f"{argument.title} dim {axis}"
        origin = (bound or {}).get(expected.name) if isinstance(expected, Variable) else None
        if origin == place:
            continue
        message: tuple[str | Expr, ...] = (f"{place}: got ", field, ", expected ", expected)
        if origin is not None:
            message = (*message, f", as in {origin}")
        code = ErrorCode.BAD_EXTENT
        yield AssertStmt(EQ(field, expected), code, message)


def _stride_checks(argument: Argument) -> Iterator[AssertStmt]:
    inner: list[Expr] = []
    for axis in reversed(range(len(argument.shape))):
        extent, stride = argument.extent(axis), argument.stride(axis)
        expected = product(inner)
        message = (
            f"{argument.title} dim {axis}: got stride ",
            stride,
            ", expected ",
            expected,
            ": the array must be contiguous, its last axis innermost",
        )
        right = Or(EQ(extent, i32(1)), EQ(stride, expected))
        yield AssertStmt(right, ErrorCode.BAD_STRIDE, message)
        inner.append(extent)


def _size_limit(model: Model) -> Iterator[Wrap]:
    """Refuse inputs for which coordinates would leave int32 or sizes would overflow int64."""
    distinct = {
        str([to_serial(d) for d in shape]): shape
        for _, shape in model.shapes
        if any(True for d in shape for _ in symbols_of(d))
    }
    sizes = [saturating_product(shape) for shape in distinct.values()]
    for size in sizes:
        message = (f"these inputs make a tensor of more than {LARGEST} elements",)
        yield _assert(AssertStmt(LE(size, i64(LARGEST)), ErrorCode.BAD_SHAPE, message))


def _positive_extents(model: Model) -> Iterator[Wrap]:
    """Refuse inputs so small that windows do not fit into them."""
    seen: set[str] = set()
    for name, shape in model.shapes:
        for axis, extent in enumerate(shape):
            key = str(to_serial(extent))
            if isinstance(extent, Variable) or key in seen or not any(symbols_of(extent)):
                continue
            seen.add(key)
            message = (
                "these inputs are too small: dim ",
                i32(axis),
                f" of '{name}' would be ",
                extent,
            )
            yield _assert(AssertStmt(GE(extent, i32(1)), ErrorCode.BAD_SHAPE, message))


def _equal_extents(requirement: Requirement) -> AssertStmt:
    a, b = requirement.a, requirement.b
    if a.type != b.type:
        a, b = widen(a), widen(b)
    message = (
        f"{requirement.tensor}: these inputs give it the sizes ",
        a,
        " and ",
        b,
        ", which must be equal",
    )
    return AssertStmt(EQ(a, b), ErrorCode.BAD_SHAPE, message)
