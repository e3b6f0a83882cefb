"""Quotients and remainders (Euclidean: the remainder is never negative)."""

from __future__ import annotations

from math import gcd

from halo.ir import expr as E
from halo.ir.expr import Broadcast, Div, Expr, Mod, Ramp, as_const
from halo.ir.operators import euclid_div, euclid_mod
from halo.ir.simplify.constant_bounds import bounds, fits, is_exact, is_index, linear_bounds
from halo.ir.simplify.context import Context
from halo.ir.simplify.expand import linear
from halo.ir.simplify.fold import fold_float
from halo.ir.simplify.linear import Linear, build
from halo.ir.simplify.prove import never_above
from halo.ir.simplify.vectors import lanewise, made_ramp
from halo.ir.types import Type


def div(e: Div, ctx: Context) -> Expr:
    """(x*8 + y)/8 -> x + y/8; (x*4)/8 -> x/2; (x/4)/2 -> x/8; x/8 -> 0 for x in [0, 8)."""
    a, b = ctx.visit(e.a), ctx.visit(e.b)
    same = e if a is e.a and b is e.b else Div(a, b)
    divisor = as_const(b)
    if divisor == 1:
        return a
    if e.type.is_float():
        return fold_float(same)
    x = as_const(a)
    if isinstance(x, int) and isinstance(divisor, int):
        return E.const(e.type, euclid_div(x, divisor))
    if divisor == 0 or x == 0:
        return E.const(e.type, 0)
    if isinstance(divisor, int) and divisor > 0:
        return _by_constant(same, divisor, ctx)
    return same if e.type.is_scalar() else lanewise(same, ctx)


def _by_constant(e: Div, c: int, ctx: Context) -> Expr:
    low, high = bounds(e.a, ctx)
    if low // c == high // c:
        return E.const(e.type, low // c)
    if not e.type.is_scalar():
        return _of_vector(e, c, ctx)
    a = e.a
    if isinstance(a, Div):
        inner = as_const(a.b)
        if isinstance(inner, int) and inner > 0:
            if not e.type.can_represent(inner * c):
                return e
            return ctx.visit(Div(a.a, E.const(e.type, inner * c)))
    if not is_exact(a, ctx):
        return e
    return _split_quotient(e, c, ctx)


def _split_quotient(e: Div, c: int, ctx: Context) -> Expr:
    lin = linear(e.a, ctx)
    quotient, rest = _multiples(lin, c)
    low, high = linear_bounds(rest, ctx)
    if low // c == high // c:
        return build(quotient.offset(low // c), e.type)
    if never_above(rest.times(-1), ctx) and never_above(rest.offset(1 - c), ctx):
        return build(quotient, e.type)
    divisor = gcd(rest.divisor, c)
    if divisor == 1 and not quotient.size:
        return _of_quotient_sum(e, rest, c, ctx)
    rest = Linear(
        {k: (a, f // divisor) for k, (a, f) in rest.terms.items()}, rest.constant // divisor
    )
    c //= divisor
    if not fits(rest, e.a, ctx):
        return e
    if c == 1:
        return build(quotient.plus(rest), e.type)
    remaining = ctx.visit(Div(build(rest, e.type), E.const(e.type, c)))
    return build(quotient.plus(linear(remaining, ctx)), e.type)


def _multiples(lin: Linear, c: int) -> tuple[Linear, Linear]:
    """Return (q, r) with lin == c*q + r and the constant of r in [0, c)."""
    q = {k: (a, f // c) for k, (a, f) in lin.terms.items() if f % c == 0}
    r = {k: t for k, t in lin.terms.items() if k not in q}
    return Linear(q, lin.constant // c), Linear(r, lin.constant % c)


def _of_quotient_sum(e: Div, rest: Linear, c: int, ctx: Context) -> Expr:
    """(x/4 + 3)/2 -> (x + 12)/8."""
    terms = list(rest.terms.values())
    if len(terms) == 1 and isinstance(terms[0][0], Div) and terms[0][1] == 1:
        inner = terms[0][0]
        d = as_const(inner.b)
        fits = isinstance(d, int) and d > 0 and e.type.can_represent(d * c)
        if isinstance(d, int) and fits and is_index(inner.a, ctx):
            total = build(linear(inner.a, ctx).offset(rest.constant * d), e.type)
            return ctx.visit(Div(total, E.const(e.type, d * c)))
    return e


def mod(e: Mod, ctx: Context) -> Expr:
    """(x*8 + y)%8 -> y%8; x%8 -> x for x in [0, 8); (x%16)%8 -> x%8."""
    a, b = ctx.visit(e.a), ctx.visit(e.b)
    same = e if a is e.a and b is e.b else Mod(a, b)
    if e.type.is_float():
        return same
    divisor, x = as_const(b), as_const(a)
    if isinstance(x, int) and isinstance(divisor, int):
        return E.const(e.type, euclid_mod(x, divisor))
    if divisor in (0, 1) or x == 0:
        return E.const(e.type, 0)
    if isinstance(divisor, int) and divisor > 0:
        return _modulo_constant(same, divisor, ctx)
    return same if e.type.is_scalar() else lanewise(same, ctx)


def _modulo_constant(e: Mod, c: int, ctx: Context) -> Expr:
    low, high = bounds(e.a, ctx)
    if low // c == high // c:
        return ctx.visit(E.Sub(e.a, E.const(e.type, low // c * c))) if low // c else e.a
    if not e.type.is_scalar():
        return _of_vector(e, c, ctx)
    a = e.a
    if isinstance(a, Mod):
        inner = as_const(a.b)
        if isinstance(inner, int) and inner > 0 and inner % c == 0:
            return ctx.visit(Mod(a.a, e.b))
    if not is_exact(a, ctx):
        return e
    return _reduced(e, c, ctx)


def _reduced(e: Mod, c: int, ctx: Context) -> Expr:
    lin = linear(e.a, ctx)
    _, rest = _multiples(lin, c)
    low, high = linear_bounds(rest, ctx)
    if low // c == high // c:
        return build(rest.offset(-(low // c) * c), e.type)
    if never_above(rest.times(-1), ctx) and never_above(rest.offset(1 - c), ctx):
        return build(rest, e.type)
    divisor = gcd(rest.divisor, c)
    if divisor > 1:
        small = Linear(
            {k: (a, f // divisor) for k, (a, f) in rest.terms.items()}, rest.constant // divisor
        )
        if not fits(small, e.a, ctx):
            return e
        inner = ctx.visit(Mod(build(small, e.type), E.const(e.type, c // divisor)))
        return build(linear(inner, ctx).times(divisor).offset(rest.constant % divisor), e.type)
    changed = rest.size < lin.size or rest.constant != lin.constant
    if changed and fits(rest, e.a, ctx):
        return Mod(build(rest, e.type), e.b)
    return e


def _of_vector(e: Div | Mod, c: int, ctx: Context) -> Expr:
    """ramp(x*8, 1, 8)/8 -> x8(x); ramp(b, 8, n)/8 -> ramp(b/8, 1, n)."""
    a = e.a
    if not isinstance(a, Ramp):
        return lanewise(e, ctx)
    stride = as_const(a.stride)
    if not isinstance(stride, int) or not is_exact(a, ctx):
        return e
    t = a.base.type
    by = E.const(t, c)
    if stride % c == 0:
        first = ctx.visit(type(e)(a.base, by))
        if isinstance(e, Mod):
            return Broadcast(first, a.lanes)
        return made_ramp(first, E.const(t, stride // c), a.lanes)
    if not _lanes_share_quotient(a, stride, c, t, ctx):
        return e
    first = ctx.visit(type(e)(a.base, by))
    return Broadcast(first, a.lanes) if isinstance(e, Div) else Ramp(first, a.stride, a.lanes)


def _lanes_share_quotient(a: Ramp, stride: int, c: int, t: Type, ctx: Context) -> bool:
    """Whether base, ..., base + (lanes-1)*stride lie between two neighbouring multiples of c."""
    span = stride * (a.lanes - 1)
    if abs(span) >= c:
        return False
    rest = linear(ctx.visit(Mod(a.base, E.const(t, c))), ctx)
    lowest, highest = rest.offset(min(span, 0)), rest.offset(max(span, 0) + 1 - c)
    return never_above(lowest.times(-1), ctx) and never_above(highest, ctx)
