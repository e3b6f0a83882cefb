"""The linear combination an integer expression stands for.

`linear` is what rules rebuild expressions from. `expand` sees further, for proofs only: through
products of sums, casts to wider types, vectors and marks.
"""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.expr import Expr, Variable, as_const
from halo.ir.intrinsics import is_marked
from halo.ir.simplify.constant_bounds import is_exact
from halo.ir.simplify.context import Context, Known
from halo.ir.simplify.linear import Linear
from halo.ir.types import Int, Type

LARGEST = 48
"""Sums with more terms than this are left as they are: each addition would copy them all."""


def linear(e: Expr, ctx: Context) -> Linear:
    """Return the combination of atoms that the integral `e` equals modulo 2**bits.

    It equals `e` over the integers too where `is_exact(e)`.
    """
    known = ctx.linears.get(id(e))
    if known is not None:
        return known[1]
    made = _linear(e, ctx)
    ctx.linears[id(e)] = (e, made)
    return made


def _linear(e: Expr, ctx: Context) -> Linear:
    if isinstance(e, E.IntImm):
        return Linear({}, e.value)
    if isinstance(e, (E.Add, E.Sub)) and e.type.is_scalar():
        a, b = linear(e.a, ctx), linear(e.b, ctx)
        if len(a.terms) + len(b.terms) <= LARGEST:
            return a.plus(b, 1 if isinstance(e, E.Add) else -1)
    elif isinstance(e, E.Mul) and isinstance(e.b, E.IntImm):
        return linear(e.a, ctx).times(e.b.value)
    elif (
        isinstance(e, E.Cast) and e.type.is_scalar() and _keeps_value(e) and is_exact(e.value, ctx)
    ):
        inner = linear(e.value, ctx)
        total = Linear({}, inner.constant)
        for x, c in inner.terms.values():
            total = total.plus(atom(e if x is e.value else E.Cast(e.type, x), ctx), c)
        return total
    return atom(e, ctx)


def atom(e: Expr, ctx: Context, scale: int = 1) -> Linear:
    """Return scale*e with `e` as an atom."""
    return Linear({ctx.keys.key(e): (e, scale)})


def expand(e: Expr, ctx: Context) -> Linear:
    """Return the combination that the exact integral `e` equals over the integers.

    Atoms may be of narrower types than `e`; the lanes of a ramp are a variable of their own.
    """
    known = ctx.expansions.get(id(e))
    if known is not None:
        return known[1]
    made = _expand(e, ctx)
    ctx.expansions[id(e)] = (e, made)
    return made


def _expand(e: Expr, ctx: Context) -> Linear:
    if isinstance(e, E.IntImm):
        return Linear({}, e.value)
    if isinstance(e, (E.Add, E.Sub, E.Mul)) and is_exact(e, ctx):
        return _expand_arithmetic(e, ctx)
    if isinstance(e, E.Broadcast):
        return expand(e.value, ctx)
    if isinstance(e, E.Ramp) and is_exact(e, ctx):
        stride = as_const(e.stride)
        if isinstance(stride, int):
            return expand(e.base, ctx).plus(_lane(e.lanes, ctx), stride)
    if isinstance(e, E.Cast) and _keeps_value(e) and is_exact(e.value, ctx):
        return expand(e.value, ctx)
    if is_marked(e):
        return expand(e.args[0], ctx)
    return atom(e, ctx)


def _expand_arithmetic(e: E.Add | E.Sub | E.Mul, ctx: Context) -> Linear:
    a, b = expand(e.a, ctx), expand(e.b, ctx)
    if isinstance(e, E.Mul):
        if not b.terms:
            return a.times(b.constant)
        if not a.terms:
            return b.times(a.constant)
        return _product(a, b, ctx) if a.size * b.size <= 6 else atom(e, ctx)
    if len(a.terms) + len(b.terms) > LARGEST:
        return atom(e, ctx)
    return a.plus(b, 1 if isinstance(e, E.Add) else -1)


def _product(a: Linear, b: Linear, ctx: Context) -> Linear:
    total = Linear({}, a.constant * b.constant)
    total = total.plus(a.offset(-a.constant), b.constant).plus(b.offset(-b.constant), a.constant)
    for x, c in a.terms.values():
        for y, d in b.terms.values():
            wide = x.type if x.type.bits() >= y.type.bits() else y.type
            total = total.plus(atom(_times(x, y, wide, ctx), ctx, c * d))
    return total


def _times(x: Expr, y: Expr, type: Type, ctx: Context) -> Expr:
    """Return x*y with the factors in one order, whichever way round they are given."""
    if ctx.keys.key(y) < ctx.keys.key(x):
        x, y = y, x
    x, y = [f if f.type == type else E.Cast(type, f) for f in (x, y)]
    return E.Mul(x, y)


def _keeps_value(e: E.Cast) -> bool:
    source = e.value.type
    return (
        source.is_integral
        and e.type.is_integral
        and e.type.can_represent(source.min_value)
        and e.type.can_represent(source.max_value)
    )


def _lane(lanes: int, ctx: Context) -> Linear:
    """Return the number of the lane as a combination: a variable in [0, lanes)."""
    name = f"lane/{lanes}"
    ctx.known.setdefault(name, Known(0, lanes - 1, order=1 << 30))
    return atom(Variable(Int(64), name), ctx)
