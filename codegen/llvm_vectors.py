"""Vectors made of scalars, of other vectors, and combined to fewer lanes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from codegen.llvm_arithmetic import operate, smaller
from codegen.llvm_context import Context
from codegen.llvm_types import (
    Value,
    filled,
    float_text,
    int_text,
    lanes_type,
    suffix,
    vector_constant,
)
from codegen.llvm_walk import expression
from halo.ir.cross_lane import ReduceOp, Shuffle, VectorReduce
from halo.ir.expr import Broadcast, Ramp
from halo.ir.types import Type


def _broadcast(ctx: Context, e: Broadcast) -> Value:
    return splat(ctx, expression(ctx, e.value), e.lanes)


def splat(ctx: Context, scalar: Value, lanes: int) -> Value:
    """Return the vector of `lanes` copies of `scalar`."""
    if scalar.owner == 0 and not scalar.text.startswith("@"):
        return filled(scalar.type, scalar.text, lanes)
    return ctx.spread(scalar, lanes)


def _ramp(ctx: Context, e: Ramp) -> Value:
    t = e.type
    base, stride = (splat(ctx, expression(ctx, x), e.lanes) for x in (e.base, e.stride))
    element = t.element
    texts = [
        float_text(float(i)) if t.is_float() else int_text(t.bits(), element.wrap(i))
        for i in range(e.lanes)
    ]
    lanes = vector_constant(base.type.split()[-1].strip(">"), texts)
    return operate(ctx, "add", t, base, operate(ctx, "mul", t, lanes, stride))


def picked(ctx: Context, a: Value, b: Value | None, lanes: Sequence[int]) -> Value:
    """Return lanes of the concatenation of vectors a and b, which have one type."""
    element = a.type.split()[-1].strip(">")
    other = b.text if b is not None else "poison"
    mask = vector_constant("i32", [str(i) for i in lanes])
    result = f"<{len(lanes)} x {element}>"
    return ctx.emit(result, f"shufflevector {a.typed}, {a.type} {other}, {mask.typed}")


def lane(ctx: Context, vector: Value, i: int) -> Value:
    """Return lane `i` of a vector."""
    element = vector.type.split()[-1].strip(">")
    return ctx.emit(element, f"extractelement {vector.typed}, i64 {i}")


def gathered(ctx: Context, element: str, scalars: Sequence[Value]) -> Value:
    """Return the vector of `scalars`."""
    type = lanes_type(element, len(scalars))
    made = Value(type, "poison")
    for i, x in enumerate(scalars):
        made = ctx.emit(type, f"insertelement {made.typed}, {x.typed}, i64 {i}")
    return made


def _shuffle(ctx: Context, e: Shuffle) -> Value:
    places = [(k, i) for k, v in enumerate(e.vectors) for i in range(v.type.lanes())]
    chosen = [places[i] for i in e.indices]
    used = sorted({k for k, _ in chosen})
    parts = {k: expression(ctx, e.vectors[k]) for k in used}
    if len(chosen) == 1:
        k, i = chosen[0]
        return lane(ctx, parts[k], i) if e.vectors[k].type.is_vector() else parts[k]
    if all(e.vectors[k].type.is_scalar() for k in used):
        element = parts[used[0]].type
        return gathered(ctx, element, [parts[k] for k, _ in chosen])
    whole, starts = _concatenated(ctx, [_as_vector(ctx, parts[k]) for k in used])
    start = dict(zip(used, starts, strict=True))
    lanes = [start[k] + i for k, i in chosen]
    if len(whole) == 1:
        return picked(ctx, whole[0], None, lanes)
    return picked(ctx, whole[0], whole[1], lanes)


def _as_vector(ctx: Context, x: Value) -> Value:
    return x if x.type.startswith("<") else ctx.first_lane(f"<1 x {x.type}>", x)


def _width(x: Value) -> int:
    return int(x.type[1 : x.type.index(" ")])


def _concatenated(ctx: Context, parts: list[Value]) -> tuple[list[Value], list[int]]:
    """Return one or two vectors of one type with the lanes of `parts`, and where each begins.

    Neighbours are joined to vectors twice as wide, so that there are few and simple shuffles.
    """
    if len(parts) <= 2:
        width = max(map(_width, parts))
        return [_padded(ctx, p, width) for p in parts], [0, width][: len(parts)]
    width = max(map(_width, parts))
    pairs = [[_padded(ctx, p, width) for p in parts[i : i + 2]] for i in range(0, len(parts), 2)]
    order = list(range(2 * width))
    joined = [picked(ctx, p[0], p[1], order) if len(p) == 2 else p[0] for p in pairs]
    whole, starts = _concatenated(ctx, joined)
    return whole, [starts[k // 2] + width * (k % 2) for k in range(len(parts))]


def _padded(ctx: Context, x: Value, width: int) -> Value:
    have = _width(x)
    if have == width:
        return x
    return picked(ctx, x, None, [i if i < have else 0 for i in range(width)])


_FAMILY: dict[ReduceOp, str] = {
    ReduceOp.ADD: "add",
    ReduceOp.MUL: "mul",
    ReduceOp.AND: "and",
    ReduceOp.OR: "or",
    ReduceOp.XOR: "xor",
}
_OF_BOOLS: dict[ReduceOp, str] = {
    ReduceOp.ADD: "xor",
    ReduceOp.MUL: "and",
    ReduceOp.MIN: "and",
    ReduceOp.MAX: "or",
}


def combined(ctx: Context, op: ReduceOp, t: Type, a: Value, b: Value) -> Value:
    """Return ``a op b`` of values of type `t`."""
    if t.is_bool():
        return ctx.emit(a.type, f"{_OF_BOOLS.get(op, op.value)} {a.typed}, {b.text}")
    if op in (ReduceOp.MIN, ReduceOp.MAX):
        return smaller(ctx, t, a, b, op is ReduceOp.MAX)
    if op is ReduceOp.SATURATING_ADD:
        return ctx.call(a.type, f"llvm.uadd.sat.{suffix(t)}", a, b)
    return operate(ctx, _FAMILY[op], t, a, b)


def _reduce(ctx: Context, e: VectorReduce) -> Value:
    x, groups = expression(ctx, e.value), e.lanes
    group = e.value.type.lanes() // groups
    while group > 1:
        half = math.ceil(group / 2)
        x = _halved(ctx, e.op, e.type.with_lanes(groups * half), x, group)
        group = half
    if groups == 1 and x.type.startswith("<"):
        return lane(ctx, x, 0)
    return x


def _halved(ctx: Context, op: ReduceOp, t: Type, x: Value, group: int) -> Value:
    """Return the first half of each group of lanes of `x` combined with the second."""
    half = math.ceil(group / 2)
    groups = t.lanes() // half
    if t.is_scalar():
        return combined(ctx, op, t, lane(ctx, x, 0), lane(ctx, x, 1))
    places = [(i, j) for i in range(groups) for j in range(half)]
    low = picked(ctx, x, None, [i * group + j for i, j in places])
    rest = [i * group + (j + half if j + half < group else j) for i, j in places]
    both = combined(ctx, op, t, low, picked(ctx, x, None, rest))
    if group % 2 == 0:
        return both
    kept = [k if j + half < group else t.lanes() + k for k, (_, j) in enumerate(places)]
    return picked(ctx, both, low, kept)  # the middle lane of an odd group has no partner


PRINTERS: dict[type, Callable[[Context, Any], Value]] = {
    Broadcast: _broadcast,
    Ramp: _ramp,
    Shuffle: _shuffle,
    VectorReduce: _reduce,
}
