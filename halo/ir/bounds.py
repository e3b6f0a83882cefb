"""Symbolic interval arithmetic: what values an expression takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halo.ir import expr as E
from halo.ir.expr import Call, CallKind, Expr, as_const, const, is_true
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to
from halo.ir.ranges import UNBOUNDED, Interval
from halo.ir.simplify import Simplifier
from halo.ir.simplify.fold import fold_cast
from halo.ir.types import Type

Build = Callable[[Expr, Expr], Expr]


def bounds_of(expr: Expr, scope: Mapping[str, Interval]) -> Interval:
    """Return an interval that holds every value of the scalar or vector `expr`.

    Parameters
    ----------
    scope
        Where the variables lie that the result must not mention; others stand for themselves.

    Index arithmetic (int32 and int64) does not overflow. Data of at most 16 bits lies in the range
    of its type, wider data is unbounded. A float interval with an end holds no NaN, unless a
    parameter is one.

        bounds_of(x*2 + y, {"x": [0, 9]})  ->  [y, y + 18]
    """
    return Bounds(scope).of(expr)


class Bounds:
    """Bounds of many expressions in one scope, shared parts being looked at once."""

    def __init__(
        self,
        scope: Mapping[str, Interval],
        simplifier: Simplifier | None = None,
        *,
        assume_selects: bool = False,
    ) -> None:
        self.scope = scope
        self.simplifier = Simplifier() if simplifier is None else simplifier
        self.assume_selects = assume_selects
        self._done: dict[int, tuple[Expr, Interval]] = {}
        self._fixed: dict[int, tuple[Expr, bool]] = {}

    def of(self, e: Expr) -> Interval:
        """Return the interval of `e`."""
        return self.visit(self.simplify(e))

    def within(self, scope: Mapping[str, Interval]) -> Bounds:
        """Return bounds in another scope."""
        return Bounds(scope, self.simplifier, assume_selects=self.assume_selects)

    def simplify(self, e: Expr) -> Expr:
        """Return `e` simplified."""
        return self.simplifier.simplify(e)

    def proves(self, condition: Expr) -> bool:
        """Whether `condition` always holds."""
        return is_true(self.simplify(condition))

    def visit(self, e: Expr) -> Interval:
        """Return the interval of the simplified `e`."""
        known = self._done.get(id(e))
        if known is None:
            made = self._visit(e)
            if not made.is_point and e.type.is_integral and e.type.bits < 32:
                made = _in_type(made, e.type)
            known = self._done[id(e)] = (e, made)
        return known[1]

    def _visit(self, e: Expr) -> Interval:
        if self.is_fixed(e) and e.type.is_scalar:
            return Interval.point(e)
        rule = _RULES.get(type(e))
        return UNBOUNDED if rule is None else rule(e, self)

    def is_fixed(self, e: Expr) -> bool:
        """Whether `e` is made of constants and of variables that are not in scope."""
        known = self._fixed.get(id(e))
        if known is not None:
            return known[1]
        if isinstance(e, E.Variable):
            fixed = e.name not in self.scope
        elif isinstance(e, (E.Load, E.Let, E.Shuffle, E.VectorReduce)) or (
            isinstance(e, Call) and e.kind is not CallKind.INTRINSIC
        ):
            fixed = False
        else:
            fixed = all([self.is_fixed(c) for c in e.children()])
        self._fixed[id(e)] = (e, fixed)
        return fixed

    def apply(self, make: Build, a: Expr | None, b: Expr | None) -> Expr | None:
        """Return make(a, b) simplified; None if either is."""
        return None if a is None or b is None else self.simplify(make(a, b))

    def sign(self, e: Expr | None) -> int:
        """Return 1 if e >= 0, -1 if e <= 0, 0 if neither is known."""
        if e is None:
            return 0
        zero = const(e.type, 0)
        if as_const(e) is not None:
            return 1 if as_const(e) >= 0 else -1  # type: ignore[operator]
        if not e.type.is_integral:
            return 0
        if self.proves(E.GE(e, zero)):
            return 1
        return -1 if self.proves(E.LE(e, zero)) else 0


def _in_type(i: Interval, t: Type) -> Interval:
    """Return `i` if it is constant and fits into the narrow type `t`, else the range of `t`."""
    return i if i.is_bounded else Interval(
        const(t.element, t.min_value) if i.min is None else i.min,
        const(t.element, t.max_value) if i.max is None else i.max,
    )


def _range_of(t: Type) -> Interval:
    if t.is_integral and t.bits < 32:
        return Interval(const(t.element, t.min_value), const(t.element, t.max_value))
    return UNBOUNDED


def _wraps(t: Type) -> bool:
    return t.is_integral and (t.bits < 32 or t.is_uint)


def _constants(*intervals: Interval) -> list[int] | None:
    ends = [None if x is None else as_const(x) for i in intervals for x in (i.min, i.max)]
    return [int(x) for x in ends if x is not None] if None not in ends else None


def _wrapping(
    f: Callable[[int, int], int], e: E.Binary, a: Interval, b: Interval
) -> Interval:
    """Return the interval of f over narrow operands: constant, and the type's range on overflow."""
    ends = _constants(a, b)
    if ends is None:
        return _range_of(e.type)
    values = [f(x, y) for x in ends[:2] for y in ends[2:]]
    low, high = min(values), max(values)
    t = e.type.element
    if not (t.can_represent(low) and t.can_represent(high)):
        return _range_of(e.type)
    return Interval(const(t, low), const(t, high))


def _variable(e: E.Variable, s: Bounds) -> Interval:
    return s.scope.get(e.name, Interval.point(e))


def _add(e: E.Add, s: Bounds) -> Interval:
    a, b = s.visit(e.a), s.visit(e.b)
    if _wraps(e.type):
        return _wrapping(lambda x, y: x + y, e, a, b)
    if e.type.is_float and not (a.is_bounded and b.is_bounded):
        return UNBOUNDED
    return Interval(s.apply(E.Add, a.min, b.min), s.apply(E.Add, a.max, b.max))


def _sub(e: E.Sub, s: Bounds) -> Interval:
    a, b = s.visit(e.a), s.visit(e.b)
    if _wraps(e.type):
        return _wrapping(lambda x, y: x - y, e, a, b)
    if e.type.is_float and not (a.is_bounded and b.is_bounded):
        return UNBOUNDED
    return Interval(s.apply(E.Sub, a.min, b.max), s.apply(E.Sub, a.max, b.min))


def _mul(e: E.Mul, s: Bounds) -> Interval:
    a, b = s.visit(e.a), s.visit(e.b)
    if _wraps(e.type):
        return _wrapping(lambda x, y: x * y, e, a, b)
    if e.type.is_float and not (a.is_bounded and b.is_bounded):
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
    if e.type.is_float and _constants(a, b) is None:
        return UNBOUNDED
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
    return _simplified(corners, s)


def _simplified(i: Interval, s: Bounds) -> Interval:
    low = None if i.min is None else s.simplify(i.min)
    high = low if i.is_point else None if i.max is None else s.simplify(i.max)
    return Interval(low, high)


def _div(e: E.Div, s: Bounds) -> Interval:
    a, b = s.visit(e.a), s.visit(e.b)
    if e.type.is_float:
        divisor = as_const(e.b)
        if divisor in (None, 0) or not a.is_bounded:
            return UNBOUNDED
        ends = s.apply(E.Div, a.min, e.b), s.apply(E.Div, a.max, e.b)
        return Interval(*ends) if divisor > 0 else Interval(ends[1], ends[0])
    if b.is_point and s.sign(b.min):
        ends = s.apply(E.Div, a.min, b.min), s.apply(E.Div, a.max, b.min)
        return Interval(*ends) if s.sign(b.min) > 0 else Interval(ends[1], ends[0])
    if e.type.is_uint:
        return Interval(const(e.type.element, 0), a.max)
    if not a.is_bounded or a.min is None or a.max is None:
        return UNBOUNDED
    zero = const(e.type.element, 0)
    if s.sign(b.min) > 0:
        found = Interval(E.Min(a.min, zero), E.Max(a.max, zero))
    elif e.type.bits < 32:
        return _range_of(e.type)
    else:
        largest = E.Max(a.max, E.Sub(zero, a.min))
        found = Interval(E.Sub(zero, largest), largest)
    return _simplified(found, s)


def _mod(e: E.Mod, s: Bounds) -> Interval:
    if e.type.is_float:
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
    elif b.min is not None and b.max is not None and not _wraps(e.type):
        size = E.Max(E.Sub(zero, b.min), b.max)
        high = s.simplify(E.Max(E.Sub(size, one), zero))
    else:
        return Interval(zero, None)
    if a.max is not None and s.sign(a.min) > 0:
        high = s.simplify(E.Min(a.max, high))
    return Interval(zero, high)


def _min(e: E.Min, s: Bounds) -> Interval:
    a, b = s.visit(e.a), s.visit(e.b)
    if e.type.is_float and b.min is None and b.max is None:
        return UNBOUNDED  # b may be NaN, and so may the result
    low = s.apply(E.Min, a.min, b.min)
    if a.max is None or b.max is None:
        nan = e.type.is_float and b.max is None and a.min is None and a.max is None
        return Interval(low, None if nan else b.max if a.max is None else a.max)
    return Interval(low, s.simplify(E.Min(a.max, b.max)))


def _max(e: E.Max, s: Bounds) -> Interval:
    a, b = s.visit(e.a), s.visit(e.b)
    if e.type.is_float and b.min is None and b.max is None:
        return UNBOUNDED  # b may be NaN, and so may the result
    high = s.apply(E.Max, a.max, b.max)
    if a.min is None or b.min is None:
        return Interval(b.min if a.min is None else a.min, high)
    return Interval(s.simplify(E.Max(a.min, b.min)), high)


def _select(e: E.Select, s: Bounds) -> Interval:
    a, b = s.visit(e.true_value), s.visit(e.false_value)
    return _simplified(a.union(b), s)


def _cast(e: E.Cast, s: Bounds) -> Interval:
    source, t = e.value.type, e.type.element
    i = s.visit(e.value)
    if t.is_bool or source.is_bool:
        return i if i.is_bounded and t == source else _cast_constants(i, t)
    if source.is_integral and t.is_integral:
        widens = t.can_represent(source.min_value) and t.can_represent(source.max_value)
        index = source.is_int and t.is_int and source.bits > 32 and t.bits >= 32
        if not widens and not (index and s.simplifier.is_index(e.value)):
            return _cast_constants(i, t)
    elif t.is_float and source.is_float and t.bits < source.bits:
        return _cast_constants(i, t)
    low, high = [None if x is None else s.simplify(cast_to(t, x)) for x in (i.min, i.max)]
    return Interval(low, low if i.is_point else high)


def _cast_constants(i: Interval, t: Type) -> Interval:
    """Return the constant ends of `i` as `t`, or the range of `t` where they do not fit."""
    ends = [None if x is None else as_const(x) for x in (i.min, i.max)]
    if ends[0] is None or ends[1] is None:
        return _range_of(t)
    if t.is_integral and not (t.can_represent(int(ends[0])) and t.can_represent(int(ends[1]))):
        return _range_of(t)
    low, high = fold_cast(t, ends[0]), fold_cast(t, ends[1])
    return _range_of(t) if low is None or high is None else Interval(low, high)


def _let(e: E.Let, s: Bounds) -> Interval:
    return s.within({**s.scope, e.name: s.visit(e.value)}).visit(e.body)


def _ramp(e: E.Ramp, s: Bounds) -> Interval:
    last = E.Mul(e.stride, const(e.stride.type, e.lanes - 1))
    if _wraps(e.type):
        end = s.visit(E.Add(e.base, last))
        base = s.visit(e.base)
        ends = _constants(base, end)
        stride = as_const(e.stride)
        total = None if ends is None or stride is None else ends[0] + stride * (e.lanes - 1)
        fits = total is not None and e.type.element.can_represent(int(total))
        return _simplified(base.union(end), s) if fits else _range_of(e.type)
    i = s.visit(e.base)
    step = s.visit(s.simplify(last))
    low = None if step.min is None else s.simplify(E.Min(step.min, const(step.min.type, 0)))
    high = None if step.max is None else s.simplify(E.Max(step.max, const(step.max.type, 0)))
    return Interval(s.apply(E.Add, i.min, low), s.apply(E.Add, i.max, high))


def _shuffle(e: E.Shuffle, s: Bounds) -> Interval:
    found = s.visit(e.vectors[0])
    for v in e.vectors[1:]:
        found = found.union(s.visit(v))
    return _simplified(found, s)


def _comparison(e: Expr, s: Bounds) -> Interval:
    return _range_of(e.type)


def _call(e: Call, s: Bounds) -> Interval:
    rule = _INTRINSICS.get(e.name) if e.kind is CallKind.INTRINSIC else None
    return _range_of(e.type) if rule is None else rule(e, s)


def _promise(e: Call, s: Bounds) -> Interval:
    v, low, high = [s.visit(a) for a in e.args]
    return _simplified(v.intersect(Interval(low.min, high.max)), s)


def _abs(e: Call, s: Bounds) -> Interval:
    t, i = e.type.element, s.visit(e.args[0])
    low, high = [None if x is None else as_const(x) for x in (i.min, i.max)]
    if low is None or high is None:
        return _range_of(t)
    sizes = sorted([abs(low), abs(high)])
    return Interval(const(t, 0 if low <= 0 <= high else sizes[0]), const(t, sizes[1]))


def _absd(e: Call, s: Bounds) -> Interval:
    ends = _constants(s.visit(e.args[0]), s.visit(e.args[1]))
    if ends is None or not e.type.is_integral:
        return _range_of(e.type)
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
        if i.max is not None and (a.type.is_uint or s.sign(i.min) > 0):
            highs.append(i.max)
    if not highs:
        return _range_of(e.type)
    high = highs[0] if len(highs) == 1 else s.simplify(E.Min(highs[0], highs[1]))
    return Interval(zero, high)


def _shift(e: Call, s: Bounds) -> Interval:
    i, count = s.visit(e.args[0]), as_const(e.args[1])
    t = e.type.element
    if not isinstance(count, int) or not 0 <= count < t.bits:
        return _range_of(t)
    by = const(t, count)
    if e.name == "shift_left":
        if not _wraps(t) and s.simplifier.is_index(e.args[0]) and count < t.bits - 1:
            factor = const(t, 1 << count)
            return Interval(s.apply(E.Mul, i.min, factor), s.apply(E.Mul, i.max, factor))
        ends = _constants(i)
        if ends is None or not all(t.can_represent(x << count) for x in ends):
            return _range_of(t)
    low, high = [
        None if x is None else s.simplify(intrinsic(e.name, x, by)) for x in (i.min, i.max)
    ]
    return Interval(low, high)


def _monotone(e: Call, s: Bounds) -> Interval:
    i = s.visit(e.args[0])
    low, high = [
        None if x is None else s.simplify(Call(x.type, e.name, (x,), e.kind))
        for x in (i.min, i.max)
    ]
    return Interval(low, high)


_INTRINSICS: dict[str, Callable[[Call, Bounds], Interval]] = {
    "likely": lambda e, s: s.visit(e.args[0]),
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

_RULES: dict[type[Expr], Callable[[Any, Bounds], Interval]] = {
    E.IntImm: lambda e, s: Interval.point(e),
    E.FloatImm: lambda e, s: Interval.point(e),
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
    E.Let: _let,
    E.Ramp: _ramp,
    E.Broadcast: lambda e, s: s.visit(e.value),
    E.Shuffle: _shuffle,
    E.Call: _call,
    **{
        c: _comparison
        for c in (E.EQ, E.NE, E.LT, E.LE, E.GT, E.GE, E.And, E.Or, E.Not, E.Load, E.Reinterpret)
    },
}
