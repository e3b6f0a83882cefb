"""Checks at the entry of a compiled function: do the buffers hold what it reads and writes?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from halo.ir.expr import EQ, GE, GT, LE, Add, And, Expr, Or, StringImm, Sub, Variable, const, i32
from halo.ir.function import Dimension, Function, Image, Parameter, Requirement, output_buffer
from halo.ir.lowered import Field, buffer_field
from halo.ir.simplify import simplify
from halo.ir.stmt import AssertStmt, ErrorCode, IfThenElse, Stmt, block
from halo.lowering.bounds_inference import Box
from halo.lowering.splits import known_end


def add_region_checks(
    body: Stmt,
    needed: Mapping[str, Box],
    outputs: Mapping[str, Function],
    images: Mapping[str, Image],
) -> Stmt:
    """Put in front of `body` that its buffers hold what it touches; skip all for empty outputs.

    Requires: `needed` in terms of outputs' fields and parameters, and bounded.
    Ensures: `body` runs only if every cell it touches lies in its buffer.

    Example: f(x) = in(x + 1) -> assert in.min.0 <= f.min.0 + 1 and the same for the last cell.
    """
    checks: list[Stmt] = []
    for name in images:
        checks.extend(_holds("input", name, needed.get(name, ())))
    some: list[Expr] = []
    for name, f in outputs.items():
        first = output_buffer(name, 0, len(f.types))
        checks.extend(_holds("output", first, needed[name]))
        some.append(_not_empty(first, f.dimensions))
    return IfThenElse(reduce(Or, some), block(*checks, body))


def add_checks_of_inputs(body: Stmt, needed: Mapping[str, Box], inputs: Mapping[str, str]) -> Stmt:
    """Put in front of `body` that some inputs hold what is read of them.

    Requires: `needed` bounded.
    Ensures: `body` runs only if every cell that it reads of `inputs` lies in its buffer; what they
    stand for leads the message.
    """
    checks = [
        check
        for name, title in inputs.items()
        for check in _holds(f"{title}: input", name, needed.get(name, ()))
    ]
    return block(*checks, body)


def add_entry_checks(
    body: Stmt,
    outputs: Mapping[str, Function],
    images: Mapping[str, Image],
    output_dims: Mapping[str, tuple[Dimension, ...]],
) -> Stmt:
    """Put in front of `body` that every promise about a buffer's shape is kept.

    Ensures: where a min, extent or stride is known before it runs, the buffer's is the same, but
    for strides along less than two cells; the buffers of one Tuple have one shape.
    """
    checks: list[Stmt] = []
    for name, image in images.items():
        checks.extend(_promised("input", name, image.dims))
    for name, f in outputs.items():
        n = len(f.types)
        buffers = [output_buffer(name, i, n) for i in range(n)]
        for buffer in buffers:
            checks.extend(_promised("output", buffer, output_dims.get(buffer, ())))
        for other in buffers[1:]:
            checks.extend(_same_shape(buffers[0], other, f.dimensions))
    return block(*checks, body)


def add_requirements(body: Stmt, requirements: Sequence[Requirement]) -> Stmt:
    """Put in front of `body` that what the user requires holds.

    Ensures: `body`, its checks included, runs only if every condition holds.
    """
    made: list[Stmt] = []
    for r in requirements:
        parts = tuple(p.value if isinstance(p, StringImm) else p for p in r.message)
        made.append(AssertStmt(r.condition, ErrorCode.REQUIREMENT, parts))
    return block(*made, body) if made else body


def add_parameter_checks(body: Stmt, parameters: Sequence[Parameter]) -> Stmt:
    """Put in front of `body` that every scalar parameter lies in the range promised for it.

    Requires: all other checks are in `body`; they may rely on the ranges.
    Ensures: `body` runs only if the promises are kept; a NaN keeps none.

    Example: p in [0, 9] -> assert 0 <= p and p <= 9.
    """
    checks: list[Stmt] = []
    for p in parameters:
        # Of a parameter without a range: what is promised would simplify the check away.
        value = Variable(p.type, p.name, Parameter(p.name, p.type))
        low, high = [None if end is None else const(p.type, end) for end in (p.min, p.max)]
        inside: list[Expr] = [GE(value, low)] if low is not None else []
        inside += [LE(value, high)] if high is not None else []
        if inside:
            ends = ("-inf" if low is None else low, ", ", "inf" if high is None else high)
            text = ("parameter '", p.name, "' is ", value, ", its range is [", *ends, "]")
            checks.append(AssertStmt(reduce(And, inside), ErrorCode.BAD_PARAMETER, text))
    return block(*checks, body)


def _promised(role: str, buffer: str, dims: Sequence[Dimension]) -> list[Stmt]:
    made: list[Stmt] = []
    for d, dim in enumerate(dims):
        for what, value, code in (
            (Field.MIN, dim.min, ErrorCode.BAD_EXTENT),
            (Field.EXTENT, dim.extent, ErrorCode.BAD_EXTENT),
            (Field.STRIDE, dim.stride, ErrorCode.BAD_STRIDE),
        ):
            if value is not None:
                has = buffer_field(buffer, what, d)
                kept: Expr = EQ(has, value)
                if what is Field.STRIDE:  # nobody steps along one cell, or none
                    kept = Or(LE(buffer_field(buffer, Field.EXTENT, d), i32(1)), kept)
                text = f"{role} '{buffer}' dimension {d}: {what.value} must be "
                made.append(AssertStmt(kept, code, (text, value, ", got ", has)))
    return made


def _holds(role: str, buffer: str, box: Box) -> list[Stmt]:
    made: list[Stmt] = []
    for d, r in enumerate(box):
        low, high = simplify(known_end(r.min)), simplify(known_end(r.max))
        first = buffer_field(buffer, Field.MIN, d)
        last = simplify(Sub(Add(first, buffer_field(buffer, Field.EXTENT, d)), i32(1)))
        inside = simplify(And(LE(first, low), LE(high, last)))
        message = (
            f"{role} '{buffer}' dimension {d}: cells ",
            low,
            " to ",
            high,
            " are needed, it has ",
            first,
            " to ",
            last,
        )
        made.append(AssertStmt(inside, ErrorCode.OUT_OF_BOUNDS, message))
    return made


def _same_shape(first: str, other: str, dimensions: int) -> list[Stmt]:
    made: list[Stmt] = []
    for d in range(dimensions):
        for what in Field:
            a, b = buffer_field(first, what, d), buffer_field(other, what, d)
            text = f"outputs '{first}' and '{other}' dimension {d}: the {what.value}s differ, "
            made.append(AssertStmt(EQ(a, b), ErrorCode.BAD_EXTENT, (text, a, " and ", b)))
    return made


def _not_empty(buffer: str, dimensions: int) -> Expr:
    conditions: list[Expr] = [
        GT(buffer_field(buffer, Field.EXTENT, d), i32(0)) for d in range(dimensions)
    ]
    return reduce(And, conditions) if conditions else GE(i32(0), i32(0))
