"""Walking expressions: dispatch, lets, shared nodes."""

from __future__ import annotations

from codegen.c_index import is_index
from codegen.llvm_context import Context
from codegen.llvm_types import Value
from halo.errors import InternalError
from halo.ir.expr import Expr, FloatImm, IntImm, Let, Variable
from halo.ir.types import Int

_TRIVIAL = (IntImm, FloatImm, Variable)


def expression(ctx: Context, e: Expr) -> Value:
    """Return the value of `e`; the instructions for it are written to `ctx`, once per node."""
    known = ctx.temporaries.get(id(e))
    if known is not None:
        return known
    printer = ctx.printers.get(type(e))
    if printer is None:
        raise InternalError(f"the LLVM back end cannot write a {type(e).__name__}")
    value = printer(ctx, e)
    if not isinstance(e, _TRIVIAL):
        ctx.temporaries[id(e)] = value
    return value


def index_expression(ctx: Context, e: Expr) -> Value:
    """Return the value of `e` in an index, a loop bound or a size."""
    with ctx.index():
        return expression(ctx, e)


def place(ctx: Context, e: Expr) -> Value:
    """Return the place of an element, or of several, as int64."""
    value = index_expression(ctx, e)
    if e.type.element == Int(64):
        return value
    wide = value.type.replace("i32", "i64")
    return ctx.emit(wide, f"sext {value.typed} to {wide}")


def let(ctx: Context, e: Let) -> Value:
    """A value with a name in an expression."""
    value = bind_let(ctx, e.name, e.value)
    before = ctx.variables.get(e.name)
    was_index = e.name in ctx.index_like
    known = ctx.temporaries
    # What was computed may mean another variable of the name.
    ctx.temporaries = dict(known) if before is None else {}
    ctx.variables[e.name] = value
    _mark_index(ctx, e.name, e.value)
    body = expression(ctx, e.body)
    ctx.temporaries = known
    restore(ctx, e.name, before, was_index)
    return body


def restore(ctx: Context, name: str, before: Value | None, was_index: bool) -> None:
    """Take the variable `name` out of scope; the one that it hid is there again."""
    if before is None:
        ctx.variables.pop(name, None)
    else:
        ctx.variables[name] = before
    (ctx.index_like.add if was_index else ctx.index_like.discard)(name)


def bind_let(ctx: Context, name: str, value: Expr) -> Value:
    """Return the value that a let names."""
    with ctx.index(name in ctx.index_used):
        return expression(ctx, value)


def _mark_index(ctx: Context, name: str, value: Expr) -> None:
    if is_index(value, ctx.index_like):
        ctx.index_like.add(name)
    else:
        ctx.index_like.discard(name)


def declare_let(ctx: Context, name: str, value: Expr) -> None:
    """Bring the name of a let statement into scope."""
    ctx.variables[name] = bind_let(ctx, name, value)
    _mark_index(ctx, name, value)
