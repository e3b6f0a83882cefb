"""The two public functions of a compiled model, as IR.

``NAME(ctx, inputs..., outputs...)`` checks every buffer, takes one workspace and calls the
kernels in order. ``NAME_sizes(ctx, inputs..., sizes)`` tells a caller in advance what a call with
these inputs needs: the bytes of the workspace, then the extents of each output, outermost first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from halo.ir.expr import (
    EQ,
    GE,
    LE,
    Add,
    Call,
    CallKind,
    Expr,
    Load,
    Min,
    Or,
    Variable,
    as_const,
    i32,
    i64,
)
from halo.ir.function import SymbolicSize
from halo.ir.lowered import LoweredFunc
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
from halo.ir.substitute import walk
from halo.ir.types import Int, Type, UInt
from halo.ops.tensor import LARGEST
from onnx_frontend.entry_model import Argument, Model, Place, Requirement, Stage, Step
from onnx_frontend.extents import (
    describe,
    product,
    saturating_product,
    symbols_of,
    to_serial,
    widen,
)
from onnx_frontend.plan import ALIGNMENT
from onnx_frontend.wanted_sizes import only_symbol, wanted_sizes

WORKSPACE = "workspace"
Wrap = Callable[[Stmt], Stmt]


def entry_function(model: Model) -> LoweredFunc:
    """Return the function that runs the model."""
    wraps = [*_checked_inputs(model)]
    checks = _Checks(model, [c for o in model.outputs for c in _extent_checks(o)])
    wraps += checks.known()
    wraps += [_assert(check) for a in model.arguments for check in _stride_checks(a)]
    for stage in model.stages:
        wraps += checks.after(stage)
        wraps += _computed(stage)
    arguments = tuple(a.declaration() for a in model.arguments)
    doc = "Run the model.\n\n" + _describe(model.arguments)
    return LoweredFunc(model.name, arguments, _nest(wraps, block()), doc=doc)


def sizes_function(model: Model) -> LoweredFunc:
    """Return the function that tells the workspace's bytes and the outputs' extents.

    Kernels are called as far as sizes depend on what they compute.
    """
    taken = {a.identifier for a in model.arguments}
    name = next(n for n in ("sizes", "sizes_", "sizes__") if n not in taken)
    values = [_workspace_bytes(model)]
    values += [widen(extent) for output in model.outputs for extent in output.shape]
    sizes = Argument(name, name, Int(64), (i32(len(values)),), True)
    stores = [Store(name, value, i64(place)) for place, value in enumerate(values)]
    checks = _Checks(model, [])
    wraps = [*_checked_inputs(model), *checks.known()]
    wraps += [_assert(check) for check in (*_extent_checks(sizes), *_stride_checks(sizes))]
    if len(model.stages) > 1 or model.stages[0].binds:
        wraps += [_assert(check) for a in model.inputs for check in _stride_checks(a)]
    for stage in model.stages[:-1]:
        wraps += checks.after(stage)
        steps = tuple(step for step in stage.steps if step.tells_size)
        own = replace(stage, cells=(*stage.cells, *stage.results), steps=steps)
        wraps += _computed(own)
    wraps += checks.after(model.stages[-1])
    wraps += _lets(model.stages[-1])
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
    total: Expr = i64(ALIGNMENT)
    for stage in model.stages:
        total = Add(stage.plan.size, total)
        for cells in stage.cells:
            size = Add(product((i64(cells.type.bytes()), *cells.shape)), i64(ALIGNMENT))
            total = Add(total, size)
    return total


def _lets(stage: Stage) -> Iterator[Wrap]:
    """Bind the stage's sizes and the ends of its slots."""
    return (_let(name, value) for name, value in stage.plan.lets)


def _binds(stage: Stage) -> Iterator[Wrap]:
    for bind in stage.binds:
        for name, place in bind.cells:
            yield _let(name, Load(place.type, place.name, place.offset))
        yield _let(bind.name, bind.value)


def _computed(stage: Stage) -> Iterator[Wrap]:
    """Take the memory of a stage and call its kernels; its sizes are bound already."""
    yield from _lets(stage)
    places = [a for s in stage.steps for a in s.arguments if isinstance(a, Place)]
    if any(place.name == stage.workspace for place in places):
        yield _memory(stage.workspace, UInt(8), stage.plan.size)
    for cells in stage.cells:
        yield _memory(cells.name, cells.type, product(cells.shape))
    calls = [Evaluate(_call(step)) for step in stage.steps]
    yield lambda body: block(*calls, body)


def _memory(name: str, type: Type, count: Expr) -> Wrap:
    return lambda body: Allocate(name, type, (count,), body, MemoryType.Heap)


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


def _checked_inputs(model: Model) -> Iterator[Wrap]:
    """Bind the symbols, then check whatever the inputs' extents have to fulfil."""
    bound: dict[str, str] = {}
    for argument in model.inputs:
        for axis, extent in enumerate(argument.shape):
            if isinstance(extent, Variable) and extent.name not in bound:
                place = f"{argument.title} dim {axis}"
                bound[extent.name] = place
                field = argument.extent(axis)
                low = extent.source.min if isinstance(extent.source, SymbolicSize) else 0
                message = (f"{place}: got ", field, f", expected at least {low}")
                yield _assert(AssertStmt(GE(field, i32(low)), ErrorCode.BAD_EXTENT, message))
                yield _let(extent.name, field)
    for argument in model.inputs:
        for check in _extent_checks(argument, bound):
            yield _assert(check)


class _Checks:
    """The checks of a model, each as soon as the sizes in it are known."""

    def __init__(self, model: Model, others: Sequence[AssertStmt]) -> None:
        demands = [*_extents_in_range(model), *map(_equal_extents, model.requirements)]
        checks = [*_size_limit(model), *_in_words(model, demands)]
        self._later = {bind.name for stage in model.stages for bind in stage.binds}
        self._open = [*checks, *others]

    def known(self) -> list[Wrap]:
        """Return the checks that can be made now."""
        ready = [c for c in self._open if self._later.isdisjoint(symbols_of(c.condition))]
        self._open = [c for c in self._open if c not in ready]
        return [_assert(check) for check in ready]

    def after(self, stage: Stage) -> list[Wrap]:
        """Return the definitions of the stage's sizes, and the checks that these allow."""
        self._later -= {bind.name for bind in stage.binds}
        return [*_binds(stage), *self.known()]


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


def _size_limit(model: Model) -> Iterator[AssertStmt]:
    """Refuse inputs for which coordinates would leave int32 or sizes would overflow int64."""
    distinct = {
        str([to_serial(d) for d in shape]): shape
        for _, shape in model.shapes
        if any(True for d in shape for _ in symbols_of(d))
    }
    sizes = [saturating_product(shape) for shape in distinct.values()]
    for size in sizes:
        message = (f"these inputs make a tensor of more than {LARGEST} elements",)
        yield AssertStmt(LE(size, i64(LARGEST)), ErrorCode.BAD_SHAPE, message)


def _extents_in_range(model: Model) -> Iterator[AssertStmt]:
    """Refuse inputs so small that windows do not fit into them."""
    seen: set[str] = set()
    for name, shape in model.shapes:
        for axis, extent in enumerate(shape):
            key = str(to_serial(extent))
            if _is_size(extent) or key in seen or not any(True for _ in symbols_of(extent)):
                continue
            seen.add(key)
            message = (
                "these inputs are too small: dim ",
                i32(axis),
                f" of '{name}' would be ",
                extent,
            )
            yield AssertStmt(GE(extent, _least(extent)), ErrorCode.BAD_SHAPE, message)


def _in_words(model: Model, demands: Sequence[AssertStmt]) -> Iterator[AssertStmt]:
    """Have demands on one size of an input begin with it, and with what it should be."""
    places: dict[str, str] = {}
    for argument in model.inputs:
        for axis, extent in enumerate(argument.shape):
            if isinstance(extent, Variable):
                places.setdefault(extent.name, f"{argument.title} dim {axis}")
    of: dict[str, list[AssertStmt]] = {}
    for demand in demands:
        symbol = only_symbol(demand.condition, places)
        if symbol is not None:
            of.setdefault(symbol, []).append(demand)
    words = {symbol: wanted_sizes([d.condition for d in own], symbol) for symbol, own in of.items()}
    for demand in demands:
        symbol = only_symbol(demand.condition, places)
        if symbol is None or not words[symbol]:
            yield demand
            continue
        got = (f"{places[symbol]}: got ", Variable(Int(32), symbol))
        wanted = f", the model needs {words[symbol]}: "
        yield AssertStmt(demand.condition, demand.code, (*got, wanted, *demand.message))


def _least(extent: Expr) -> Expr:
    """Return 1, but 0 where a size that `extent` is made of is 0 or told by data."""
    least: Expr = i32(1)
    for v in walk(extent):
        if isinstance(v, Variable):
            told = not isinstance(v.source, SymbolicSize) or v.source.from_data
            least = i32(0) if told or as_const(least) == 0 else Min(least, v)
    return least


def _is_size(extent: Expr) -> bool:
    """Whether `extent` is a symbol that is not negative."""
    if not isinstance(extent, Variable):
        return False
    return not isinstance(extent.source, SymbolicSize) or extent.source.min >= 0


def _equal_extents(requirement: Requirement) -> AssertStmt:
    a, b = requirement.a, requirement.b
    if a.type != b.type:
        a, b = widen(a), widen(b)
    message: tuple[str | Expr, ...] = (
        f"{requirement.tensor}: these inputs give it the sizes ",
        a,
        " and ",
        b,
        ", which must be equal",
    )
    if requirement.otherwise:
        message = (f"{requirement.tensor}: {requirement.otherwise}",)
    return AssertStmt(EQ(a, b), ErrorCode.BAD_SHAPE, message)
