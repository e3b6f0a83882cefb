"""Minima and maxima."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.expr import Expr, Max, Min
from halo.ir.simplify.constant_bounds import fits, is_exact
from halo.ir.simplify.context import Context
from halo.ir.simplify.expand import linear
from halo.ir.simplify.fold import fold_float
from halo.ir.simplify.linear import Linear, build
from halo.ir.simplify.prove import at_most
from halo.ir.simplify.vectors import lanewise

_MOST = 6
"""Operands of a chain of minima that are compared with a new one."""


def min_or_max(e: Min | Max, ctx: Context) -> Expr:
    """min(x, x + 3) -> x; min(min(x, 4), 7) -> min(x, 4); max(x + 2, y + 2) -> max(x, y) + 2."""
    a, b = ctx.visit(e.a), ctx.visit(e.b)
    cls = type(e)
    same = e if a is e.a and b is e.b else cls(a, b)
    if ctx.keys.key(a) == ctx.keys.key(b):
        return a
    if e.type.is_float():
        return fold_float(same)
    if isinstance(a, E.IntImm) and isinstance(b, E.IntImm):
        pick = min if cls is Min else max
        return E.const(e.type, pick(a.value, b.value))
    known = _decided(cls, a, b, ctx)
    if known is not None:
        return known
    if not e.type.is_scalar():
        return lanewise(same, ctx)
    if isinstance(a, E.IntImm):
        same = cls(b, a)
    for rule in (_with_chain, _common_part):
        made = rule(same, ctx)
        if made is not None:
            return made
    return same


def _decided(cls: type[Min | Max], a: Expr, b: Expr, ctx: Context) -> Expr | None:
    """Return the operand that is always the result, None if neither is known to be."""
    if at_most(a, b, ctx):
        return a if cls is Min else b
    if at_most(b, a, ctx):
        return b if cls is Min else a
    return None


def operands(e: Expr, cls: type[Min | Max], most: int) -> list[Expr]:
    """Return the operands of a chain of `cls`, or the first of them if there are over `most`."""
    found: list[Expr] = []
    stack = [e]
    while stack and len(found) <= most:
        top = stack.pop()
        if type(top) is cls:
            stack += [top.b, top.a]
        else:
            found.append(top)
    return found


def _with_chain(e: Min | Max, ctx: Context) -> Expr | None:
    """Drop operands of nested minima that others make needless; constants go last."""
    cls = type(e)
    if type(e.a) is not cls and type(e.b) is not cls:
        return None
    xs = operands(e, cls, _MOST)
    if len(xs) > _MOST:
        return None
    kept: list[Expr] = []
    for x in xs:
        merged = x
        rest: list[Expr] = []
        for y in kept:
            winner = _decided(cls, y, merged, ctx)
            if winner is None:
                rest.append(y)
            else:
                merged = winner
        kept = [*rest, merged]
    kept.sort(key=lambda x: isinstance(x, E.IntImm))
    if (
        len(kept) == len(xs)
        and type(e.b) is not cls
        and all(x is y for x, y in zip(kept, xs, strict=True))
    ):
        return None
    total = kept[0]
    for x in kept[1:]:
        total = cls(total, x)
    return ctx.visit(total)  # operands that have come together may have a common part


def _common_part(e: Min | Max, ctx: Context) -> Expr | None:
    """Take what both operands add out of the minimum."""
    if not (is_exact(e.a, ctx) and is_exact(e.b, ctx)):
        return None
    a, b = linear(e.a, ctx), linear(e.b, ctx)
    terms = {k: t for k, t in a.terms.items() if b.terms.get(k, (None, 0))[1] == t[1]}
    common = Linear(terms, a.constant if a.constant == b.constant else 0)
    if not common.size:
        return None
    x, y = a.plus(common, -1), b.plus(common, -1)
    if not (fits(x, e, ctx) and fits(y, e, ctx)):
        return None
    inner = ctx.visit(type(e)(build(x, e.type), build(y, e.type)))
    return build(common.plus(linear(inner, ctx)), e.type)
