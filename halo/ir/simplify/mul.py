"""Products."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.expr import Expr, Mul, as_const
from halo.ir.simplify.constant_bounds import is_index
from halo.ir.simplify.context import Context
from halo.ir.simplify.expand import linear
from halo.ir.simplify.fold import fold_float
from halo.ir.simplify.linear import build
from halo.ir.simplify.vectors import lanewise


def mul(e: Mul, ctx: Context) -> Expr:
    """x*1 -> x; 3*x -> x*3; (x*2)*3 -> x*6; (x + 3)*8 -> x*8 + 24 (of indices)."""
    a, b = ctx.visit(e.a), ctx.visit(e.b)
    if as_const(a) is not None and as_const(b) is None:
        a, b = b, a
    same = e if a is e.a and b is e.b else Mul(a, b)
    factor = as_const(b)
    if factor == 1:
        return a
    if e.type.is_float():
        return fold_float(same)
    if factor == 0:
        return b
    if not e.type.is_scalar():
        return lanewise(same, ctx)
    return _of_integers(same, ctx)


def _of_integers(e: Mul, ctx: Context) -> Expr:
    a, b = e.a, e.b
    if isinstance(a, E.IntImm) and isinstance(b, E.IntImm):
        return E.const(e.type, a.value * b.value)
    index = is_index(e, ctx)
    if isinstance(b, E.IntImm):
        lin = linear(a, ctx)
        single = len(lin.terms) == 1 and not lin.constant
        if isinstance(a, (Mul, E.Sub) if single else (E.Add, E.Sub)) and (index or single):
            return build(lin.times(b.value), e.type, ordered=index)
        return e
    if not index:
        return e
    for x, y in ((a, b), (b, a)):
        if isinstance(x, Mul) and isinstance(x.b, E.IntImm):
            return ctx.visit(Mul(ctx.visit(Mul(x.a, y)), x.b))
    return e
