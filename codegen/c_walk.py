"""Walking expressions: dispatch, lets and shared nodes.

Evaluation order is free, so lets and nodes that are referred to twice become constants in front
of the statement being printed.
"""

from __future__ import annotations

from typing import Any

from codegen.c_context import Code, Context
from codegen.c_index import is_index
from codegen.c_keep import is_kept, kept
from codegen.c_literals import int_literal
from halo.errors import InternalError
from halo.ir.expr import (
    Binary,
    Broadcast,
    Call,
    Cast,
    Expr,
    FloatImm,
    IntImm,
    Let,
    Ramp,
    Variable,
)
from halo.ir.types import Int

_TRIVIAL = (IntImm, FloatImm, Variable)


def expression(ctx: Context, e: Expr) -> Code:
    """Return C for `e`; lines that must come before it are written to `ctx`."""
    known = ctx.temporaries.get(id(e))
    if known is not None:
        return known
    printer = ctx.printers.get(type(e))
    if printer is None:
        raise InternalError(f"the C back end cannot print a {type(e).__name__}")
    code = printer(ctx, e)
    if id(e) in ctx.shared and not code.text.isidentifier():
        code = ctx.bind(e.type, kept(ctx, e, code), "t")
        ctx.temporaries[id(e)] = code
    return code


def index_expression(ctx: Context, e: Expr) -> Code:
    """Return C for `e` in an index, a loop bound or a size."""
    with ctx.index():
        return expression(ctx, e)


def place(ctx: Context, e: Expr) -> Code:
    """Return C for the place of an element; C widens an int32 by itself."""
    if isinstance(e, Cast) and e.type.bits() == 64 and e.value.type == Int(32):
        e = e.value
    if isinstance(e, IntImm):
        return int_literal(e.type, e.value, bare=True)
    return index_expression(ctx, e)


def let(ctx: Context, e: Let) -> Code:
    code = bind_let(ctx, e.name, e.value)
    before = ctx.variables.get(e.name)
    was_index = e.name in ctx.index_like
    known = ctx.temporaries
    ctx.temporaries = dict(known) if before is None else {}
    ctx.variables[e.name] = code
    _mark_index(ctx, e.name, e.value)
    body = expression(ctx, e.body)
    ctx.temporaries = known
    if before is None:
        del ctx.variables[e.name]
    else:
        ctx.variables[e.name] = before
    (ctx.index_like.add if was_index else ctx.index_like.discard)(e.name)
    return body


def bind_let(ctx: Context, name: str, value: Expr) -> Code:
    """Write the constant that a let defines; return its name."""
    with ctx.index(name in ctx.index_used):
        return ctx.bind(value.type, kept(ctx, value, expression(ctx, value)), name)


def _mark_index(ctx: Context, name: str, value: Expr) -> None:
    if is_index(value, ctx.index_like):
        ctx.index_like.add(name)
    else:
        ctx.index_like.discard(name)


def declare_let(ctx: Context, name: str, value: Expr) -> None:
    """Write the constant of a let statement and bring its name into scope."""
    code = bind_let(ctx, name, value)
    ctx.variables[name] = code
    _mark_index(ctx, name, value)


def count_shared(ctx: Context, roots: tuple[Expr, ...]) -> frozenset[int]:
    """Return the ids of nodes that `roots` reach by more than one way and that are not trivial.

    Counts the vectors that are loaded among these and the values of lets.
    """
    seen: set[int] = set()
    shared: set[int] = set()
    ctx.loaded = 0
    stack: list[Any] = list(roots)
    while stack:
        e = stack.pop()
        if isinstance(e, _TRIVIAL):
            continue
        if id(e) in seen:
            if id(e) not in shared and not _is_light(e):
                shared.add(id(e))
                ctx.loaded += is_kept(e)
            continue
        seen.add(id(e))
        if isinstance(e, Let):
            ctx.loaded += is_kept(e.value)
        stack.extend(e.children())
    return frozenset(shared)


def _is_light(e: Expr) -> bool:
    return isinstance(e, (Cast, Broadcast, Ramp, Call, Binary)) and all(
        isinstance(c, _TRIVIAL) for c in e.children()
    )
