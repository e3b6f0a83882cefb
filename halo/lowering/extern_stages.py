"""Extern stages: the call of the C function that computes a Func's cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from halo.ir.expr import GT, And, Call, CallKind, Expr, i32
from halo.ir.function import Definition, Function, Image
from halo.ir.interval import Interval
from halo.ir.intrinsics import buffer
from halo.ir.lowered import Field, buffer_field
from halo.ir.ranges import larger
from halo.ir.simplify import simplify
from halo.ir.stmt import CallExtern, IfThenElse, Stmt
from halo.lowering.bounds_inference import Box, extern_boxes
from halo.lowering.program import Program
from halo.lowering.reach import Domain
from halo.lowering.splits import extent_of


def call_extern(f: Function, d: Definition, domain: Domain) -> Stmt:
    """Return the call that computes the cells of `f` in `domain`, if there are any.

    The C function gets its arguments in the order of the definition, a buffer for each value of a
    Func, then a buffer for each value of `f`. A Func's buffer is the box that `d` says it reads,
    whatever else of it is stored.

        f(x), which reads g(x - 1 ... x + 1), of 8 cells -> blur(buffer(g, -1, 10), buffer(f, 0, 8))
    """
    assert d.extern is not None
    boxes = iter([box for _, box in extern_boxes(d, domain)])
    call = d.values[0]
    assert isinstance(call, Call)
    args: list[Expr] = []
    for a in call.args:
        if isinstance(a, Call) and isinstance(a.func, Function):
            args.extend(_func_buffers(a.func, a.name, next(boxes)))
        elif isinstance(a, Call) and isinstance(a.func, Image):
            args.append(_image_buffer(a.func))
        else:
            args.append(a)
    own = tuple(domain[arg] for arg in f.args)
    args.extend(_func_buffers(f, f.name, own))
    where = f"{d.where}: " if d.where else ""
    made = CallExtern(d.extern.name, tuple(args), f"{where}extern stage {f.name}: {d.extern.name}")
    some: list[Expr] = [GT(_extent(r), i32(0)) for r in own]
    return IfThenElse(reduce(And, some), made) if some else made


def seen_by_extern_stages(program: Program) -> set[str]:
    """Return the names of the extern stages and of the Funcs that they are given."""
    found: set[str] = set()
    for name, definitions in program.definitions.items():
        for d in definitions:
            found.update(c.name for c in d.whole_arguments() if c.kind is CallKind.FUNC)
            if d.extern is not None:
                found.add(name)
    return found


def _func_buffers(f: Function, name: str, box: Box) -> Sequence[Expr]:
    mins = tuple(_known(r.min) for r in box)
    dims = tuple((_known(r.min), simplify(larger(_extent(r), i32(0)))) for r in box)
    return [buffer(Call(t, name, mins, CallKind.FUNC, f, i), dims) for i, t in enumerate(f.types)]


def _image_buffer(image: Image) -> Expr:
    over = range(image.dimensions)
    mins = tuple(buffer_field(image.name, Field.MIN, i) for i in over)
    dims = tuple((m, buffer_field(image.name, Field.EXTENT, i)) for i, m in enumerate(mins))
    return buffer(Call(image.type, image.name, mins, CallKind.IMAGE, image), dims)


def _extent(r: Interval) -> Expr:
    return extent_of(Interval(_known(r.min), _known(r.max)))


def _known(e: Expr | None) -> Expr:
    assert e is not None
    return e
