"""Expressions as isl objects: piecewise quasi-affine functions and sets of named parameters.

Sums, products with constants, quotients and remainders by constants, min, max, select and
comparisons are exact. Index arithmetic cannot overflow (``docs/architecture.md``), so it is
arithmetic over the integers; data wraps, so a sum or product that data could drive out of its
type becomes an unknown of the type's range, as does everything that is not affine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from halo.ir.equality import equal
from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    NE,
    Add,
    And,
    Call,
    CallKind,
    Cast,
    Comparison,
    Div,
    Expr,
    IntImm,
    Let,
    Max,
    Min,
    Mod,
    Mul,
    Not,
    Or,
    Select,
    Sub,
    Variable,
    as_const,
)
from halo.ir.interval import Interval
from halo.ir.intrinsics import TRANSPARENT
from halo.ir.types import Type
from halo.polyhedral.isl import isl
from halo.polyhedral.question import NotAnswered

Ranges = Mapping[str, Interval]
"""For each variable the values it takes; the ends may contain other variables."""


@dataclass(frozen=True, slots=True)
class Value:
    """An integer value.

    `above` and `below` say how far constants and data may take it beyond what index variables
    alone could make of it; arithmetic that takes it too far could wrap.
    """

    pw: Any
    above: int = 0
    below: int = 0

    def fits(self, type: Type) -> bool:
        """Whether index arithmetic in `type` stays clear of overflow for this value, too."""
        return max(self.above, self.below) < 1 << (type.bits() - 2)


@dataclass(slots=True)
class Translator:
    """Turns expressions into isl objects over named parameters.

    Attributes
    ----------
    ranges
        What variables are known to be; `facts` collects it for those that were met.
    own, prefix
        Variables named in `own`, and unknowns, get `prefix`, so that two iterations of the same
        loops can stand side by side.
    leaves
        What each parameter stands for: a variable or an unknown.
    unknowns
        Expressions that are not affine, with their parameters.
    """

    context: Any
    ranges: Ranges
    own: frozenset[str] = frozenset()
    prefix: str = ""
    facts: Any = None
    leaves: dict[str, Expr] = field(default_factory=dict)
    unknowns: list[tuple[Expr, str]] = field(default_factory=list)
    _lets: dict[str, Value | Any] = field(default_factory=dict)
    _memo: dict[int, tuple[Expr, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = self.everything()

    def integer(self, e: Expr) -> Value:
        """Return the value of a scalar integer expression."""
        if not (e.type.is_integral and e.type.is_scalar()) or e.type.is_bool():
            raise NotAnswered(f"{e.type} is no scalar integer")
        made: Value = self._remembered(e, _INTEGER, self._unknown)
        return made

    def boolean(self, e: Expr) -> Any:
        """Return the set of parameter values for which a scalar bool expression holds."""
        if not (e.type.is_bool() and e.type.is_scalar()):
            raise NotAnswered(f"{e.type} is no scalar bool")
        return self._remembered(e, _BOOLEAN, self._unknown_bool)

    def constant(self, value: int) -> Any:
        space = isl.Space.params_alloc(self.context, 0)
        return isl.PwAff.from_aff(isl.Aff.val_on_domain(space, self.number(value)))

    def number(self, value: int) -> Any:
        return isl.Val(str(value), self.context)

    def everything(self) -> Any:
        """Return the set of all parameter values."""
        return isl.Set.universe(isl.Space.params_alloc(self.context, 0))

    def named(self, name: str) -> Any:
        """Return the isl parameter of that name."""
        ident = isl.Id(name, context=self.context)
        space = isl.Space.params_alloc(self.context, 1).set_dim_id(isl.dim_type.param, 0, ident)
        local = isl.LocalSpace.from_space(space)
        return isl.PwAff.from_aff(isl.Aff.var_on_domain(local, isl.dim_type.param, 0))

    def parameter(self, variable: str) -> Any:
        """Return the isl parameter that stands for the variable of that name."""
        return self.named(self._name(variable))

    def _name(self, variable: str) -> str:
        return self.prefix + variable if variable in self.own else variable

    def restrict(self, pw: Any, interval: Interval) -> None:
        """Add to the facts that `pw` lies in `interval`."""
        if interval.min is not None:
            above = pw.ge_set(self.integer(interval.min).pw)  # this may add facts, too
            self.facts = self.facts & above
        if interval.max is not None:
            below = pw.le_set(self.integer(interval.max).pw)
            self.facts = self.facts & below

    def _remembered(
        self, e: Expr, rules: Mapping[type, Callable[..., Any]], otherwise: Callable[[Expr], Any]
    ) -> Any:
        if id(e) in self._memo:
            return self._memo[id(e)][1]
        rule = rules.get(type(e))
        made = rule(self, e) if rule is not None else None
        if made is None:
            made = otherwise(e)
        if not self._lets:  # inside a let the same node may mean another value elsewhere
            self._memo[id(e)] = (e, made)
        return made

    def _variable(self, e: Variable) -> Any:
        """Return a variable, and on first sight collect what is known of it."""
        if e.name in self._lets:
            return self._lets[e.name]
        name = self._name(e.name)
        if e.type.is_bool():
            return self._truth(name, e)
        pw = self.named(name)
        is_index = e.param is None and _computes(e.type)
        if name not in self.leaves:
            self.leaves[name] = e
            if not is_index:
                self._restrict_to_type(pw, e.type)
            self.restrict(pw, self.ranges.get(e.name, Interval(None, None)))
        return Value(pw) if is_index else self._data(pw, e)

    def _unknown(self, e: Expr) -> Value:
        name = self._name_of_unknown(e)
        pw = self.named(name)
        self._restrict_to_type(pw, e.type)
        return self._data(pw, e)

    def _unknown_bool(self, e: Expr) -> Any:
        return self._truth(self._name_of_unknown(e), e)

    def _truth(self, name: str, e: Expr) -> Any:
        """Return the set in which the parameter `name`, 0 or 1, is 1."""
        self.leaves[name] = e
        pw = self.named(name)
        self.facts = self.facts & pw.ge_set(self.constant(0)) & pw.le_set(self.constant(1))
        return pw.eq_set(self.constant(1))

    def _name_of_unknown(self, e: Expr) -> str:
        for known, name in self.unknowns if not self._lets else ():
            if equal(known, e):
                return name
        name = f"{self.prefix}?{len(self.unknowns)}"
        self.unknowns.append((e, name))
        self.leaves[name] = e
        return name

    def _data(self, pw: Any, e: Expr) -> Value:
        """Return a value that may be all that its type holds, or its range if that is known."""
        above, below = e.type.max_value, -e.type.min_value
        if isinstance(e, Variable) and e.name in self.ranges:
            interval = self.ranges[e.name]
            if interval.max is not None:
                above = min(above, self.integer(interval.max).above)
            if interval.min is not None:
                below = min(below, self.integer(interval.min).below)
        return Value(pw, above, below)

    def _restrict_to_type(self, pw: Any, type: Type) -> None:
        low, high = self.constant(type.min_value), self.constant(type.max_value)
        self.facts = self.facts & pw.ge_set(low) & pw.le_set(high)

    def _let(self, e: Let) -> Any:
        known = e.value.type.is_integral and e.value.type.is_scalar()
        if not known:
            return None
        outer = self._lets
        value = self.boolean(e.value) if e.value.type.is_bool() else self.integer(e.value)
        self._lets = {**outer, e.name: value}
        made = self.boolean(e.body) if e.type.is_bool() else self.integer(e.body)
        self._lets = outer
        return made


def _computes(type: Type) -> bool:
    return type.is_int() and type.bits() >= 32


def _add(t: Translator, e: Add) -> Value | None:
    a, b = t.integer(e.a), t.integer(e.b)
    return _if_fits(Value(a.pw.add(b.pw), a.above + b.above, a.below + b.below), e.type)


def _sub(t: Translator, e: Sub) -> Value | None:
    a, b = t.integer(e.a), t.integer(e.b)
    return _if_fits(Value(a.pw.sub(b.pw), a.above + b.below, a.below + b.above), e.type)


def _mul(t: Translator, e: Mul) -> Value | None:
    for factor, other in ((e.a, e.b), (e.b, e.a)):
        c = as_const(factor)
        if c is not None:
            v = t.integer(other)
            far = int(abs(c)) * max(v.above, v.below)
            return _if_fits(Value(v.pw.scale_val(t.number(int(c))), far, far), e.type)
    return None


def _if_fits(value: Value, type: Type) -> Value | None:
    return value if _computes(type) and value.fits(type) else None


def _div(t: Translator, e: Div) -> Value | None:
    """x / -c == -(x / c) when the remainder is never negative; x / 0 == 0."""
    divisor = as_const(e.b)
    if divisor is None:
        return None
    if divisor == 0:
        return Value(t.constant(0))
    a, by = t.integer(e.a), abs(int(divisor))
    pw = a.pw.scale_down_val(t.number(by)).floor()
    above, below = -(-a.above // by), -(-a.below // by)
    if divisor > 0:
        return Value(pw, above, below)
    return _if_fits(Value(pw.neg(), below, above), e.type)


def _mod(t: Translator, e: Mod) -> Value | None:
    """x % -c == x % c; x % 0 == 0."""
    divisor = as_const(e.b)
    if divisor is None:
        return None
    if divisor == 0:
        return Value(t.constant(0))
    c = abs(int(divisor))
    return Value(t.integer(e.a).pw.mod_val(t.number(c)), above=c)


def _min(t: Translator, e: Min) -> Value:
    a, b = t.integer(e.a), t.integer(e.b)
    return Value(a.pw.min(b.pw), min(a.above, b.above), max(a.below, b.below))


def _max(t: Translator, e: Max) -> Value:
    a, b = t.integer(e.a), t.integer(e.b)
    return Value(a.pw.max(b.pw), max(a.above, b.above), min(a.below, b.below))


def _select(t: Translator, e: Select) -> Value:
    a, b = t.integer(e.true_value), t.integer(e.false_value)
    holds = t.boolean(e.condition)
    chosen = a.pw.intersect_params(holds).union_add(b.pw.intersect_params(holds.complement()))
    return Value(chosen, max(a.above, b.above), max(a.below, b.below))


def _cast(t: Translator, e: Cast) -> Value | None:
    """A cast is exact to a type that holds every value of the old one."""
    old = e.value.type
    if not old.is_integral or old.is_bool():
        return None
    if e.type.can_represent(old.min_value) and e.type.can_represent(old.max_value):
        return t.integer(e.value)
    return None


def _call(t: Translator, e: Call) -> Value | None:
    if e.kind is not CallKind.INTRINSIC:
        return None
    if e.name in TRANSPARENT:
        return t.integer(e.args[0])
    if e.name == "promise_clamped":
        value, low, high = e.args
        return t.integer(Max(Min(value, high), low))
    return None


_INTEGER: dict[type, Callable[[Translator, Any], Value | None]] = {
    IntImm: lambda t, e: Value(t.constant(e.value), max(e.value, 0), max(-e.value, 0)),
    Variable: Translator._variable,
    Add: _add,
    Sub: _sub,
    Mul: _mul,
    Div: _div,
    Mod: _mod,
    Min: _min,
    Max: _max,
    Select: _select,
    Cast: _cast,
    Call: _call,
    Let: Translator._let,
}


def _compare(method: str) -> Callable[[Translator, Any], Any]:
    def rule(t: Translator, e: Comparison) -> Any:
        if not e.a.type.is_integral or e.a.type.is_bool():
            return None
        return getattr(t.integer(e.a).pw, method)(t.integer(e.b).pw)

    return rule


def _equal(t: Translator, e: EQ | NE) -> Any:
    if not e.a.type.is_bool():
        return _compare("eq_set" if isinstance(e, EQ) else "ne_set")(t, e)
    a, b = t.boolean(e.a), t.boolean(e.b)
    same = (a & b) | (a.complement() & b.complement())
    return same if isinstance(e, EQ) else same.complement()


def _choice(t: Translator, e: Select) -> Any:
    holds = t.boolean(e.condition)
    return (holds & t.boolean(e.true_value)) | (holds.complement() & t.boolean(e.false_value))


def _marked(t: Translator, e: Call) -> Any:
    is_mark = e.kind is CallKind.INTRINSIC and e.name in TRANSPARENT
    return t.boolean(e.args[0]) if is_mark else None


_BOOLEAN: dict[type, Callable[[Translator, Any], Any]] = {
    IntImm: lambda t, e: t.everything() if e.value else t.everything().complement(),
    Variable: Translator._variable,
    EQ: _equal,
    NE: _equal,
    LT: _compare("lt_set"),
    LE: _compare("le_set"),
    GT: _compare("gt_set"),
    GE: _compare("ge_set"),
    And: lambda t, e: t.boolean(e.a) & t.boolean(e.b),
    Or: lambda t, e: t.boolean(e.a) | t.boolean(e.b),
    Not: lambda t, e: t.boolean(e.a).complement(),
    Select: _choice,
    Call: _marked,
    Let: Translator._let,
}
