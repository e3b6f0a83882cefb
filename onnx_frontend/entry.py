"""The two public functions of a compiled model, as IR.

``NAME(ctx, inputs..., outputs...)`` checks every buffer, takes one workspace and calls the
kernels in order. ``NAME_sizes(ctx, inputs..., sizes)`` tells a caller in advance what a call with
these inputs needs: the bytes of the workspace, then the extents of each output, outermost first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from halo.ir.expr import EQ, GE, Add, Expr, Or, Variable, i32, i64
from halo.ir.function import SymbolicSize
from halo.ir.lowered import LoweredFunc
from halo.ir.stmt import AssertStmt, ErrorCode, Store, block
from halo.ir.types import Int
from onnx_frontend.entry_model import Argument, Hold, Model
from onnx_frontend.extents import describe, product, to_serial, widen
from onnx_frontend.plan import ALIGNMENT
from onnx_frontend.run_checks import Checks
from onnx_frontend.run_code import (
    Wrap,
    asserted,
    begun,
    computed,
    ends_of_slots,
    let,
    memory_names,
    nest,
)


def entry_function(model: Model) -> LoweredFunc:
    """Return the function that runs the model."""
    wraps = [*_checked_inputs(model)]
    checks = Checks(model, [c for o in model.outputs for c in _extent_checks(o)])
    wraps += asserted(checks.known())
    wraps += asserted(check for a in model.arguments for check in _stride_checks(a))
    for stage in model.stages:
        wraps += begun(stage, checks)
        wraps += computed(stage, checks)
    arguments = tuple(a.declaration() for a in model.arguments)
    doc = "Run the model.\n\n" + _describe(model.arguments)
    return LoweredFunc(model.name, arguments, nest(wraps, block()), doc=doc)


def sizes_function(model: Model) -> LoweredFunc:
    """Return the function that tells the workspace's bytes and the outputs' extents.

    Kernels are called as far as sizes depend on what they compute.
    """
    taken = {a.identifier for a in model.arguments}
    taken.update(n for stage in model.stages for n in memory_names(stage.steps))
    name = next(n for n in ("sizes", "sizes_", "sizes__") if n not in taken)
    values = [_workspace_bytes(model)]
    values += [widen(extent) for output in model.outputs for extent in output.shape]
    sizes = Argument(name, name, Int(64), (i32(len(values)),), True)
    stores = [Store(name, value, i64(place)) for place, value in enumerate(values)]
    checks = Checks(model, [])
    wraps = [*_checked_inputs(model), *asserted(checks.known())]
    wraps += asserted([*_extent_checks(sizes), *_stride_checks(sizes)])
    if len(model.stages) > 1 or model.stages[0].binds:
        wraps += asserted(check for a in model.inputs for check in _stride_checks(a))
    for stage in model.stages[:-1]:
        wraps += begun(stage, checks)
        steps = tuple(s for s in stage.steps if not isinstance(s, Hold) and s.tells_size)
        own = replace(stage, cells=(*stage.cells, *stage.results), steps=steps)
        wraps += computed(own, checks)
    wraps += begun(model.stages[-1], checks)
    wraps += ends_of_slots(model.stages[-1].plan)
    arguments = tuple(a.declaration() for a in (*model.inputs, sizes))
    doc = _SIZES_DOC.format(name=model.name, array=name, count=len(values)) + "".join(
        f"  {name}[{first}...]: the extents of {output.title}, outermost first.\n"
        for output, first in _first_places(model)
    )
    return LoweredFunc(f"{model.name}_sizes", arguments, nest(wraps, block(*stores)), doc=doc)


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
        for cells in (c for c in stage.cells if not c.growing):
            size = Add(product((i64(cells.type.bytes()), *cells.shape)), i64(ALIGNMENT))
            total = Add(total, size)
    return total


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
                yield from asserted(
                    [AssertStmt(GE(field, i32(low)), ErrorCode.BAD_EXTENT, message)]
                )
                yield let(extent.name, field)
    for argument in model.inputs:
        yield from asserted(_extent_checks(argument, bound))


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
