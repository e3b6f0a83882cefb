"""Statements."""

from __future__ import annotations

import dataclasses

from halo.ir import stmt as S
from halo.ir.expr import Add, Expr, Sub, as_const, const
from halo.ir.growing import Growing
from halo.ir.ranges import Interval
from halo.ir.simplify.bindings import bind, bind_loop, is_cheap, unbind
from halo.ir.simplify.context import Context
from halo.ir.simplify.facts import assume
from halo.ir.stmt import NO_OP, Stmt, block


def is_no_op(s: Stmt) -> bool:
    """Whether `s` does nothing."""
    return isinstance(s, S.Block) and not s.stmts


def let_stmt(s: S.LetStmt, ctx: Context) -> Stmt:
    """Inline values that are cheap to compute again. (Unused lets go in `drop_unused`.)"""
    chain: list[tuple[S.LetStmt, str, Expr, bool]] = []
    mark = ctx.mark()
    inner: Stmt = s
    while isinstance(inner, S.LetStmt):
        value = ctx.visit(inner.value)
        inline = is_cheap(value, ctx)
        name = bind(inner.name, value, ctx, inline=inline)
        chain.append((inner, name, value, inline))
        inner = inner.body
    body = ctx.visit_within(inner, *[old for old, *_ in chain])
    for old, name, value, inline in reversed(chain):
        if not inline and not is_no_op(body):
            same = body is old.body and value is old.value and name == old.name
            body = old if same else S.LetStmt(name, value, body)
        unbind(old.name, name, ctx)
    ctx.release(mark)
    return body


def for_(s: S.For, ctx: Context) -> Stmt:
    """No loop for extent 0; the body alone for extent 1; nothing around a body that is empty."""
    low, extent = ctx.visit(s.min), ctx.visit(s.extent)
    count = as_const(extent)
    if count is not None and count <= 0:
        return NO_OP
    if count == 1:
        return let_stmt(S.LetStmt(s.name, low, s.body), ctx)
    last = ctx.visit(Sub(Add(low, extent), const(low.type, 1)))
    mark = ctx.mark()
    name = bind_loop(s.name, low.type, Interval(low, last), ctx)
    body = ctx.visit_within(s.body, s)
    unbind(s.name, name, ctx)
    ctx.release(mark)
    if is_no_op(body):
        return NO_OP
    if name == s.name and low is s.min and extent is s.extent and body is s.body:
        return s
    return dataclasses.replace(s, name=name, min=low, extent=extent, body=body)


def if_then_else(s: S.IfThenElse, ctx: Context) -> Stmt:
    """One branch for a constant condition; the branches see what the condition says."""
    condition = ctx.visit(s.condition)
    value = as_const(condition)
    if value is not None:
        chosen = s.then_case if value else s.else_case
        return NO_OP if chosen is None else ctx.visit(chosen)
    then_case = _under(s, s.then_case, condition, True, ctx)
    else_case = None if s.else_case is None else _under(s, s.else_case, condition, False, ctx)
    if else_case is not None and is_no_op(else_case):
        else_case = None
    if is_no_op(then_case) and else_case is None:
        return NO_OP
    if condition is s.condition and then_case is s.then_case and else_case is s.else_case:
        return s
    return S.IfThenElse(condition, then_case, else_case)


def _under(s: S.IfThenElse, case: Stmt, condition: Expr, holds: bool, ctx: Context) -> Stmt:
    with ctx.assuming():
        assume(condition, holds, ctx)
        return ctx.visit_within(case, s)


def assert_stmt(s: S.AssertStmt, ctx: Context) -> Stmt:
    """An assertion that always holds goes."""
    made: S.AssertStmt = s.map_children(ctx.visit)
    return NO_OP if as_const(made.condition) == 1 else made


def block_(s: S.Block, ctx: Context) -> Stmt:
    """Blocks are flat and hold nothing empty."""
    made: S.Block = s.map_children(ctx.visit)
    if not any([isinstance(x, S.Block) for x in made.stmts]) and len(made.stmts) != 1:
        return made
    return block(*made.stmts)


_Holder = S.ProducerConsumer | S.Atomic | S.Allocate | S.Realize | Growing


def body_holder(s: _Holder, ctx: Context) -> Stmt:
    """Nothing is produced, stored or realised for a body that does nothing."""
    made = s.map_children(ctx.visit)
    return NO_OP if is_no_op(made.body) else made


def write(s: S.Store | S.Provide, ctx: Context) -> Stmt:
    """A predicate that always holds is dropped; under one that never does nothing is written."""
    made = s.map_children(ctx.visit)
    if made.predicate is None:
        return made
    value = as_const(made.predicate)
    if value is None:
        return made
    return dataclasses.replace(made, predicate=None) if value else NO_OP
