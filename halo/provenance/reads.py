"""What the definitions of a program read, as isl is asked about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from halo.ir.expr import LE, TRUE, And, Call, CallKind, Expr, Variable, i32
from halo.ir.function import Definition, Function, Image, box_end
from halo.ir.interval import Interval
from halo.ir.lowered import Field, buffer_field
from halo.ir.substitute import calls_of, find, substitute
from halo.ir.types import Int
from halo.lowering.program import producers_of
from halo.polyhedral import Ranges
from halo.polyhedral.chain import Read
from halo.schedule.state import pure_vars


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read stands: `call` in definition `stage` of `function`, or what that writes."""

    function: Function
    stage: int
    call: Call
    writes: bool = False

    @property
    def definition(self) -> Definition:
        return self.function.definitions[self.stage]


def functions_first_read_first(outputs: Sequence[Function]) -> list[Function]:
    """Return `outputs` and all Functions they read, each after those that it reads itself."""
    done: dict[str, Function] = {}
    stack: list[tuple[Function, Iterator[Function]]] = []
    for output in outputs:
        if output.name not in done:
            stack.append((output, _producers(output)))
        while stack:
            function, rest = stack[-1]
            following = next((p for p in rest if p.name not in done), None)
            if following is not None:
                stack.append((following, _producers(following)))
            else:
                stack.pop()
                done[function.name] = function
    return list(done.values())


def _producers(function: Function) -> Iterator[Function]:
    for d in function.definitions:
        yield from (p for p in producers_of(d) if p is not function)


def reads_of(functions: Sequence[Function]) -> dict[Read, Place]:
    """Return every read of a Func or image in the definitions of `functions`.

    The iterations of an update run for all cells with the same pure coordinates.
    """
    found: dict[Read, Place] = {}
    for f in functions:
        for stage, d in enumerate(f.definitions):
            loops = _loops(f, d)
            pure = set(pure_vars(f, d))
            if d.extern is not None:
                found.update(_extern_reads(f, d, loops))
                continue
            own = tuple(Variable(Int(32), a) if a in pure else None for a in f.args)
            asked = set(map(id, calls_of(d.predicate)))
            for call in calls_of((*d.values, *d.args, d.predicate)):
                if call.kind in (CallKind.FUNC, CallKind.IMAGE):
                    where = TRUE if id(call) in asked else d.predicate
                    read = Read(f.name, call.name, loops, own, call.args, where)
                    found[read] = Place(f, stage, call)
            if stage:  # an update touches what it writes, too
                written = Call(f.types[0], f.name, d.args, CallKind.FUNC, f)
                read = Read(f.name, f.name, loops, own, d.args, d.predicate)
                found[read] = Place(f, stage, written, writes=True)
    return found


def _extern_reads(f: Function, d: Definition, loops: Ranges) -> Iterator[tuple[Read, Place]]:
    """Yield what a C function may read: for one cell, the box that one needs."""
    at = {a: Variable(Int(32), a) for a in f.args}
    ends = {box_end(a, end).name: at[a] for a in f.args for end in ("min", "max")}
    boxes = iter(d.extern.reads if d.extern else ())
    for call in d.whole_arguments():
        box = next(boxes) if call.kind is CallKind.FUNC else None
        size = call.func.dimensions if isinstance(call.func, (Function, Image)) else 0
        cell = tuple(Variable(Int(32), f"{call.name}.{i}") for i in range(size))
        where: Expr = TRUE
        for v, (low, high) in zip(cell, box or (), strict=box is not None):
            inside = And(LE(substitute(low, ends), v), LE(v, substitute(high, ends)))
            where = And(where, inside)
        inner = {v.name: Interval(None, None) for v in cell}
        read = Read(f.name, call.name, {**loops, **inner}, tuple(at.values()), cell, where)
        yield read, Place(f, 0, call)


def _loops(f: Function, d: Definition) -> Ranges:
    loops = {name: Interval(None, None) for name in pure_vars(f, d)}
    return loops | {r.name: Interval(r.min, r.min + r.extent - 1) for r in d.rvars}


def known_values(functions: Sequence[Function]) -> dict[str, int]:
    """Return the values that parameters and sizes of input buffers have now."""
    known: dict[str, int] = {}
    for f in functions:
        for d in f.definitions:
            bounds = tuple(e for r in d.rvars for e in (r.min, r.extent))
            roots = (*d.values, *d.args, d.predicate, *bounds)
            for v in find(roots, Variable):
                if v.param is not None and isinstance(v.param.value, int):
                    known[v.name] = v.param.value
                elif isinstance(v.source, Image):
                    known |= field_values(v.source)
    return known


def field_values(image: Image) -> dict[str, int]:
    """Return the fields of the buffer that `image` has now, by the names they have in Exprs."""
    b = image.buffer
    if b is None:
        return {}
    values = {Field.MIN: b.mins, Field.EXTENT: b.shape, Field.STRIDE: b.strides}
    return {
        buffer_field(image.name, what, d).name: int(each[d])
        for what, each in values.items()
        for d in range(image.dimensions)
    }


def as_ranges(values: dict[str, int]) -> Ranges:
    """Return each value as the interval that holds it alone."""
    return {name: Interval(i32(v), i32(v)) for name, v in values.items() if abs(v) < 1 << 31}
