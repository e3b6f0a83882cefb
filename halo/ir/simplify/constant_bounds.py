"""Constant bounds of integer expressions, and where their arithmetic is known not to wrap.

Bounds are always finite: at worst the range of the type. All of it is cached per node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.ir import expr as E
from halo.ir.expr import Call, CallKind, Expr, as_const
from halo.ir.intrinsics import TRANSPARENT
from halo.ir.operators import euclid_div
from halo.ir.ranges import Interval
from halo.ir.simplify.context import Context, Known, Pair
from halo.ir.simplify.linear import Linear
from halo.ir.types import Type

_SMALL = 1 << 16
"""An atom within +-_SMALL counts as an index, as a cast from a 16-bit type does."""


def bounds(e: Expr, ctx: Context) -> Pair:
    """Return constants (low, high) between which every lane of the integral `e` lies."""
    known = ctx.bounds.get(id(e))
    if known is not None:
        return known[1]
    t = e.type
    whole = t.min_value, t.max_value
    rule = _BOUNDS.get(type(e))
    found = whole if rule is None else rule(e, ctx)
    if found[0] < whole[0] or found[1] > whole[1]:
        if type(e) in _WRAPPING and not is_index(e, ctx):
            found = whole
        else:
            found = max(found[0], whole[0]), min(found[1], whole[1])
            if found[0] > found[1]:
                found = whole
    ctx.bounds[id(e)] = (e, found)
    return found


def linear_bounds(lin: Linear, ctx: Context) -> Pair:
    """Return constants between which the exact value of `lin` lies."""
    low = high = lin.constant
    known_bounds = ctx.bounds
    for atom, c in lin.terms.values():
        known = known_bounds.get(id(atom))  # asked at each step of each proof
        a, b = bounds(atom, ctx) if known is None else known[1]
        if c > 0:
            low += c * a
            high += c * b
        else:
            low += c * b
            high += c * a
    return low, high


def is_index(e: Expr, ctx: Context) -> bool:
    """Whether `e` is made of index leaves, so that the arithmetic in it stays in range.

    So may small data be in it, where the sums and products with it are seen to stay in range.
    """
    return _kind(e, ctx) != _DATA


def _kind(e: Expr, ctx: Context) -> int:
    known = ctx.index.get(id(e))
    if known is not None:
        return known[1]
    found = _find_kind(e, ctx)
    ctx.index[id(e)] = (e, found)
    return found


def is_exact(e: Expr, ctx: Context) -> bool:
    """Whether the additions, subtractions and multiplications at the top of `e` never wrap.

    Then `e` has, over the integers, the value of its linear combination of atoms.
    """
    known = ctx.exact.get(id(e))
    if known is not None:
        return known[1]
    found = _is_exact(e, ctx)
    ctx.exact[id(e)] = (e, found)
    return found


def fits(lin: Linear, like: Expr, ctx: Context) -> bool:
    """Whether `lin`, of indices if `like` is one, can be computed in the type of `like`."""
    if is_index(like, ctx):
        return True
    low, high = linear_bounds(lin, ctx)
    return like.type.min_value <= low and high <= like.type.max_value


def known_of(v: E.Variable, ctx: Context) -> Known | None:
    """Return what is known of variable `v`; None when nothing is."""
    known = ctx.known.get(v.name)
    if known is not None:
        return known
    interval = ctx.scope.get(v.name)
    if interval is None or not v.type.is_integral:
        return None
    order = list(ctx.scope).index(v.name) - len(ctx.scope)
    return learn(v.name, v.type, interval, ctx, order=order)


def learn(
    name: str, type: Type, interval: Interval, ctx: Context, *, order: int, index: bool = True
) -> Known:
    """Record that variable `name` lies in `interval`, and return what is known of it."""
    known = Known(type.min_value, type.max_value, order=order, is_index=index)
    ctx.known[name] = known
    for end, is_lower in ((interval.min, True), (interval.max, False)):
        if end is None or end.type != type:
            continue
        low, high = bounds(end, ctx)
        if is_lower:
            known.low = max(known.low, low)
        else:
            known.high = min(known.high, high)
        if low != high and is_exact(end, ctx):
            if is_lower:
                known.lower = end
            else:
                known.upper = end
    return known


_DATA, _SMALL_DATA, _INDEX = range(3)
"""What an expression is made of, if not of index leaves alone."""


def _find_kind(e: Expr, ctx: Context) -> int:
    t = e.type
    if not t.is_int() or t.bits() < 32:
        return _DATA
    if isinstance(e, E.IntImm):
        return _INDEX
    if isinstance(e, E.Variable):
        if e.param is not None:
            return _DATA
        known = known_of(e, ctx)
        return _INDEX if known is None or known.is_index else _DATA
    found = _kind_inside(e, ctx)
    return _SMALL_DATA if found == _DATA and _is_small(e, ctx) else found


def _is_small(e: Expr, ctx: Context) -> bool:
    """Whether `e` lies within +-_SMALL; no sum or product: its bounds ask for its kind."""
    if type(e) in _WRAPPING:
        return False
    low, high = bounds(e, ctx)
    return max(-low, high) <= _SMALL


def _kind_inside(e: Expr, ctx: Context) -> int:
    if isinstance(e, (E.Min, E.Max)):
        return _INDEX if _is_clamp(e, ctx) else min(_kind(e.a, ctx), _kind(e.b, ctx))
    if isinstance(e, E.Binary):
        kind = min(_kind(e.a, ctx), _kind(e.b, ctx))
        return kind if kind != _SMALL_DATA or _stays_in_range(e, ctx) else _DATA
    if isinstance(e, E.Cast):
        return _kind(e.value, ctx) if e.value.type.is_integral else _DATA
    if isinstance(e, E.Select):
        return min(_kind(e.true_value, ctx), _kind(e.false_value, ctx))
    if isinstance(e, (E.Ramp, E.Broadcast)):
        return min([_kind(c, ctx) for c in e.children()])
    if isinstance(e, Call) and e.kind is CallKind.INTRINSIC:
        if e.name in TRANSPARENT:
            return _kind(e.args[0], ctx)
        if e.name == "promise_clamped":
            return min(_kind(e.args[1], ctx), _kind(e.args[2], ctx))
    return _DATA


def _stays_in_range(e: E.Binary, ctx: Context) -> bool:
    """Whether `e`, in which there is small data, cannot wrap; indices have room for one more."""
    if type(e) not in _WRAPPING:
        return True
    low, high = _BOUNDS[type(e)](e, ctx)
    if e.type.min_value <= low and high <= e.type.max_value:
        return True
    return isinstance(e, (E.Add, E.Sub)) and (_is_small(e.a, ctx) or _is_small(e.b, ctx))


def _is_clamp(e: E.Min | E.Max, ctx: Context) -> bool:
    """Whether `e` is data held between two indices."""
    other = E.Max if isinstance(e, E.Min) else E.Min
    for inner, bound in ((e.a, e.b), (e.b, e.a)):
        if isinstance(inner, other) and is_index(bound, ctx):
            return is_index(inner.a, ctx) or is_index(inner.b, ctx)
    return False


def _is_exact(e: Expr, ctx: Context) -> bool:
    if not e.type.is_integral:
        return False
    if is_index(e, ctx):
        return True
    if isinstance(e, (E.Add, E.Sub, E.Mul)):
        if not (is_exact(e.a, ctx) and is_exact(e.b, ctx)):
            return False
    elif isinstance(e, (E.Ramp, E.Broadcast)):
        if not all([is_exact(c, ctx) for c in e.children()]):
            return False
    else:
        return True
    low, high = _BOUNDS[type(e)](e, ctx)
    return e.type.min_value <= low and high <= e.type.max_value


def _variable(e: E.Variable, ctx: Context) -> Pair:
    if e.param is not None:
        low, high = e.param.min, e.param.max
        return (
            e.type.min_value if low is None else int(low),
            e.type.max_value if high is None else int(high),
        )
    known = known_of(e, ctx)
    return (e.type.min_value, e.type.max_value) if known is None else (known.low, known.high)


def _add(e: Any, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.a, ctx), bounds(e.b, ctx)
    return a + c, b + d


def _sub(e: Any, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.a, ctx), bounds(e.b, ctx)
    return a - d, b - c


def _mul(e: Any, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.a, ctx), bounds(e.b, ctx)
    products = a * c, a * d, b * c, b * d
    return min(products), max(products)


def _div(e: Any, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.a, ctx), bounds(e.b, ctx)
    divisors = {c, d} | {x for x in (-1, 0, 1) if c <= x <= d}
    quotients = [euclid_div(x, y) for x in (a, b) for y in divisors]
    return min(quotients), max(quotients)


def _mod(e: Any, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.a, ctx), bounds(e.b, ctx)
    largest = max(abs(c), abs(d))
    if c == d and c > 0 and a // c == b // c:
        return a % c, b % c
    if a >= 0:
        return 0, min(b, max(largest - 1, 0))
    return 0, max(largest - 1, 0)


def _min(e: Any, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.a, ctx), bounds(e.b, ctx)
    return min(a, c), min(b, d)


def _max(e: Any, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.a, ctx), bounds(e.b, ctx)
    return max(a, c), max(b, d)


def _select(e: Any, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.true_value, ctx), bounds(e.false_value, ctx)
    return min(a, c), max(b, d)


def _cast(e: E.Cast, ctx: Context) -> Pair:
    t = e.type
    if e.value.type.is_integral:
        low, high = bounds(e.value, ctx)
        if t.min_value <= low and high <= t.max_value:
            return low, high
    return t.min_value, t.max_value


def _ramp(e: E.Ramp, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.base, ctx), bounds(e.stride, ctx)
    last = e.lanes - 1
    return a + min(0, c * last), b + max(0, d * last)


def _call(e: Call, ctx: Context) -> Pair:
    rule = _CALLS.get(e.name) if e.kind is CallKind.INTRINSIC else None
    return (e.type.min_value, e.type.max_value) if rule is None else rule(e, ctx)


def _promise(e: Call, ctx: Context) -> Pair:
    (a, b), (c, _), (_, f) = [bounds(x, ctx) for x in e.args]
    return max(a, c), min(b, f)


def _bitwise_and(e: Call, ctx: Context) -> Pair:
    (a, b), (c, d) = bounds(e.args[0], ctx), bounds(e.args[1], ctx)
    if a >= 0 and c >= 0:
        return 0, min(b, d)
    if a >= 0 or c >= 0:
        return 0, b if a >= 0 else d
    return e.type.min_value, e.type.max_value


def _shift_right(e: Call, ctx: Context) -> Pair:
    (a, b), count = bounds(e.args[0], ctx), as_const(e.args[1])
    if isinstance(count, int) and 0 <= count < e.type.bits():
        return a >> count, b >> count
    return min(a, 0), max(b, 0)


def _shift_left(e: Call, ctx: Context) -> Pair:
    (a, b), count = bounds(e.args[0], ctx), as_const(e.args[1])
    t = e.type
    if isinstance(count, int) and 0 <= count < t.bits():
        a, b = a << count, b << count
        if t.min_value <= a and b <= t.max_value:
            return a, b
    return t.min_value, t.max_value


def _abs(e: Call, ctx: Context) -> Pair:
    if not e.args[0].type.is_integral:
        return e.type.min_value, e.type.max_value
    a, b = bounds(e.args[0], ctx)
    return (0 if a <= 0 <= b else min(abs(a), abs(b))), max(abs(a), abs(b))


def _absd(e: Call, ctx: Context) -> Pair:
    if not e.args[0].type.is_integral:
        return e.type.min_value, e.type.max_value
    (a, b), (c, d) = bounds(e.args[0], ctx), bounds(e.args[1], ctx)
    return max(0, a - d, c - b), max(b - c, d - a)


def _count(e: Call, ctx: Context) -> Pair:
    return 0, min(e.args[0].type.bits(), e.type.max_value)


_CALLS: dict[str, Callable[[Call, Context], Pair]] = {
    **dict.fromkeys(TRANSPARENT, lambda e, ctx: bounds(e.args[0], ctx)),
    "promise_clamped": _promise,
    "bitwise_and": _bitwise_and,
    "shift_right": _shift_right,
    "shift_left": _shift_left,
    "abs": _abs,
    "absd": _absd,
    "count_leading_zeros": _count,
    "count_trailing_zeros": _count,
    "popcount": _count,
}

_BOUNDS: dict[type[Expr], Callable[[Any, Context], Pair]] = {
    E.IntImm: lambda e, ctx: (e.value, e.value),
    E.Variable: _variable,
    E.Add: _add,
    E.Sub: _sub,
    E.Mul: _mul,
    E.Div: _div,
    E.Mod: _mod,
    E.Min: _min,
    E.Max: _max,
    E.Select: _select,
    E.Cast: _cast,
    E.Ramp: _ramp,
    E.Broadcast: lambda e, ctx: bounds(e.value, ctx),
    E.Call: _call,
}

_WRAPPING = frozenset({E.Add, E.Sub, E.Mul, E.Div, E.Ramp})
