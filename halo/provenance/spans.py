"""The least and the greatest value of an expression, as plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from halo.ir import expr as E
from halo.ir.expr import Call, Cast, Expr
from halo.ir.intrinsics import is_marked
from halo.ir.operators import euclid_div, euclid_mod
from halo.ir.types import Type

Span = tuple[int, int]
"""Least and greatest value; of a bool, 0 and 1."""

_FAR = 1 << 62


def span_of(e: Expr, spans: Mapping[str, Span]) -> Span:
    """Return what a scalar integer or bool expression lies in, given that of its variables.

    What depends on data may be all that its type holds; index arithmetic does not overflow.
    """
    if isinstance(e, E.IntImm):
        return (e.value, e.value)
    if isinstance(e, E.Variable):
        return spans[e.name] if e.name in spans else _anything(e.type)
    if isinstance(e, E.Select):
        holds = span_of(e.condition, spans)
        a, b = span_of(e.true_value, spans), span_of(e.false_value, spans)
        return (
            (a if holds[0] else b) if holds[0] == holds[1] else (min(a[0], b[0]), max(a[1], b[1]))
        )
    if isinstance(e, Call):
        return _call(e, spans)
    if isinstance(e, Cast):
        return _cast(e, spans)
    rule = _RULES.get(type(e))
    operands = e.children()
    if rule is None or not all(isinstance(c, Expr) and c.type.is_integral for c in operands):
        return _anything(e.type)
    return rule(*[span_of(c, spans) for c in operands])


def _anything(type: Type) -> Span:
    if type.is_bool():
        return (0, 1)
    narrow = type.is_integral and type.bits() < 32
    return (type.min_value, type.max_value) if narrow else (-_FAR, _FAR)


def _call(e: Call, spans: Mapping[str, Span]) -> Span:
    if is_marked(e):
        return span_of(e.args[0], spans)
    if e.kind is E.CallKind.INTRINSIC and e.name == "promise_clamped":
        value, low, high = (span_of(a, spans) for a in e.args)
        return _max(_min(value, high), low)
    return _anything(e.type)


def _cast(e: Cast, spans: Mapping[str, Span]) -> Span:
    if not e.value.type.is_integral or not e.type.is_integral:
        return _anything(e.type)
    inner = span_of(e.value, spans)
    low, high = _anything(e.type)
    return inner if low <= inner[0] and inner[1] <= high else (low, high)


Rule = Callable[[Span, Span], Span]


def _corners(f: Callable[[int, int], int]) -> Rule:
    """Return the rule of an operation that is monotone in each operand."""

    def rule(a: Span, b: Span) -> Span:
        values = [int(f(x, y)) for x in a for y in b]
        return (min(values), max(values))

    return rule


_min, _max = _corners(min), _corners(max)


def _div(a: Span, b: Span) -> Span:
    if b[0] != b[1]:
        far = max(abs(a[0]), abs(a[1]))
        return (-far, far)
    return _corners(euclid_div)(a, b)


def _mod(a: Span, b: Span) -> Span:
    n = abs(b[0]) if b[0] == b[1] else max(abs(b[0]), abs(b[1]))
    if b[0] == b[1] and n and a[0] // n == a[1] // n:
        return (euclid_mod(a[0], n), euclid_mod(a[1], n))
    return (0, max(n - 1, 0))


def _equal(a: Span, b: Span) -> Span:
    if a[1] < b[0] or b[1] < a[0]:
        return (0, 0)
    return (1, 1) if a == b and a[0] == a[1] else (0, 1)


def _not(a: Span) -> Span:
    return (1 - a[1], 1 - a[0])


_RULES: dict[type, Callable[..., Span]] = {
    E.Add: _corners(lambda a, b: a + b),
    E.Sub: _corners(lambda a, b: a - b),
    E.Mul: _corners(lambda a, b: a * b),
    E.Min: _min,
    E.Max: _max,
    E.Div: _div,
    E.Mod: _mod,
    E.LT: _corners(lambda a, b: a < b),
    E.LE: _corners(lambda a, b: a <= b),
    E.GT: _corners(lambda a, b: a > b),
    E.GE: _corners(lambda a, b: a >= b),
    E.EQ: _equal,
    E.NE: lambda a, b: _not(_equal(a, b)),
    E.Not: _not,
    E.And: _min,
    E.Or: _max,
}
