"""Names that come into scope: lets and loop variables."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.expr import Expr, Variable, as_const
from halo.ir.ranges import UNBOUNDED, Interval
from halo.ir.simplify.constant_bounds import is_exact, is_index, learn
from halo.ir.simplify.context import Context
from halo.ir.simplify.expand import linear
from halo.ir.substitute import free_variables
from halo.ir.types import Type


def bind(name: str, value: Expr, ctx: Context, *, inline: bool) -> str:
    """Bring `name` for `value` into scope and return the name it has from now on.

    It is another one if `name` is visible already: so nothing inlined is ever captured.
    """
    new = _enter(name, ctx)
    if inline:
        ctx.replaced[new] = value
    elif value.type.is_integral and value.type.is_scalar():
        exact = not value.type.is_bool() and is_exact(value, ctx)
        index = is_index(value, ctx)
        interval = Interval.point(value) if exact else UNBOUNDED
        learn(new, value.type, interval, ctx, order=ctx.depth, index=index)
    return new


def bind_loop(name: str, type: Type, interval: Interval, ctx: Context) -> str:
    """Bring loop variable `name` in `interval` into scope and return its name from now on."""
    new = _enter(name, ctx)
    learn(new, type, interval, ctx, order=ctx.depth)
    return new


def _enter(name: str, ctx: Context) -> str:
    if ctx.outer is None:
        ctx.outer = free_variables(ctx.root).union(ctx.scope)
    ctx.depth += 1
    new = name
    while new in ctx.visible or new in ctx.outer:
        ctx.fresh += 1
        new = f"{name}.{ctx.fresh}"
    ctx.entered.append((ctx.renames.get(name), ctx.memo))
    if new != name:
        ctx.renames[name] = new
        ctx.memo = {}
    else:
        ctx.renames.pop(name, None)
    ctx.visible.add(new)
    return new


def unbind(old: str, new: str, ctx: Context) -> None:
    """Take the name bound last out of scope: `old` in the input, now `new`."""
    ctx.depth -= 1
    ctx.visible.discard(new)
    ctx.replaced.pop(new, None)
    ctx.known.pop(new, None)
    before, ctx.memo = ctx.entered.pop()
    if before is None:
        ctx.renames.pop(old, None)
    else:
        ctx.renames[old] = before


def is_cheap(e: Expr, ctx: Context) -> bool:
    """Whether `e` costs no more to compute again than to keep in a variable."""
    if as_const(e) is not None or isinstance(e, Variable):
        return True
    if isinstance(e, (E.Broadcast, E.Ramp)):
        return all([is_cheap(c, ctx) for c in e.children()])
    if isinstance(e, E.Cast):
        return e.type.is_integral and e.value.type.is_integral and is_cheap(e.value, ctx)
    if isinstance(e, (E.Add, E.Sub, E.Mul)) and e.type.is_scalar() and is_index(e, ctx):
        terms = linear(e, ctx).terms
        return len(terms) <= 2 and all([isinstance(a, Variable) for a, _ in terms.values()])
    return False
