"""Comparisons."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.expr import EQ, GE, GT, LE, LT, NE, Comparison, Expr, as_const, const
from halo.ir.simplify.constant_bounds import bounds, fits, is_exact
from halo.ir.simplify.context import Context
from halo.ir.simplify.expand import LARGEST, linear
from halo.ir.simplify.fold import fold_comparison
from halo.ir.simplify.linear import Linear, build
from halo.ir.simplify.prove import difference, never_above
from halo.ir.simplify.vectors import lanewise

_SWAPPED: dict[type[Comparison], type[Comparison]] = {GT: LT, GE: LE}


def comparison(e: Comparison, ctx: Context) -> Expr:
    """x + 3 < x + 5 -> true; x + 1 < 4 -> x < 3; y > x -> x < y; x*8 < y*8 -> x < y."""
    a, b = ctx.visit(e.a), ctx.visit(e.b)
    cls = type(e)
    if cls in _SWAPPED:
        cls, a, b = _SWAPPED[cls], b, a
    same = e if a is e.a and b is e.b and cls is type(e) else cls(a, b)
    if as_const(a) is not None and as_const(b) is not None:
        return fold_comparison(same)
    if not a.type.is_integral:
        return same if a.type.is_scalar() else lanewise(same, ctx)
    if a.type.is_bool():
        return _of_bools(same, ctx)
    known = _truth(same, ctx)
    if known is not None:
        return const(same.type, known)
    if not a.type.is_scalar():
        return lanewise(same, ctx)
    return _normal(same, ctx)


def _of_bools(e: Comparison, ctx: Context) -> Expr:
    a, b = e.a, e.b
    if as_const(a) is not None:
        a, b = b, a
    value = as_const(b)
    if value is not None and isinstance(e, (EQ, NE)):
        return a if (value == 1) == isinstance(e, EQ) else ctx.visit(E.Not(a))
    return e if e.type.is_scalar() else lanewise(e, ctx)


def _truth(e: Comparison, ctx: Context) -> bool | None:
    """Return what `e` always is, None if that is not found."""
    known = ctx.truths.get(ctx.keys.key(e)) if ctx.truths else None
    if known is not None:
        return known
    if ctx.keys.key(e.a) == ctx.keys.key(e.b):
        return isinstance(e, (EQ, LE))
    d = difference(e.a, e.b, ctx)
    if d is None:
        return _disjoint(e, ctx)
    if isinstance(e, (EQ, NE)):
        return _equality_truth(e, d, ctx)
    slack = 1 if isinstance(e, LT) else 0
    if never_above(d.offset(slack), ctx):
        return True
    return False if never_above(d.times(-1).offset(1 - slack), ctx) else None


def _disjoint(e: Comparison, ctx: Context) -> bool | None:
    """Decide by the ranges of the operands, which hold even where their arithmetic wraps."""
    (a, b), (c, d) = bounds(e.a, ctx), bounds(e.b, ctx)
    if isinstance(e, (EQ, NE)):
        return isinstance(e, NE) if b < c or d < a else None
    if b < c or (isinstance(e, LE) and b == c):
        return True
    return False if a > d or (isinstance(e, LT) and a == d) else None


def _equality_truth(e: Comparison, d: Linear, ctx: Context) -> bool | None:
    if not d.terms:
        return (d.constant == 0) == isinstance(e, EQ)
    if d.constant % d.divisor:
        return isinstance(e, NE)
    if never_above(d.offset(1), ctx) or never_above(d.times(-1).offset(1), ctx):
        return isinstance(e, NE)
    if never_above(d, ctx) and never_above(d.times(-1), ctx):
        return isinstance(e, EQ)
    return None


def _normal(e: Comparison, ctx: Context) -> Expr:
    """Move each term to the side where it is added, and divide by the common factor."""
    t = e.a.type
    modular = isinstance(e, (EQ, NE)) and t.bits() >= 32
    exact = is_exact(e.a, ctx) and is_exact(e.b, ctx)
    if not (exact or modular):
        return e
    a, b = linear(e.a, ctx), linear(e.b, ctx)
    if len(a.terms) + len(b.terms) > LARGEST:
        return e
    d = a.plus(b, -1)
    if not exact:
        if d.size >= a.size + b.size:
            return e
        return type(e)(build(d.offset(-d.constant), t), const(t, -d.constant))
    if _is_normal(d, a, b, isinstance(e, LT)):
        return e
    made = _rebuilt(e, d, ctx)
    return e if made is None else made


def _is_normal(d: Linear, a: Linear, b: Linear, strict: bool) -> bool:
    if d.size < a.size + b.size or abs(d.divisor) != 1:
        return False
    if any(c < 0 for _, c in a.terms.values()) or any(c < 0 for _, c in b.terms.values()):
        return False
    if a.terms and b.terms:
        return a.constant >= 0 and b.constant >= 0
    return not (a.terms and a.constant) and not (b.terms and b.constant)


def _rebuilt(e: Comparison, d: Linear, ctx: Context) -> Expr | None:
    """Return ``d < 0`` (or <=, ==, !=) as a comparison of two sums, None if these may wrap."""
    t, g, cls = e.a.type, d.divisor, type(e)
    ordered = isinstance(e, (LT, LE))
    limit = (-d.constant - isinstance(e, LT)) // g  # the terms add up to at most, or just, this
    p = Linear({k: (x, c // g) for k, (x, c) in d.terms.items() if c > 0})
    n = Linear({k: (x, -c // g) for k, (x, c) in d.terms.items() if c < 0})
    if ordered and p.terms and n.terms and limit in (-1, 0):
        cls = LT if limit else LE
    if cls is LT:
        limit += 1
    if not p.terms or (n.terms and limit < 0):
        p, limit = p.offset(-limit), 0
    n = n.offset(limit)
    if not (fits(p, e.a, ctx) and fits(n, e.a, ctx)):
        return None
    return cls(build(p, t), build(n, t))
