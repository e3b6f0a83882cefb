"""Intervals of arithmetic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import isfinite

from halo.ir import expr as E
from halo.ir.bounds.context import Bounds, Build
from halo.ir.expr import as_const, const
from halo.ir.ranges import UNBOUNDED, Interval
from halo.ir.types import Type


def range_of(t: Type) -> Interval:
    """Return the range of a narrow type; nothing is known of wider ones."""
    if t.is_integral and t.bits() < 32:
        return Interval(const(t.element, t.min_value), const(t.element, t.max_value))
    return UNBOUNDED


def leaves_type(f: Callable[[int, int], int], e: E.Binary, a: Interval, b: Interval) -> bool:
    """Whether f of some values of `a` and `b`, which are constant, is not of the type of `e`.

    Such values come from data, so that it wraps there.
    """
    ends = constants(a, b) if e.type.is_integral else None
    if ends is None:
        return False
    t = e.type.element
    return not all(t.can_represent(f(x, y)) for x in ends[:2] for y in ends[2:])


def wraps(t: Type) -> bool:
    """Whether arithmetic of type `t` may wrap: it is not index arithmetic."""
    return t.is_integral and (t.bits() < 32 or t.is_uint())


def constants(*intervals: Interval) -> list[int] | None:
    """Return all ends of `intervals` if they are constants."""
    ends = [None if x is None else as_const(x) for i in intervals for x in (i.min, i.max)]
    return [int(x) for x in ends if x is not None] if None not in ends else None


def wrapping(f: Callable[[int, int], int], e: E.Binary, a: Interval, b: Interval) -> Interval:
    """Return the interval of f over narrow operands: constant, and the type's range on overflow."""
    ends = constants(a, b)
    if ends is None:
        return range_of(e.type)
    values = [f(x, y) for x in ends[:2] for y in ends[2:]]
    low, high = min(values), max(values)
    t = e.type.element
    if not (t.can_represent(low) and t.can_represent(high)):
        return range_of(e.type)
    return Interval(const(t, low), const(t, high))


def variable(e: E.Variable, s: Bounds) -> Interval:
    """A variable in scope lies where the scope says; another stands for itself."""
    return s.scope.get(e.name, Interval.point(e))


def add(e: E.Add, s: Bounds) -> Interval:
    """a + b."""
    a, b = s.visit(e.a), s.visit(e.b)
    if wraps(e.type):
        return wrapping(operator.add, e, a, b)
    if leaves_type(operator.add, e, a, b):
        return UNBOUNDED
    if e.type.is_float() and not (a.is_bounded and b.is_bounded):
        return UNBOUNDED
    return Interval(s.apply(E.Add, a.min, b.min), s.apply(E.Add, a.max, b.max))


def sub(e: E.Sub, s: Bounds) -> Interval:
    """a - b."""
    a, b = s.visit(e.a), s.visit(e.b)
    if wraps(e.type):
        return wrapping(operator.sub, e, a, b)
    if leaves_type(operator.sub, e, a, b):
        return UNBOUNDED
    if e.type.is_float() and not (a.is_bounded and b.is_bounded):
        return UNBOUNDED
    return Interval(s.apply(E.Sub, a.min, b.max), s.apply(E.Sub, a.max, b.min))


def mul(e: E.Mul, s: Bounds) -> Interval:
    """a * b."""
    a, b = s.visit(e.a), s.visit(e.b)
    if wraps(e.type):
        return wrapping(operator.mul, e, a, b)
    if leaves_type(operator.mul, e, a, b):
        return UNBOUNDED
    if e.type.is_float() and not (a.is_bounded and b.is_bounded):
        return UNBOUNDED
    if a.is_point and not b.is_point:
        a, b = b, a
    if b.is_point:
        sign = s.sign(b.min)
        if sign:
            ends = s.apply(E.Mul, a.min, b.min), s.apply(E.Mul, a.max, b.min)
            return Interval(*ends) if sign > 0 else Interval(ends[1], ends[0])
    elif s.sign(a.min) > 0 and s.sign(b.min) > 0:
        return Interval(s.apply(E.Mul, a.min, b.min), s.apply(E.Mul, a.max, b.max))
    if e.type.is_float() and constants(a, b) is None:
        return _by_its_sign(E.Mul, a, b, s)
    return _hull_of_corners(E.Mul, a, b, s)


def _hull_of_corners(make: Build, a: Interval, b: Interval, s: Bounds) -> Interval:
    if not (a.is_bounded and b.is_bounded):
        return UNBOUNDED
    corners = Interval(None, None)
    for x in (a.min, a.max):
        for y in (b.min,) if b.is_point else (b.min, b.max):
            value = s.apply(make, x, y)
            assert value is not None
            point = Interval.point(value)
            corners = point if corners.min is None else corners.union(point)
    return s.simplified(corners)


def _by_its_sign(make: Build, a: Interval, b: Interval, s: Bounds) -> Interval:
    """Return `a` times or over the one float `b`: all numbers if it is 0, infinite or a NaN."""
    if b.min is None or not (b.is_point and a.is_bounded):
        return UNBOUNDED
    zero, most = const(b.min.type, 0), const(b.min.type, float("inf"))
    least = const(b.min.type, -float("inf"))
    sign = _promised_sign(b.min)
    if sign:
        ends = s.apply(make, a.min, b.min), s.apply(make, a.max, b.min)
        return Interval(*ends) if sign > 0 else Interval(ends[1], ends[0])
    above = E.And(E.LT(zero, b.min), E.LT(b.min, most))
    below = E.And(E.LT(b.min, zero), E.LT(least, b.min))
    first, last = s.apply(make, a.min, b.min), s.apply(make, a.max, b.min)
    assert first is not None and last is not None
    low = E.Select(above, first, E.Select(below, last, least))
    high = E.Select(above, last, E.Select(below, first, most))
    return s.simplified(Interval(low, high))


def _promised_sign(e: E.Expr) -> int:
    """Return the sign that the range of a parameter gives it, 0 if that holds 0 or has no end."""
    if not isinstance(e, E.Variable) or e.param is None:
        return 0
    low, high = e.param.min, e.param.max
    if low is None or high is None or not (isfinite(low) and isfinite(high)):
        return 0
    return int(low > 0) - int(high < 0)


def div(e: E.Div, s: Bounds) -> Interval:
    """a / b."""
    a, b = s.visit(e.a), s.visit(e.b)
    if e.type.is_float():
        divisor = as_const(e.b)
        if divisor is None:
            return _by_its_sign(E.Div, a, b, s)
        if divisor == 0 or not a.is_bounded:
            return UNBOUNDED
        ends = s.apply(E.Div, a.min, e.b), s.apply(E.Div, a.max, e.b)
        return Interval(*ends) if divisor > 0 else Interval(ends[1], ends[0])
    if b.is_point and s.sign(b.min):
        ends = s.apply(E.Div, a.min, b.min), s.apply(E.Div, a.max, b.min)
        return Interval(*ends) if s.sign(b.min) > 0 else Interval(ends[1], ends[0])
    if e.type.is_uint():
        return Interval(const(e.type.element, 0), a.max)
    if not a.is_bounded or a.min is None or a.max is None:
        return UNBOUNDED
    zero = const(e.type.element, 0)
    if s.sign(b.min) > 0:
        found = Interval(E.Min(a.min, zero), E.Max(a.max, zero))
    elif e.type.bits() < 32:
        return range_of(e.type)
    else:
        largest = E.Max(a.max, E.Sub(zero, a.min))
        found = Interval(E.Sub(zero, largest), largest)
    return s.simplified(found)


def mod(e: E.Mod, s: Bounds) -> Interval:
    """a % b."""
    if e.type.is_float():
        return UNBOUNDED
    a, b = s.visit(e.a), s.visit(e.b)
    zero, one = const(e.type.element, 0), const(e.type.element, 1)
    c = as_const(e.b)
    if isinstance(c, int) and c > 0 and a.min is not None and a.max is not None:
        by = const(e.type.element, c)
        first, last = s.simplify(E.Div(a.min, by)), s.simplify(E.Div(a.max, by))
        if s.proves(E.EQ(first, last)):
            return Interval(s.simplify(E.Mod(a.min, by)), s.simplify(E.Mod(a.max, by)))
    if s.sign(b.min) > 0:
        if b.max is None:
            return Interval(zero, a.max if s.sign(a.min) > 0 else None)
        high = s.simplify(E.Max(E.Sub(b.max, one), zero))
    elif b.min is not None and b.max is not None and not wraps(e.type):
        size = E.Max(E.Sub(zero, b.min), b.max)
        high = s.simplify(E.Max(E.Sub(size, one), zero))
    else:
        return Interval(zero, None)
    if a.max is not None and s.sign(a.min) > 0:
        high = s.simplify(E.Min(a.max, high))
    return Interval(zero, high)


def min_(e: E.Min, s: Bounds) -> Interval:
    """min(a, b)."""
    a, b = s.visit(e.a), s.visit(e.b)
    if e.type.is_float() and b.min is None and b.max is None:
        return UNBOUNDED  # b may be NaN, and so may the result
    low = s.apply(E.Min, a.min, b.min)
    if a.max is None or b.max is None:
        nan = e.type.is_float() and b.max is None and a.min is None and a.max is None
        return Interval(low, None if nan else b.max if a.max is None else a.max)
    return Interval(low, s.simplify(E.Min(a.max, b.max)))


def max_(e: E.Max, s: Bounds) -> Interval:
    """max(a, b)."""
    a, b = s.visit(e.a), s.visit(e.b)
    if e.type.is_float() and b.min is None and b.max is None:
        return UNBOUNDED  # b may be NaN, and so may the result
    high = s.apply(E.Max, a.max, b.max)
    if a.min is None or b.min is None:
        return Interval(b.min if a.min is None else a.min, high)
    return Interval(s.simplify(E.Max(a.min, b.min)), high)


def select(e: E.Select, s: Bounds) -> Interval:
    """Either value."""
    a, b = s.visit(e.true_value), s.visit(e.false_value)
    return s.simplified(a.union(b))
