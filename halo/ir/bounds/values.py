"""Intervals of casts, lets, vectors and calls."""

from __future__ import annotations

from collections.abc import Callable

from halo.ir import expr as E
from halo.ir.bounds.arithmetic import constants, range_of, wraps
from halo.ir.bounds.context import Bounds
from halo.ir.cross_lane import ReduceOp, Shuffle, VectorReduce
from halo.ir.expr import Call, CallKind, Expr, as_const, const
from halo.ir.intrinsics import TRANSPARENT, intrinsic
from halo.ir.operators import cast_to
from halo.ir.ranges import UNBOUNDED, Interval
from halo.ir.simplify.fold import fold_cast
from halo.ir.types import Type


def cast(e: E.Cast, s: Bounds) -> Interval:
    """A conversion: where the value does not fit, the range of the type."""
    source, t = e.value.type, e.type.element
    i = s.visit(e.value)
    if t.is_bool() or source.is_bool():
        return i if i.is_bounded and t == source else _cast_constants(i, t)
    if source.is_integral and t.is_integral:
        widens = t.can_represent(source.min_value) and t.can_represent(source.max_value)
        index = source.is_int() and t.is_int() and source.bits() > 32 and t.bits() >= 32
        if not widens and not (index and s.simplifier.is_index(e.value)):
            return _cast_constants(i, t)
    elif t.is_float() and source.is_float() and t.bits() < source.bits():
        return _cast_constants(i, t)
    low, high = [None if x is None else s.simplify(cast_to(t, x)) for x in (i.min, i.max)]
    return Interval(low, low if i.is_point else high)


def _cast_constants(i: Interval, t: Type) -> Interval:
    """Return the constant ends of `i` as `t`, or the range of `t` where they do not fit."""
    ends = [None if x is None else as_const(x) for x in (i.min, i.max)]
    if ends[0] is None or ends[1] is None:
        return range_of(t)
    if t.is_integral and not (t.can_represent(int(ends[0])) and t.can_represent(int(ends[1]))):
        return range_of(t)
    low, high = fold_cast(t, ends[0]), fold_cast(t, ends[1])
    return range_of(t) if low is None or high is None else Interval(low, high)


def let(e: E.Let, s: Bounds) -> Interval:
    """The body, the name lying where the value does."""
    return s.within({**s.scope, e.name: s.visit(e.value)}).visit(e.body)


def ramp(e: E.Ramp, s: Bounds) -> Interval:
    """From the first lane to the last."""
    last = E.Mul(e.stride, const(e.stride.type, e.lanes - 1))
    if wraps(e.type):
        end = s.visit(E.Add(e.base, last))
        base = s.visit(e.base)
        ends = constants(base, end)
        stride = as_const(e.stride)
        total = None if ends is None or stride is None else ends[0] + stride * (e.lanes - 1)
        fits = total is not None and e.type.element.can_represent(int(total))
        return s.simplified(base.union(end)) if fits else range_of(e.type)
    i = s.visit(e.base)
    step = s.visit(s.simplify(last))
    low = None if step.min is None else s.simplify(E.Min(step.min, const(step.min.type, 0)))
    high = None if step.max is None else s.simplify(E.Max(step.max, const(step.max.type, 0)))
    return Interval(s.apply(E.Add, i.min, low), s.apply(E.Add, i.max, high))


def shuffle(e: Shuffle, s: Bounds) -> Interval:
    """All vectors together."""
    found = s.visit(e.vectors[0])
    for v in e.vectors[1:]:
        found = found.union(s.visit(v))
    return s.simplified(found)


def vector_reduce(e: VectorReduce, s: Bounds) -> Interval:
    """The extreme of lanes lies where the lanes do; of other operations the type is known."""
    extreme = e.op in (ReduceOp.MIN, ReduceOp.MAX)
    return s.visit(e.value) if extreme else range_of(e.type)


def comparison(e: Expr, s: Bounds) -> Interval:
    """What is known by its type only."""
    return range_of(e.type)


def call(e: Call, s: Bounds) -> Interval:
    """An intrinsic; of other calls only the type is known."""
    rule = _INTRINSICS.get(e.name) if e.kind is CallKind.INTRINSIC else None
    return range_of(e.type) if rule is None else rule(e, s)


def _promise(e: Call, s: Bounds) -> Interval:
    v, low, high = [s.visit(a) for a in e.args]
    return s.simplified(v.intersect(Interval(low.min, high.max)))


def _abs(e: Call, s: Bounds) -> Interval:
    t, i = e.type.element, s.visit(e.args[0])
    low, high = [None if x is None else as_const(x) for x in (i.min, i.max)]
    if low is None or high is None:
        return range_of(t)
    sizes = sorted([abs(low), abs(high)])
    return Interval(const(t, 0 if low <= 0 <= high else sizes[0]), const(t, sizes[1]))


def _absd(e: Call, s: Bounds) -> Interval:
    ends = constants(s.visit(e.args[0]), s.visit(e.args[1]))
    if ends is None or not e.type.is_integral:
        return range_of(e.type)
    a, b, c, d = ends
    t = e.type.element
    return Interval(const(t, max(0, a - d, c - b)), const(t, max(b - c, d - a)))


def _bitwise_and(e: Call, s: Bounds) -> Interval:
    if not e.type.is_integral:
        return UNBOUNDED
    zero = const(e.type.element, 0)
    highs: list[Expr] = []
    for a in e.args:
        i = s.visit(a)
        if i.max is not None and (a.type.is_uint() or s.sign(i.min) > 0):
            highs.append(i.max)
    if not highs:
        return range_of(e.type)
    high = highs[0] if len(highs) == 1 else s.simplify(E.Min(highs[0], highs[1]))
    return Interval(zero, high)


def _shift(e: Call, s: Bounds) -> Interval:
    i, count = s.visit(e.args[0]), as_const(e.args[1])
    t = e.type.element
    if not isinstance(count, int) or not 0 <= count < t.bits():
        return range_of(t)
    by = const(t, count)
    if e.name == "shift_left":
        if not wraps(t) and s.simplifier.is_index(e.args[0]) and count < t.bits() - 1:
            factor = const(t, 1 << count)
            return Interval(s.apply(E.Mul, i.min, factor), s.apply(E.Mul, i.max, factor))
        known = constants(i)
        if known is None or not all(t.can_represent(x << count) for x in known):
            return range_of(t)
    ends = [i.min, i.max]
    if e.name == "shift_right" and count:  # few bits are left, whatever it was
        ends = [
            const(t, t.min_value) if i.min is None else i.min,
            const(t, t.max_value) if i.max is None else i.max,
        ]
    low, high = [None if x is None else s.simplify(intrinsic(e.name, x, by)) for x in ends]
    return Interval(low, high)


def _monotone(e: Call, s: Bounds) -> Interval:
    i = s.visit(e.args[0])
    low, high = [
        None if x is None else s.simplify(Call(x.type, e.name, (x,), e.kind))
        for x in (i.min, i.max)
    ]
    return Interval(low, high)


_INTRINSICS: dict[str, Callable[[Call, Bounds], Interval]] = {
    **dict.fromkeys(TRANSPARENT, lambda e, s: s.visit(e.args[0])),
    "promise_clamped": _promise,
    "abs": _abs,
    "absd": _absd,
    "bitwise_and": _bitwise_and,
    "shift_left": _shift,
    "shift_right": _shift,
    "floor": _monotone,
    "ceil": _monotone,
    "trunc": _monotone,
    "round": _monotone,
}
