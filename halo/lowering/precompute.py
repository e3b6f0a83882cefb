"""Functions of constants, evaluated when the code is made and read as arrays in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from halo.interpret import interpret
from halo.ir.effects import has_effects
from halo.ir.expr import Call, CallKind, Expr, Variable, as_const, i32, i64
from halo.ir.function import Definition, Dimension, Function, Image, SymbolicSize, output_buffer
from halo.ir.interval import Interval
from halo.ir.lowered import Constant
from halo.ir.memory import MemoryDim
from halo.ir.simplify import simplify
from halo.lowering.memory_layout import Layout
from halo.lowering.program import Program, expressions_of, nodes_of, producers_of
from halo.schedule.receipts import Receipts, Status
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule

Known = Callable[[Expr], Expr]
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True)
class Precomputed:
    """The Functions of a program that are arrays of its code.

    Attributes
    ----------
    functions
        By name, as directives rewrote them: they and all they use, linked to one another.
    images
        What stands for each value of a cell; `evaluate` makes their bounds known.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)


def cut_precomputed(
    program: Program, schedules: Mapping[str, FuncSchedule], receipts: Receipts
) -> tuple[Program, Precomputed]:
    """Take the Functions to be precomputed out of `program`; their calls become those of images.

    Requires: no Function is inlined yet.
    Ensures: what only they need is gone, too, and its receipts say so.

    Raises
    ------
    ScheduleError
        One depends on what is known only when the code runs.
    """
    made = Precomputed()
    if all(schedules[name].storage.precompute is None for name in program.functions):
        return program, made
    linked = _linked(program)
    for name, function in program.functions.items():
        entry = schedules[name].storage.precompute
        if entry is not None:
            _need_constant(program, function, entry)
            made.functions[name] = linked[name]
            for i, t in enumerate(function.types):
                image = Image(output_buffer(name, i, len(function.types)), t, [], fixed=True)
                image.dims = [Dimension() for _ in function.args]
                made.images[image.name] = image
    kept = program.map_expressions(lambda e: _cut(e, made, {}))
    alive = _alive(kept)
    for receipt in list(receipts):
        name = receipt.entry.func
        if name in program.functions and name not in alive and name not in made.functions:
            reason = f"{name} is needed only for what is precomputed"
            receipts.add(receipt.entry, Status.WITHOUT_EFFECT, reason)
    functions = {n: f for n, f in program.functions.items() if n in alive}
    definitions = {n: kept.definitions[n] for n in functions}
    return replace(kept, functions=functions, definitions=definitions), made


def _linked(program: Program) -> dict[str, Function]:
    """Return copies of the Functions of `program` whose calls are those of each other."""
    made = {n: Function(n, f.args, [], f.types, f.where) for n, f in program.functions.items()}
    memo: dict[int, Expr] = {}

    def link(e: Expr) -> Expr:
        done = memo.get(id(e))
        if done is None:
            done = e.map_children(link)
            if isinstance(done, Call) and done.kind is CallKind.FUNC:
                done = replace(done, func=made[done.name])
            memo[id(e)] = done
        return done

    for name, function in made.items():
        function.definitions.extend(d.map(link) for d in program.definitions[name])
    return made


def _cut(e: Expr, made: Precomputed, memo: dict[int, Expr]) -> Expr:
    done = memo.get(id(e))
    if done is None:
        done = e.map_children(lambda c: _cut(c, made, memo))
        if isinstance(done, Call) and done.kind is CallKind.FUNC and done.name in made.functions:
            values = len(made.functions[done.name].types)
            image = made.images[output_buffer(done.name, done.value_index, values)]
            done = Call(done.type, image.name, done.args, CallKind.IMAGE, image)
        memo[id(e)] = done
    return done


def _alive(program: Program) -> set[str]:
    found: set[str] = set()
    stack = list(program.outputs)
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(p.name for d in program.definitions[name] for p in producers_of(d))
    return found


def _need_constant(program: Program, function: Function, entry: Entry) -> None:
    name = function.name
    if name in program.outputs:
        what = f"{name} is an output, computed when the code runs"
        refuse(entry, function, what, f"realize it once, and read the Buffer in place of {name}")
    chain: dict[str, str] = {name: name}
    stack = [name]
    while stack:
        at = stack.pop()
        for d in program.definitions[at]:
            why = next(_varying(d), None)
            if why is not None:
                refuse(
                    entry,
                    function,
                    f"it depends on {why}, by {chain[at]}: that is known only when the code runs",
                    "read a Buffer in its place, or compute it: "
                    f"legal: {name}.compute_root(), {name}.compute_at(...)",
                )
            for p in producers_of(d):
                if p.name not in chain:
                    chain[p.name] = f"{chain[at]} -> {p.name}"
                    stack.append(p.name)


def _varying(d: Definition) -> Iterator[str]:
    """Yield what in a definition is not known when the code is made, in words."""
    if d.extern is not None:
        yield f"the C function {d.extern.name}"
    if has_effects(*expressions_of(d)):
        yield "an expression with an effect"
    for n in nodes_of(d):
        if isinstance(n, Call) and isinstance(n.func, Image) and not n.func.fixed:
            yield f"the input {n.func.name}"
        elif isinstance(n, Variable):
            if n.param is not None:
                yield f"Param {n.name}"
            elif isinstance(n.source, Image) and not n.source.fixed:
                yield f"the size of {n.source.name}"
            elif isinstance(n.source, SymbolicSize):
                yield f"the size {n.name}"


def evaluate(
    made: Precomputed,
    schedules: Mapping[str, FuncSchedule],
    needed: Mapping[str, tuple[Interval, ...]],
    known: Known,
) -> tuple[list[Constant], dict[str, Layout]]:
    """Return the arrays, and where in them which cells lie; make the bounds of the images known.

    Parameters
    ----------
    needed
        Image to the box of cells that the program reads.
    known
        Puts values in place of names, where they are known.

    Raises
    ------
    ScheduleError
        The box is not known either.
    """
    constants: list[Constant] = []
    layouts: dict[str, Layout] = {}
    for name, function in made.functions.items():
        names = [output_buffer(name, i, len(function.types)) for i in range(len(function.types))]
        read = [needed[n] for n in names if n in needed]
        if not read:
            continue
        box = _box(function, schedules[name], read, known)
        mins, sizes = [low for low, _ in box], [n for _, n in box]
        cells = interpret(function, sizes, mins)
        for i, buffer in enumerate(names):
            made.images[buffer].dims[:] = [Dimension(i32(low), i32(n)) for low, n in box]
            array = cells if len(names) == 1 else cells[i]
            dims = schedules[name].storage.layout
            layouts[buffer], flat = _laid_out(buffer, array, mins, dims)
            constants.append(Constant(buffer, function.types[i], flat))
    return constants, layouts


def _box(
    function: Function,
    schedule: FuncSchedule,
    read: list[tuple[Interval, ...]],
    known: Known,
) -> list[tuple[int, int]]:
    """Return for each dimension the first cell and the number of cells."""
    box: list[tuple[int, int]] = []
    for d, arg in enumerate(function.args):
        bounds = schedule.bounds.get(arg)
        if bounds and isinstance(bounds.min, int) and isinstance(bounds.extent, int):
            box.append((bounds.min, bounds.extent))
            continue
        lows = [_constant(r[d].min, known) for r in read]
        highs = [_constant(r[d].max, known) for r in read]
        low = min((n for n in lows if n is not None), default=0)
        high = max((n for n in highs if n is not None), default=-1)
        entry = schedule.storage.precompute
        if None in lows or None in highs:
            assert entry is not None
            first, last = read[0][d].min, read[0][d].max
            refuse(
                entry,
                function,
                f"its users need the cells {first} to {last} along {arg}, which are no constants",
                f"promise them: {function.name}.bound({arg}, min, extent)",
            )
        box.append((low, max(high - low + 1, 0)))
    return box


def _constant(e: Expr | None, known: Known) -> int | None:
    value = None if e is None else as_const(simplify(known(e)))
    return None if value is None else int(value)


def _laid_out(
    buffer: str, array: Array, mins: list[int], dims: tuple[MemoryDim, ...]
) -> tuple[Layout, Array]:
    """Return where cells lie in memory of dimensions `dims`, and that memory."""
    cells = array.T  # dimension 0 first
    place = np.zeros(cells.shape, np.int64)
    strides: list[Expr] = []
    size = 1
    for dim in dims:
        n = cells.shape[dim.dimension]
        at = np.arange(n) // dim.divisor
        count = dim.modulus or -(-n // dim.divisor)
        if dim.modulus:
            at %= dim.modulus
        shape = [1] * cells.ndim
        shape[dim.dimension] = n
        place += at.reshape(shape) * size
        strides.append(i64(size))
        size *= -(-count // dim.align) * dim.align
    flat = np.zeros(size, array.dtype)
    flat[place] = cells
    lows = tuple(i32(low) for low in mins)
    return Layout((buffer,), lows, (0,) * cells.ndim, dims, tuple(strides)), flat
