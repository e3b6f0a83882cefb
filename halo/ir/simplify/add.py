"""Sums and differences."""

from __future__ import annotations

import math

from halo.ir import expr as E
from halo.ir.expr import Add, Expr, Sub, as_const
from halo.ir.simplify.constant_bounds import is_index
from halo.ir.simplify.context import Context
from halo.ir.simplify.expand import LARGEST, linear
from halo.ir.simplify.fold import fold_float
from halo.ir.simplify.linear import Linear, build, term_order
from halo.ir.simplify.vectors import lanewise


def add_or_sub(e: Add | Sub, ctx: Context) -> Expr:
    """x + 3 - x -> 3; (a + b) - a -> b; 2*x + x*3 -> x*5; (x/8)*8 + x%8 -> x."""
    a, b = ctx.visit(e.a), ctx.visit(e.b)
    same = e if a is e.a and b is e.b else type(e)(a, b)
    if e.type.is_float():
        return _of_floats(same)
    if not e.type.is_scalar():
        return _of_vectors(same, ctx)
    if e.type.is_integral and not e.type.is_bool():
        return _of_integers(same, ctx)
    return same


def _of_floats(e: Add | Sub) -> Expr:
    """Only what holds for every float, NaN, infinities and signed zeros included."""
    neutral = -0.0 if isinstance(e, Add) else 0.0
    if _is_exactly(e.b, neutral):
        return e.a
    if isinstance(e, Add) and _is_exactly(e.a, neutral):
        return e.b
    return fold_float(e)


def _is_exactly(e: Expr, value: float) -> bool:
    c = as_const(e)
    return c == value and c is not None and math.copysign(1, c) == math.copysign(1, value)


def _of_vectors(e: Add | Sub, ctx: Context) -> Expr:
    a, b = e.a, e.b
    if as_const(b) == 0:
        return a
    if isinstance(e, Add) and as_const(a) == 0:
        return b
    if isinstance(e, Sub) and e.type.is_integral and ctx.keys.key(a) == ctx.keys.key(b):
        return E.const(e.type, 0)
    return lanewise(e, ctx)


def _of_integers(e: Add | Sub, ctx: Context) -> Expr:
    if isinstance(e.a, E.IntImm) and isinstance(e.b, E.IntImm):
        sign = 1 if isinstance(e, Add) else -1
        return E.const(e.type, e.a.value + sign * e.b.value)
    if as_const(e.b) == 0:
        return e.a
    a, b = linear(e.a, ctx), linear(e.b, ctx)
    if len(a.terms) + len(b.terms) > LARGEST:
        return e
    index = is_index(e, ctx)
    if _is_in_order(e, a, b, index):
        return e
    total = a.plus(b, 1 if isinstance(e, Add) else -1)
    merged = merge_remainders(total, ctx)
    if index or merged is not total or merged.size < a.size + b.size:
        return build(merged, e.type, ordered=index)
    return e


def _is_in_order(e: Add | Sub, a: Linear, b: Linear, index: bool) -> bool:
    """Whether `e` is what `build` would make: nothing to merge, and b stands after a."""
    if b.size != 1:
        return False
    if not a.terms:
        return isinstance(e, Sub) and _leads(a, b)
    if a.constant:
        return False
    if not b.terms:
        return b.constant > 0
    ((key, (atom, c)),) = b.terms.items()
    if key in a.terms or isinstance(atom, (E.Div, E.Mod)) or c < 0:
        return False
    if not index:
        return True
    sign = 1 if isinstance(e, Add) else -1
    if sign > 0 and any([k < 0 for _, k in a.terms.values()]):
        return False
    return term_order(*next(reversed(a.terms.values()))) <= term_order(atom, sign * c)


def _leads(a: Linear, b: Linear) -> bool:
    """Whether constant a minus term b stands like that: 3 - x*2 and 0 - x, but x*-2."""
    c = next(iter(b.terms.values()))[1] if b.terms else 0
    return c == 1 or (c > 0 and a.constant != 0)


def merge_remainders(lin: Linear, ctx: Context) -> Linear:
    """Replace (u/c)*c*m + (u%c)*m by u*m, and u*m - (u/c)*c*m by (u%c)*m."""
    for key, (atom, m) in lin.terms.items():
        if not isinstance(atom, (E.Div, E.Mod)):
            continue
        c = as_const(atom.b)
        if not isinstance(c, int) or c <= 0:
            continue
        if isinstance(atom, E.Mod):
            quotient = ctx.keys.key(E.Div(atom.a, atom.b))
            if quotient in lin.terms and lin.terms[quotient][1] == m * c:
                rest = lin.without(key).without(quotient)
                return merge_remainders(rest.plus(linear(atom.a, ctx), m), ctx)
        elif m % c == 0:
            without = lin.without(key).plus(linear(atom.a, ctx), m // c)
            if without.size < lin.size - 1 or (without.size == 0 and lin.size > 1):
                remainder = ctx.visit(E.Mod(atom.a, atom.b))
                return without.plus(linear(remainder, ctx), -(m // c))
    return lin
