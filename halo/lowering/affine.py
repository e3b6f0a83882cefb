"""Integer expressions as linear forms, and conditions as linear inequalities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    NE,
    Add,
    And,
    Cast,
    Comparison,
    Div,
    Expr,
    IntImm,
    Max,
    Min,
    Mod,
    Mul,
    Not,
    Or,
    Sub,
    Variable,
    i32,
)
from halo.ir.intrinsics import is_marked
from halo.ir.operators import add, div, euclid_div, euclid_mod, mul, sub
from halo.ir.types import Int

_INT32 = Int(32)
_INDEX_TYPES = (_INT32, Int(64))
_ARITHMETIC = (Add, Sub, Mul, Div, Mod, Min, Max)


@dataclass(frozen=True, slots=True)
class Linear:
    """``const + sum(coefficient * term)`` over the integers.

    `terms` maps a variable's name, or the id of another expression, to its coefficient and the
    expression itself; no coefficient is 0.
    """

    const: int = 0
    terms: dict[str | int, tuple[int, Expr]] = field(default_factory=dict)

    def plus(self, other: Linear, scale: int = 1) -> Linear:
        """Return ``self + scale * other``."""
        terms = dict(self.terms)
        for key, (coefficient, e) in other.terms.items():
            total = scale * coefficient + (terms[key][0] if key in terms else 0)
            if total:
                terms[key] = (total, e)
            else:
                terms.pop(key, None)
        return Linear(self.const + scale * other.const, terms)

    def shifted(self, by: int) -> Linear:
        """Return ``self + by``."""
        return Linear(self.const + by, self.terms)

    def without(self, key: str) -> Linear:
        """Return this form with the term `key` left out."""
        return Linear(self.const, {k: t for k, t in self.terms.items() if k != key})

    def coefficient(self, key: str) -> int:
        """The coefficient of variable `key`, 0 if it does not occur."""
        return self.terms[key][0] if key in self.terms else 0

    @property
    def is_narrow(self) -> bool:
        """Whether all terms are int32, so that `expr` exists."""
        return all(e.type == _INT32 for _, e in self.terms.values())

    def expr(self) -> Expr:
        """Return this form as an int32 expression, positive terms first.

        Requires: `is_narrow`.
        """
        total: Expr | None = None
        for coefficient, e in sorted(self.terms.values(), key=lambda t: t[0] < 0):
            size = abs(coefficient)
            part = e if size == 1 else mul(e, i32(size))
            if coefficient < 0:
                total = sub(i32(0) if total is None else total, part)
            else:
                total = part if total is None else add(total, part)
        if total is None:
            return i32(self.const)
        if self.const == 0:
            return total
        return add(total, i32(self.const)) if self.const > 0 else sub(total, i32(-self.const))


ZERO = Linear()


def is_index(e: Expr) -> bool:
    """Whether `e` is made of index variables and constants only, so that it cannot overflow."""
    if isinstance(e, IntImm):
        return True
    if isinstance(e, Variable):
        return e.param is None
    if is_marked(e):
        return is_index(e.args[0])
    if isinstance(e, Cast):
        return e.type.is_int() and e.type.bits() >= e.value.type.bits() and is_index(e.value)
    return isinstance(e, _ARITHMETIC) and e.type.is_int() and is_index(e.a) and is_index(e.b)


_FOLD: dict[type, Callable[[int, int], int]] = {
    Add: lambda a, b: a + b,
    Sub: lambda a, b: a - b,
    Mul: lambda a, b: a * b,
    Div: euclid_div,
    Mod: euclid_mod,
    Min: min,
    Max: max,
}


def constant_of(e: Expr) -> int | None:
    """Return the value of integer index arithmetic on constants; None for anything else."""
    if isinstance(e, IntImm):
        return e.value
    if isinstance(e, Cast) and e.type.is_int() and e.value.type.is_integral:
        value = constant_of(e.value)
        return None if value is None else e.type.wrap(value)
    if not isinstance(e, _ARITHMETIC) or not e.type.is_int() or e.type.is_vector():
        return None
    a = constant_of(e.a)
    b = None if a is None else constant_of(e.b)
    return None if a is None or b is None else e.type.wrap(_FOLD[type(e)](a, b))


Leaf = Callable[[Expr], Linear | None]


def linear_form(e: Expr, leaf: Leaf) -> Linear | None:
    """Return scalar integer `e`, of 32 or 64 bits, as a linear form; None if it has none.

    Indices do not overflow, so a conversion to int64 has the form of what it converts.
    `leaf` gives the form of what is not a sum or a multiple: a variable, a quotient, ...
    """
    if e.type not in _INDEX_TYPES:
        return None
    if isinstance(e, IntImm):
        return Linear(e.value)
    if isinstance(e, (Add, Sub)):
        a, b = linear_form(e.a, leaf), linear_form(e.b, leaf)
        if a is None or b is None:
            return None
        return a.plus(b, 1 if isinstance(e, Add) else -1)
    if isinstance(e, Mul):
        a, b = linear_form(e.a, leaf), linear_form(e.b, leaf)
        if a is None or b is None:
            return None
        if not b.terms:
            return ZERO.plus(a, b.const)
        if not a.terms:
            return ZERO.plus(b, a.const)
        return leaf(e)
    if isinstance(e, Cast) and e.value.type == _INT32:
        return linear_form(e.value, leaf)
    if is_marked(e):
        return linear_form(e.args[0], leaf)
    return leaf(e)


def differences(c: Expr) -> list[tuple[Expr, Expr, int]] | None:
    """Return comparison `c` as triples (a, b, k), each saying ``a - b + k >= 0``; else None."""
    match c:
        case LE(a, b):
            return [(b, a, 0)]
        case LT(a, b):
            return [(b, a, -1)]
        case GE(a, b):
            return [(a, b, 0)]
        case GT(a, b):
            return [(a, b, -1)]
        case EQ(a, b):
            return [(a, b, 0), (b, a, 0)]
        case _:
            return None


_OPPOSITE: dict[type[Comparison], type[Comparison]] = {
    LE: GT,
    LT: GE,
    GE: LT,
    GT: LE,
    EQ: NE,
    NE: EQ,
}


def atoms(condition: Expr, truth: bool = True) -> Iterator[tuple[Expr, bool]]:
    """Yield the parts of `condition`, with their truth, that are all needed for it to be `truth`.

    ``a and not (b or c)``, true, yields (a, True), (b, False), (c, False).
    """
    if isinstance(condition, And if truth else Or):
        yield from atoms(condition.a, truth)
        yield from atoms(condition.b, truth)
    elif isinstance(condition, Not):
        yield from atoms(condition.a, not truth)
    elif is_marked(condition):
        yield from atoms(condition.args[0], truth)
    else:
        yield condition, truth


def inequalities(atom: Expr, truth: bool, leaf: Leaf) -> list[Linear] | None:
    """Return forms that are all >= 0 exactly if `atom` (see `atoms`) is `truth`; else None."""
    if not truth:
        opposite = _OPPOSITE.get(type(atom))  # type: ignore[arg-type]
        if opposite is None or not isinstance(atom, Comparison):
            return None
        atom = opposite(atom.a, atom.b)
    triples = differences(atom)
    if triples is None:
        return None
    forms = []
    for a, b, k in triples:
        x, y = linear_form(a, leaf), linear_form(b, leaf)
        if x is None or y is None:
            return None
        forms.append(x.plus(y, -1).shifted(k))
    return forms


def bound_of(name: str, form: Linear) -> tuple[bool, Expr]:
    """Solve ``form >= 0`` for variable `name`, which occurs in it.

    Returns
    -------
    (True, e)
        It holds exactly for ``name >= e``.
    (False, e)
        It holds exactly for ``name < e``.
    """
    coefficient = form.coefficient(name)
    rest = form.without(name)
    if coefficient > 0:
        negated = ZERO.plus(rest, -1).shifted(coefficient - 1)
        return True, _divided(negated, coefficient)
    return False, _divided(rest.shifted(-coefficient), -coefficient)


def _divided(form: Linear, by: int) -> Expr:
    return form.expr() if by == 1 else div(form.expr(), i32(by))
