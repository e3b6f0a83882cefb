"""Conditions known to hold, and whether one condition implies another."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.expr import EQ, GE, GT, LE, LT, And, Comparison, Expr, Not, Or
from halo.ir.intrinsics import is_marked
from halo.ir.simplify.constant_bounds import linear_bounds
from halo.ir.simplify.context import Context
from halo.ir.simplify.linear import Linear
from halo.ir.simplify.prove import difference


def implies(a: Expr, b: Expr, ctx: Context) -> bool:
    """Whether the scalar condition `b` is found to hold wherever `a` does."""
    if ctx.keys.key(a) == ctx.keys.key(b):
        return True
    if not isinstance(a, Comparison) or not isinstance(b, Comparison):
        return False
    need = constraints(b, ctx)
    given = constraints(a, ctx)
    if not need or not given or isinstance(b, E.NE):
        return False
    return all([any([_follows(n, g, ctx) for g in given]) for n in need])


def _follows(need: Linear, given: Linear, ctx: Context) -> bool:
    """Whether need <= 0 follows from given <= 0."""
    if need.terms.keys().isdisjoint(given.terms.keys()):
        return False
    return linear_bounds(need.plus(given, -1), ctx)[1] <= 0


def constraints(e: Comparison, ctx: Context) -> list[Linear]:
    """Return combinations that are all <= 0 exactly where the scalar `e` holds; maybe none."""
    if not e.a.type.is_integral or e.a.type.is_bool() or not e.a.type.is_scalar():
        return []
    d = difference(e.a, e.b, ctx)
    if d is None:
        return []
    if isinstance(e, LT):
        return [d.offset(1)]
    if isinstance(e, LE):
        return [d]
    if isinstance(e, GT):
        return [d.times(-1).offset(1)]
    if isinstance(e, GE):
        return [d.times(-1)]
    return [d, d.times(-1)] if isinstance(e, EQ) else []


def assume(e: Expr, holds: bool, ctx: Context) -> None:
    """Record in `ctx` that `e` holds, or does not, in all that it looks at from now on."""
    if is_marked(e):
        assume(e.args[0], holds, ctx)
    elif isinstance(e, Not):
        assume(e.a, not holds, ctx)
    elif isinstance(e, And if holds else Or):
        assume(e.a, holds, ctx)
        assume(e.b, holds, ctx)
    elif e.type.is_scalar():
        ctx.truths[ctx.keys.key(e)] = holds
        if isinstance(e, Comparison):
            _assume_comparison(e, holds, ctx)


_OPPOSITE: dict[type[Expr], type[Comparison]] = {LT: GE, LE: GT, GT: LE, GE: LT, E.NE: EQ}


def _assume_comparison(e: Comparison, holds: bool, ctx: Context) -> None:
    if not holds:
        cls = _OPPOSITE.get(type(e))
        if cls is None or e.a.type.is_float():
            return
        e = cls(e.a, e.b)
        ctx.truths[ctx.keys.key(e)] = True
    ctx.facts.extend([c for c in constraints(e, ctx) if c.terms])
