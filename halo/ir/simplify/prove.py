"""Proving inequalities of linear combinations from bounds, facts and the meaning of atoms."""

from __future__ import annotations

from math import gcd

from halo.ir import expr as E
from halo.ir.expr import Call, Expr, Variable, as_const
from halo.ir.intrinsics import is_intrinsic
from halo.ir.simplify.constant_bounds import is_exact, known_of, linear_bounds
from halo.ir.simplify.context import Context
from halo.ir.simplify.expand import expand
from halo.ir.simplify.linear import Linear

_STEPS = 40
"""Combinations looked at before a proof is given up; bounds its cost."""

_DEPTH = 10

_CHOICES = frozenset({E.Min, E.Max, E.Select, Call})


def difference(a: Expr, b: Expr, ctx: Context) -> Linear | None:
    """Return a - b over the integers, or None if either may wrap."""
    if not (a.type.is_integral and is_exact(a, ctx) and is_exact(b, ctx)):
        return None
    return expand(a, ctx).plus(expand(b, ctx), -1)


def never_above(lin: Linear, ctx: Context) -> bool:
    """Whether `lin` <= 0 always holds; False when that is not found."""
    low, high = linear_bounds(lin, ctx)
    if high <= 0:
        return True
    if low > 0 or not lin.terms:
        return False
    key = lin.identity
    known = ctx.proofs.get(key)
    if known is None:
        known = _Proof(ctx).holds(lin, _DEPTH)
        ctx.proofs[key] = known
    return known


def at_most(a: Expr, b: Expr, ctx: Context) -> bool:
    """Whether a <= b always holds."""
    d = difference(a, b, ctx)
    return d is not None and never_above(d, ctx)


def positive(e: Expr, ctx: Context) -> bool:
    """Whether e > 0 always holds."""
    return is_exact(e, ctx) and never_above(expand(e, ctx).times(-1).offset(1), ctx)


class _Proof:
    """One search: replaces an atom by what bounds it until constants decide."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.steps = _STEPS

    def holds(self, lin: Linear, depth: int) -> bool:
        """Whether lin <= 0 is found to hold."""
        low, high = linear_bounds(lin, self.ctx)
        if high <= 0:
            return True
        self.steps -= 1
        if low > 0 or depth == 0 or self.steps <= 0:
            return False
        if self._follows_from_a_fact(lin):
            return True
        return self._by_choice(lin, depth - 1)

    def _follows_from_a_fact(self, lin: Linear) -> bool:
        for fact in self.ctx.facts:
            if not fact.terms.keys().isdisjoint(lin.terms.keys()):
                rest = lin.plus(fact, -1)
                if len(rest.terms) <= len(lin.terms) and linear_bounds(rest, self.ctx)[1] <= 0:
                    return True
        return False

    def _by_choice(self, lin: Linear, depth: int) -> bool:
        """Expand the first min, max or select; else the innermost variable; else a quotient."""
        innermost: tuple[int, int, Linear] | None = None
        quotient: int | None = None
        for key, (a, c) in lin.terms.items():
            kind = type(a)
            if kind in _CHOICES and (kind is not Call or is_intrinsic(a, "promise_clamped")):
                choices, all_needed = self._choices(a, c)
                if choices:
                    rest = lin.without(key)
                    if all_needed:
                        return all(self.holds(rest.plus(x, c), depth) for x in choices)
                    return any(self.holds(rest.plus(x, c), depth) for x in choices)
            elif isinstance(a, Variable):
                known = known_of(a, self.ctx)
                end = None if known is None else (known.upper if c > 0 else known.lower)
                if known is None or end is None:
                    continue
                if innermost is None or known.order > innermost[0]:
                    innermost = known.order, key, expand(end, self.ctx)
            elif isinstance(a, E.Div):
                quotient = key
        if innermost is not None:
            _, key, value = innermost
            return self.holds(lin.without(key).plus(value, lin.terms[key][1]), depth)
        return quotient is not None and self._by_quotient(lin, quotient, depth)

    def _choices(self, a: Expr, c: int) -> tuple[list[Linear], bool]:
        """Return what atom `a` may be or is bounded by, and whether all of it must hold."""
        ctx = self.ctx
        if isinstance(a, Call):
            value, low, high = a.args
            bound = high if c > 0 else low
            return [expand(x, ctx) for x in (bound, value) if is_exact(x, ctx)], False
        if isinstance(a, E.Select):
            operands = [a.true_value, a.false_value]
            all_needed = True
        else:
            assert isinstance(a, (E.Min, E.Max))
            operands = [a.a, a.b]
            all_needed = isinstance(a, E.Min) == (c < 0)
        exact = [expand(x, ctx) for x in operands if is_exact(x, ctx)]
        if all_needed and len(exact) < len(operands):
            return [], True
        return exact, all_needed

    def _by_quotient(self, lin: Linear, key: int, depth: int) -> bool:
        """Replace u/d by its bounds: u - d + 1 <= d*(u/d) <= u."""
        a, c = lin.terms[key]
        assert isinstance(a, E.Div)
        d = as_const(a.b)
        if not isinstance(d, int) or d <= 0 or not is_exact(a.a, self.ctx):
            return False
        scale = d // gcd(d, c)
        m = c * scale // d
        bound = expand(a.a, self.ctx) if m > 0 else expand(a.a, self.ctx).offset(1 - d)
        return self.holds(lin.without(key).times(scale).plus(bound, m), depth)
