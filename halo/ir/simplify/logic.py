"""Logic: and, or, not, select."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.expr import And, Expr, Not, Or, Select, as_const, is_false, is_true
from halo.ir.simplify.context import Context
from halo.ir.simplify.facts import implies
from halo.ir.simplify.vectors import lanewise

_NEGATED: dict[type[Expr], type[E.Comparison]] = {
    E.LT: E.GE,
    E.LE: E.GT,
    E.GT: E.LE,
    E.GE: E.LT,
    E.EQ: E.NE,
    E.NE: E.EQ,
}

_MOST = 8
"""Operands of a chain of conjunctions or disjunctions that are compared with a new one."""


def and_(e: And, ctx: Context) -> Expr:
    """x && true -> x; x < 3 && x < 5 -> x < 3."""
    a, b = ctx.visit(e.a), ctx.visit(e.b)
    if is_false(a) or is_true(b):
        return a
    if is_true(a) or is_false(b):
        return b
    same = e if a is e.a and b is e.b else And(a, b)
    if not e.type.is_scalar():
        return lanewise(same, ctx)
    return _chain(same, ctx)


def or_(e: Or, ctx: Context) -> Expr:
    """x || false -> x; x < 3 || x < 5 -> x < 5."""
    a, b = ctx.visit(e.a), ctx.visit(e.b)
    if is_true(a) or is_false(b):
        return a
    if is_false(a) or is_true(b):
        return b
    same = e if a is e.a and b is e.b else Or(a, b)
    if not e.type.is_scalar():
        return lanewise(same, ctx)
    return _chain(same, ctx)


def operands(e: Expr, cls: type[And | Or]) -> list[Expr]:
    """Return the operands of a chain of `cls`, left to right."""
    found: list[Expr] = []
    stack = [e]
    while stack:
        top = stack.pop()
        if type(top) is cls:
            stack += [top.b, top.a]
        else:
            found.append(top)
    return found


def _chain(e: And | Or, ctx: Context) -> Expr:
    """Drop operands that others imply; the whole is decided where two exclude each other."""
    cls = type(e)
    old = operands(e.a, cls)
    kept = list(old)
    new = operands(e.b, cls)
    for x in new:
        if len(kept) <= _MOST:
            relation = _place(kept, x, cls, ctx)
            if relation is not None:
                return relation
        else:
            kept.append(x)
    if len(kept) == len(old) + len(new) and type(e.b) is not cls:
        return e
    total = kept[0]
    for x in kept[1:]:
        total = cls(total, x)
    return total


def _place(kept: list[Expr], x: Expr, cls: type[And | Or], ctx: Context) -> Expr | None:
    """Add `x` to `kept` unless it is needless; return the whole's value if that is decided."""
    negated = negation(x)
    for i, y in enumerate(kept):
        stronger, weaker = (y, x) if cls is And else (x, y)
        if implies(stronger, weaker, ctx):
            return None
        if implies(weaker, stronger, ctx):
            del kept[i]
            return _place(kept, x, cls, ctx)
        if negated is None:
            continue
        if cls is And and implies(y, negated, ctx):
            return E.const(x.type, False)
        if cls is Or and implies(negated, y, ctx):
            return E.const(x.type, True)
    kept.append(x)
    return None


def negation(e: Expr) -> Expr | None:
    """Return the opposite of a comparison or of a Not as one node, None for anything else."""
    if isinstance(e, Not):
        return e.a
    cls = _NEGATED.get(type(e))
    if cls is None or not isinstance(e, E.Comparison):
        return None
    if e.a.type.is_float() and not isinstance(e, (E.EQ, E.NE)):
        return None
    return cls(e.a, e.b)


def not_(e: Not, ctx: Context) -> Expr:
    """!(x < y) -> y <= x (of integers); !!x -> x."""
    a = ctx.visit(e.a)
    value = as_const(a)
    if value is not None:
        return E.const(a.type, not value)
    opposite = negation(a)
    if opposite is not None:
        return ctx.visit(opposite)
    if isinstance(a, E.Broadcast):
        return E.Broadcast(ctx.visit(Not(a.value)), a.lanes)
    return e if a is e.a else Not(a)


def select(e: Select, ctx: Context) -> Expr:
    """select(true, a, b) -> a; select(c, a, a) -> a; select(!c, a, b) -> select(c, b, a)."""
    c = ctx.visit(e.condition)
    known = as_const(c)
    if known is not None:
        return ctx.visit(e.true_value if known else e.false_value)
    a, b = ctx.visit(e.true_value), ctx.visit(e.false_value)
    if ctx.keys.key(a) == ctx.keys.key(b):
        return a
    if isinstance(c, E.Broadcast):
        c = c.value
    if isinstance(c, Not):
        c, a, b = c.a, b, a
    if e.type.is_bool() and c.type == e.type:
        logical = _of_bools(c, a, b)
        if logical is not None:
            return ctx.visit(logical)
    if isinstance(a, E.Broadcast) and isinstance(b, E.Broadcast) and c.type.is_scalar():
        return E.Broadcast(ctx.visit(Select(c, a.value, b.value)), a.lanes)
    if c is e.condition and a is e.true_value and b is e.false_value:
        return e
    return Select(c, a, b)


def _of_bools(c: Expr, a: Expr, b: Expr) -> Expr | None:
    if is_true(a):
        return Or(c, b)
    if is_false(a):
        return And(Not(c), b)
    if is_false(b):
        return And(c, a)
    if is_true(b):
        return Or(Not(c), a)
    return None
