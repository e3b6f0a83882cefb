"""Stages of a run, and loops, as statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from halo.ir.expr import (
    EQ,
    LT,
    Add,
    And,
    Call,
    CallKind,
    Cast,
    Div,
    Expr,
    Load,
    Mul,
    Or,
    Variable,
    const,
    i32,
    i64,
)
from halo.ir.growing import Grow, Growing
from halo.ir.stmt import (
    Allocate,
    AssertStmt,
    ErrorCode,
    Evaluate,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    MemoryType,
    Stmt,
    Store,
    block,
)
from halo.ir.types import Bool, Int, Type, UInt
from onnx_frontend.entry_model import Cells, Guarded, Hold, Loop, Place, Stage, Step
from onnx_frontend.extents import product, widen
from onnx_frontend.general_loop import CHUNK
from onnx_frontend.plan import Workspace
from onnx_frontend.run_checks import Checks

Wrap = Callable[[Stmt], Stmt]
"""Puts what is done first in front of, or around, what is done after it."""


def nest(wraps: Sequence[Wrap], body: Stmt) -> Stmt:
    """Return `body` inside of all of `wraps`, the first outermost."""
    for wrap in reversed(wraps):
        body = wrap(body)
    return body


def let(name: str, value: Expr) -> Wrap:
    """Bind `name`."""
    return lambda body: LetStmt(name, value, body)


def asserted(checks: Iterable[AssertStmt]) -> Iterator[Wrap]:
    """Test `checks`."""
    return (_before(check) for check in checks)


def _before(s: Stmt) -> Wrap:
    return lambda body: block(s, body)


def begun(stage: Stage, checks: Checks) -> Iterator[Wrap]:
    """Bind the sizes of `stage` and test whatever depends on them."""
    for bind in stage.binds:
        for name, place in bind.cells:
            yield let(name, Load(place.type, place.name, place.offset))
        yield let(bind.name, bind.value)
    yield from asserted(checks.after(stage))


def ends_of_slots(plan: Workspace) -> Iterator[Wrap]:
    """Bind the ends of the slots of `plan`."""
    return (let(name, value) for name, value in plan.lets)


def computed(stage: Stage, checks: Checks) -> Iterator[Wrap]:
    """Take the memory of a stage and do its steps; its sizes are bound already."""
    yield from ends_of_slots(stage.plan)
    if stage.workspace in set(memory_names(stage.steps)):
        yield _memory(stage.workspace, UInt(8), stage.plan.size)
    yield from map(_cells, stage.cells)
    steps = [_any_step(s, checks) for s in stage.steps]
    yield lambda body: block(*steps, body)


def _any_step(step: Step | Loop | Guarded | Hold, checks: Checks) -> Stmt:
    match step:
        case Loop():
            return _loop(step, checks)
        case Guarded():
            nothing = [_put(place, const(place.type, 0)) for place in step.otherwise]
            done = _any_step(step.step, checks)
            return IfThenElse(step.condition, done, block(*nothing) if nothing else None)
        case _:
            return _done(step)


def memory_names(steps: Iterable[Step | Loop | Guarded | Hold]) -> Iterator[str]:
    """Yield the names of the memory that `steps` use."""
    for step in steps:
        match step:
            case Guarded():
                yield from memory_names((step.step,))
                yield from (place.name for place in step.otherwise)
            case Loop():
                yield from memory_names((*step.begin, *step.end))
                yield from (n for stage in step.stages for n in memory_names(stage.steps))
                yield from (cells.name for cells in step.cells)
            case Hold():
                yield from (step.memory, step.extents.name)
            case Step():
                yield from (a.name for a in step.arguments if isinstance(a, Place))


def _cells(cells: Cells) -> Wrap:
    if cells.growing:
        return lambda body: Growing(cells.name, cells.type, body)
    return _memory(cells.name, cells.type, product(cells.shape))


def _memory(name: str, type: Type, count: Expr) -> Wrap:
    return lambda body: Allocate(name, type, (count,), body, MemoryType.Heap)


def _done(step: Step | Hold) -> Stmt:
    return _held(step) if isinstance(step, Hold) else _call(step)


def _held(hold: Hold) -> Stmt:
    """Return what has memory hold enough cells, and tells sizes."""
    at = [replace(hold.extents, offset=i64(i)) for i in range(len(hold.sizes))]
    sizes = [widen(size) for size in hold.sizes]
    checks: list[Stmt] = []
    if hold.free is not None:
        for axis, (place, size) in enumerate(zip(at, sizes, strict=True)):
            before = Load(place.type, place.name, place.offset)
            message = (f"{hold.what}: dim {axis} of a piece is ", size, ", of others ", before)
            same = Or(hold.free, EQ(before, size))
            checks.append(AssertStmt(same, ErrorCode.BAD_SHAPE, message))
    told = [_put(place, size) for place, size in zip(at, sizes, strict=True)]
    return block(*checks, Grow(hold.memory, hold.count), *told)


def _call(step: Step) -> Stmt:
    arguments = tuple(a.address() if isinstance(a, Place) else a for a in step.arguments)
    return Evaluate(Call(Int(32), step.kernel, arguments, CallKind.EXTERN))


def _put(place: Place, value: Expr) -> Stmt:
    return Store(place.name, value, place.offset)


def _loop(loop: Loop, checks: Checks) -> Stmt:
    """Return what does all steps of a loop."""
    number = Variable(Int(32), loop.number)
    first = [_done(step) for step in loop.begin]
    if loop.going is not None:
        first.append(_put(loop.going, const(Bool(), 1)))
    if loop.steps is not None:
        first.append(_put(loop.steps, i64(0)))
    done = block(*first, _repeated(loop, _step(loop, number, checks), number))
    wraps = [*ends_of_slots(loop.plan)]
    if loop.plan.offsets:
        wraps.append(_memory(loop.workspace, UInt(8), loop.plan.size))
    return nest([*wraps, *map(_cells, loop.cells)], done)


def _step(loop: Loop, number: Variable, checks: Checks) -> Stmt:
    """Return a step of a loop."""
    wraps: list[Wrap] = []
    for stage in loop.stages:
        wraps += [*begun(stage, checks), *computed(stage, checks)]
    last = [_done(step) for step in loop.end]
    if loop.steps is not None:
        last.append(_put(loop.steps, Add(Cast(Int(64), number), i64(1))))
    return block(_put(loop.step, Cast(Int(64), number)), nest(wraps, block(*last)))


def _repeated(loop: Loop, step: Stmt, number: Variable) -> Stmt:
    """Return `step` done as often as it has to be."""
    if loop.going is None:
        return For(number.name, i32(0), loop.count, ForKind.SERIAL, step)
    going = Load(Bool(), loop.going.name, loop.going.offset)
    chunk = Variable(Int(32), f"{number.name}_chunk")
    place = Variable(Int(32), f"{number.name}_place")
    left = And(going, LT(number, loop.count))
    numbered = LetStmt(number.name, Add(Mul(chunk, i32(CHUNK)), place), IfThenElse(left, step))
    within = For(place.name, i32(0), i32(CHUNK), ForKind.SERIAL, numbered)
    chunks = Div(Add(loop.count, i32(CHUNK - 1)), i32(CHUNK))
    return For(chunk.name, i32(0), chunks, ForKind.SERIAL, IfThenElse(going, within))
