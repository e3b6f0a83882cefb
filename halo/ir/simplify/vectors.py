"""Vectors: broadcasts and ramps through lanewise operations, shuffles and reductions."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.cross_lane import ReduceOp, Shuffle, VectorReduce
from halo.ir.expr import Broadcast, Expr, Ramp, as_const
from halo.ir.simplify.constant_bounds import is_exact
from halo.ir.simplify.context import Context


def lanewise(e: E.Binary | E.Comparison, ctx: Context) -> Expr:
    """x8(a) op x8(b) -> x8(a op b); ramp(b, s) + x8(v) -> ramp(b + v, s)."""
    a, b = e.a, e.b
    if isinstance(a, Broadcast) and isinstance(b, Broadcast):
        return Broadcast(ctx.visit(type(e)(a.value, b.value)), a.lanes)
    if e.type.is_integral and isinstance(e, (E.Add, E.Sub)):
        return _sum_of_ramps(e, ctx)
    if isinstance(e, E.Mul) and e.type.is_integral:
        if isinstance(a, Broadcast) and isinstance(b, Ramp):
            a, b = b, a
        if isinstance(a, Ramp) and isinstance(b, Broadcast):
            base = ctx.visit(E.Mul(a.base, b.value))
            return Ramp(base, ctx.visit(E.Mul(a.stride, b.value)), a.lanes)
    return e


def _sum_of_ramps(e: E.Add | E.Sub, ctx: Context) -> Expr:
    parts = []
    for operand in (e.a, e.b):
        if isinstance(operand, Ramp):
            parts.append((operand.base, operand.stride))
        elif isinstance(operand, Broadcast):
            parts.append((operand.value, E.const(operand.value.type, 0)))
        else:
            return e
    (a, s), (b, t) = parts
    base, stride = ctx.visit(type(e)(a, b)), ctx.visit(type(e)(s, t))
    return made_ramp(base, stride, e.type.lanes())


def made_ramp(base: Expr, stride: Expr, lanes: int) -> Expr:
    """Return the ramp; a broadcast when its stride is 0."""
    return Broadcast(base, lanes) if as_const(stride) == 0 else Ramp(base, stride, lanes)


def ramp(e: Ramp, ctx: Context) -> Expr:
    """ramp(b, 0, n) -> xn(b)."""
    base, stride = ctx.visit(e.base), ctx.visit(e.stride)
    if as_const(stride) == 0:
        return Broadcast(base, e.lanes)
    return e if base is e.base and stride is e.stride else Ramp(base, stride, e.lanes)


def shuffle(e: Shuffle, ctx: Context) -> Expr:
    """Lanes of equal broadcasts are a broadcast; all lanes of one vector in order are it."""
    made: Shuffle = e.map_children(ctx.visit)
    first, lanes = made.vectors[0], len(made.indices)
    if len(made.vectors) == 1 and made.indices == tuple(range(first.type.lanes())):
        return first
    if isinstance(first, Broadcast):
        key = ctx.keys.key(first.value)
        same = [isinstance(v, Broadcast) and ctx.keys.key(v.value) == key for v in made.vectors]
        if all(same):
            return first.value if lanes == 1 else Broadcast(first.value, lanes)
    if len(made.vectors) == 1 and isinstance(first, Ramp):
        return _lanes_of_ramp(made, first, ctx)
    return made


def _lanes_of_ramp(e: Shuffle, r: Ramp, ctx: Context) -> Expr:
    steps = {b - a for a, b in zip(e.indices, e.indices[1:], strict=False)}
    if len(steps) > 1:
        return e
    t = r.base.type
    start = ctx.visit(E.Add(r.base, E.Mul(r.stride, E.const(t, e.indices[0]))))
    if not steps:
        return start
    return made_ramp(start, ctx.visit(E.Mul(r.stride, E.const(t, steps.pop()))), len(e.indices))


def vector_reduce(e: VectorReduce, ctx: Context) -> Expr:
    """The min, max, and, or of equal lanes is one of them; their sum is a product.

    Of an even number of equal lanes the exclusive or is 0.
    """
    made: VectorReduce = e.map_children(ctx.visit)
    value = made.value
    if value.type.lanes() == made.lanes:
        return value
    if isinstance(value, Broadcast):
        single = value.value
        op = made.op
        if op is ReduceOp.ADD and single.type.is_integral:
            count = E.const(single.type, value.lanes // made.lanes)
            single = ctx.visit(E.Mul(single, count))
        elif op is ReduceOp.XOR:
            odd = value.lanes // made.lanes % 2
            single = single if odd else E.const(single.type, 0)
        elif op in (ReduceOp.ADD, ReduceOp.MUL):
            return made
        return single if made.lanes == 1 else Broadcast(single, made.lanes)
    return made


def cast_vector(e: E.Cast, ctx: Context) -> Expr | None:
    """Return the cast of a broadcast or an exact ramp as one of casts, else None."""
    v = e.value
    if isinstance(v, Broadcast):
        return Broadcast(ctx.visit(E.Cast(e.type.element, v.value)), v.lanes)
    wider = e.type.is_integral and e.type.bits() >= v.type.bits()
    if isinstance(v, Ramp) and wider and v.type.is_integral and is_exact(v, ctx):
        base = ctx.visit(E.Cast(e.type.element, v.base))
        return Ramp(base, ctx.visit(E.Cast(e.type.element, v.stride)), v.lanes)
    return None
