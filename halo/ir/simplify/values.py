"""Leaves, casts, loads, calls and lets."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from halo.ir.expr import Call, CallKind, Cast, Expr, Let, Load, Variable, as_const, const
from halo.ir.intrinsics import LIKELY
from halo.ir.operators import cast_to
from halo.ir.simplify.bindings import bind, is_cheap, unbind
from halo.ir.simplify.constant_bounds import bounds, known_of
from halo.ir.simplify.context import Context
from halo.ir.simplify.fold import fold_cast
from halo.ir.simplify.vectors import cast_vector
from halo.ir.substitute import free_variables
from halo.ir.types import Type


def variable(e: Variable, ctx: Context) -> Expr:
    """A variable whose let is inlined, or that can have one value only."""
    e = ctx.renamed(e)
    replaced = ctx.replaced.get(e.name)
    if replaced is not None:
        return replaced
    if e.param is None and e.type.is_integral and e.type.is_scalar():
        known = known_of(e, ctx)
        if known is not None and known.low == known.high:
            return const(e.type, known.low)
        if e.type.is_bool() and ctx.truths:
            holds = ctx.truths.get(ctx.keys.key(e))
            return e if holds is None else const(e.type, holds)
    return e


def cast(e: Cast, ctx: Context) -> Expr:
    """Constants; casts to the same type; int64(int32(x8)) -> int64(x8)."""
    v = ctx.visit(e.value)
    t = e.type
    if v.type == t:
        return v
    value = as_const(v)
    if value is not None:
        folded = fold_cast(t, value)
        if folded is not None:
            return folded
    if isinstance(v, Cast):
        inner = _through(v, t, ctx)
        if inner is not None:
            return ctx.visit(cast_to(t, inner))
    same = e if v is e.value else Cast(t, v)
    made = None if t.is_scalar() else cast_vector(same, ctx)
    return same if made is None else made


def _through(v: Cast, t: Type, ctx: Context) -> Expr | None:
    """Return what `v` casts if casting that to `t` gives the same, else None."""
    a, b = v.value.type, v.type
    if t.is_bool() or b.is_bool():
        return None
    if a.is_integral and b.is_integral:
        low, high = bounds(v.value, ctx)
        if b.min_value <= low and high <= b.max_value:
            return v.value
        return v.value if t.is_integral and t.bits() <= b.bits() else None
    if a.is_integral and b.is_float() and not b.is_bfloat():
        low, high = bounds(v.value, ctx)
        exact = 1 << {16: 11, 32: 24, 64: 53}[b.bits()]
        if -exact <= low and high <= exact and (b.bits() > 16 or exact <= 2048):
            return (
                v.value
                if t.is_float() and t.bits() >= b.bits()
                else _if_held(v.value, t, low, high)
            )
    widens = a.is_float() and b.is_float() and a.bits() < b.bits() and t.is_float()
    return v.value if widens and t.bits() >= b.bits() else None


def _if_held(e: Expr, t: Type, low: int, high: int) -> Expr | None:
    fits = t.is_integral and t.min_value <= low and high <= t.max_value
    return e if fits else None


def load(e: Load, ctx: Context) -> Expr:
    """A predicate that always holds is dropped; one that never does gives 0."""
    made: Load = e.map_children(ctx.visit)
    if made.predicate is None:
        return made
    value = as_const(made.predicate)
    if value is None:
        return made
    return Load(made.type, made.name, made.index) if value else const(made.type, 0)


def call(e: Call, ctx: Context) -> Expr:
    """Intrinsics of constants; marks on constants."""
    made: Call = e.map_children(ctx.visit)
    if made.kind is not CallKind.INTRINSIC:
        return made
    args = made.args
    if made.name in LIKELY:
        return args[0] if as_const(args[0]) is not None else made
    if made.name == "promise_clamped" and as_const(args[0]) is not None:
        return args[0]
    values = [as_const(a) for a in args]
    fold = _FOLDS.get(made.name)
    if fold is not None and None not in values:
        return fold(made, values)
    return _bitwise(made, values, ctx)


def _bitwise(e: Call, values: list[int | float | None], ctx: Context) -> Expr:
    t = e.type
    if e.name in ("shift_left", "shift_right") and values[1] == 0:
        return e.args[0]
    if e.name == "bitwise_and" and t.is_integral:
        for i, mask in enumerate(values):
            if mask == 0:
                return const(t, 0)
            if mask == t.wrap(-1):
                return e.args[1 - i]
            if isinstance(mask, int) and mask > 0 and mask & (mask + 1) == 0:
                low, high = bounds(e.args[1 - i], ctx)
                if low >= 0 and high <= mask:
                    return e.args[1 - i]
    if e.name in ("bitwise_or", "bitwise_xor"):
        for i, mask in enumerate(values):
            if mask == 0:
                return e.args[1 - i]
    if e.name == "abs" and t.is_integral and bounds(e.args[0], ctx)[0] >= 0:
        return ctx.visit(cast_to(t, e.args[0]))
    return e


Values = list[int | float | None]


def _integer(f: Callable[..., int]) -> Callable[[Call, Values], Expr]:
    return lambda e, values: const(e.type, f(*values))


def _shift(e: Call, values: Values) -> Expr:
    x, count = values
    assert isinstance(x, int) and isinstance(count, int)
    if e.name == "shift_left":
        return const(e.type, x << count if 0 <= count < e.type.bits() else 0)
    if count < 0:
        return e
    return const(e.type, x >> min(count, e.type.bits()))


def _rounding(f: Callable[[float], float]) -> Callable[[Call, Values], Expr]:
    def fold(e: Call, values: Values) -> Expr:
        x = values[0]
        return const(e.type, f(x)) if isinstance(x, float) and math.isfinite(x) else e

    return fold


def _abs(e: Call, values: Values) -> Expr:
    (x,) = values
    assert x is not None
    return const(e.type, abs(x))


def _absd(e: Call, values: Values) -> Expr:
    a, b = values
    return const(e.type, abs(a - b)) if isinstance(a, int) and isinstance(b, int) else e


_FOLDS: dict[str, Callable[[Call, Values], Expr]] = {
    "bitwise_and": _integer(lambda a, b: a & b),
    "bitwise_or": _integer(lambda a, b: a | b),
    "bitwise_xor": _integer(lambda a, b: a ^ b),
    "bitwise_not": _integer(lambda a: ~a),
    "shift_left": _shift,
    "shift_right": _shift,
    "abs": _abs,
    "absd": _absd,
    "floor": _rounding(lambda x: float(np.floor(x))),
    "ceil": _rounding(lambda x: float(np.ceil(x))),
    "trunc": _rounding(lambda x: float(np.trunc(x))),
    "round": _rounding(lambda x: float(np.rint(x))),
}


def let(e: Let, ctx: Context) -> Expr:
    """Inline cheap values and values used once; drop unused lets."""
    chain: list[tuple[Let, str, Expr]] = []
    mark = ctx.mark()
    inner: Expr = e
    while isinstance(inner, Let):
        value = ctx.visit(inner.value)
        once = ctx.uses.get(inner.name, 2) < 2
        name = bind(inner.name, value, ctx, inline=once or is_cheap(value, ctx))
        chain.append((inner, name, value))
        inner = inner.body
    body = ctx.visit(inner)
    used = set(free_variables(body))
    for old, name, value in reversed(chain):
        if name in used:
            same = body is old.body and value is old.value and name == old.name
            body = old if same else Let(name, value, body)
            used = (used - {name}) | free_variables(value)
        unbind(old.name, name, ctx)
    ctx.release(mark)
    return body
