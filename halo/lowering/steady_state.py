"""The steady state of a loop: the iterations in which all that is likely holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from halo.ir.equality import StructuralKeys
from halo.ir.expr import (
    EQ,
    FALSE,
    NE,
    TRUE,
    Add,
    Cast,
    Comparison,
    Expr,
    IntImm,
    Let,
    Max,
    Min,
    Mul,
    Select,
    Sub,
    Variable,
    as_const,
    i32,
    is_true,
)
from halo.ir.intrinsics import LIKELY, is_marked
from halo.ir.stmt import For, IfThenElse, LetStmt, Stmt
from halo.ir.types import Int
from halo.lowering.affine import ZERO, Linear, atoms, inequalities, is_index, linear_form

_Key = frozenset[tuple[str | int, int]]
_Bounds = tuple[str, Linear | None, Linear | None]


class SteadyState:
    """Finds under what constraints on a loop what is marked likely in its body holds.

    Two walks over the body: the first collects a linear constraint for each likely condition,
    made independent of the loops inside by taking their worst iteration; the second finds every
    condition, minimum and maximum, likely or not, that the constraints imply.

    Parameters
    ----------
    loop
        The loop.
    innermost
        Whether what is marked `likely_if_innermost` counts too.

    Attributes
    ----------
    constraints
        Forms that are >= 0 in the steady state, in terms of the loop variable, of names bound
        outside and of `pivots`.
    known
        Id of an expression of the body to what it equals in the steady state.
    pivots
        Names of the lets at the head of the body that are index arithmetic, but not linear.
    """

    def __init__(self, loop: For, innermost: bool = False) -> None:
        self._loop = loop
        self._marks = LIKELY if innermost else frozenset({"likely"})
        self._keys = StructuralKeys()
        self._by_key: dict[_Key, Linear] = {}
        self._learning = True
        self.known: dict[int, Expr] = {}
        self.pivots: set[str] = set()
        self._start_walk()
        self._stmt(loop.body)
        if self._by_key:
            self._learning = False
            self._start_walk()
            self._stmt(loop.body)

    @property
    def constraints(self) -> list[Linear]:
        return list(self._by_key.values())

    def _start_walk(self) -> None:
        self.known = {}
        self._refuted: set[int] = set()
        self._lets: dict[str, Linear | None] = {}
        self._loops: list[_Bounds] = []
        self._inner: set[str] = {self._loop.name}
        self._seen: set[int] = set()
        s = self._loop.body
        while isinstance(s, LetStmt):
            self.pivots.discard(s.name)
            self._expr(s.value)  # where what is likely there holds, it may be linear
            form = self.form(s.value)
            if form is None and is_index(s.value) and s.value.type.bits() == 32:
                self.pivots.add(s.name)
            else:
                self._lets[s.name] = form
            self._inner.add(s.name)
            s = s.body
        self._seen.clear()

    def form(self, e: Expr) -> Linear | None:
        """Return `e` as a linear form in names bound outside, loop variables and pivots."""
        return linear_form(e, self._leaf)

    def _leaf(self, e: Expr) -> Linear | None:
        if isinstance(e, Variable):
            if e.param is not None:
                return None
            return self._lets[e.name] if e.name in self._lets else Linear(0, {e.name: (1, e)})
        if id(e) in self.known:
            return self.form(self.known[id(e)])
        if is_index(e) and not self._is_inner(e):
            return Linear(0, {self._keys.key(e): (1, e)})
        return None

    def _is_inner(self, e: Expr) -> bool:
        if isinstance(e, Variable):
            return e.name in self._inner
        return any(self._is_inner(c) for c in e.children())

    # Statements and expressions, with the names they bind.

    @contextmanager
    def _bound(self, name: str) -> Iterator[None]:
        hidden = name in self._lets, self._lets.get(name)
        new = name not in self._inner
        self._inner.add(name)
        self._seen.clear()
        yield
        self._seen.clear()
        if new:
            self._inner.discard(name)
        self._lets.pop(name, None)
        if hidden[0]:
            self._lets[name] = hidden[1]

    def _stmt(self, s: Any) -> None:
        if isinstance(s, Expr):
            self._expr(s)
        elif isinstance(s, LetStmt):
            self._let(s)
        elif isinstance(s, For):
            self._for(s)
        else:
            if isinstance(s, IfThenElse):
                self._condition(s.condition, True, marked=False)
            for child in s.children():
                self._stmt(child)

    def _let(self, s: LetStmt | Let) -> None:
        self._stmt(s.value)
        if s.name in self.pivots:
            self._stmt(s.body)
            return
        form = self.form(s.value)
        low, high = (None, None) if form else self._between(s.value)
        with self._bound(s.name):
            if low is None and high is None:
                self._lets[s.name] = form
                self._stmt(s.body)
            else:
                self._loops.append((s.name, low, high))
                self._stmt(s.body)
                self._loops.pop()

    def _between(self, e: Expr) -> tuple[Linear | None, Linear | None]:
        """Return what `e` is not less and not more than, whatever the loops inside do."""
        form = self.form(e)
        if form is not None:
            most = self._least(ZERO.plus(form, -1))
            return self._least(form), None if most is None else ZERO.plus(most, -1)
        if not isinstance(e, (Add, Sub, Min, Max)) or not is_index(e):
            return None, None
        (low, high), (other_low, other_high) = self._between(e.a), self._between(e.b)
        if isinstance(e, Add):
            return _sum(low, other_low, 1), _sum(high, other_high, 1)
        if isinstance(e, Sub):
            return _sum(low, other_high, -1), _sum(high, other_low, -1)
        if isinstance(e, Min):
            return _least_of(low, other_low), _least_of(high, other_high) or _either(
                high, other_high
            )
        return _greatest_of(low, other_low) or _either(low, other_low), _greatest_of(
            high, other_high
        )

    def _for(self, s: For) -> None:
        self._expr(s.min)
        self._expr(s.extent)
        self._settle(s.extent)
        low, extent = self.form(s.min), self._upper(s.extent)
        high = None if low is None or extent is None else low.plus(extent).shifted(-1)
        with self._bound(s.name):
            self._loops.append((s.name, low, high))
            self._stmt(s.body)
            self._loops.pop()

    def _settle(self, extent: Expr) -> None:
        """Learn what an extent is, if it is a constant in the steady state."""
        if isinstance(extent, (IntImm, Variable)):
            return
        form = self.form(extent)
        if form is not None and not form.terms:
            self._know(extent, i32(form.const))
        elif id(extent) not in self.known:
            self._refuted.add(id(extent))
        elif as_const(self.known[id(extent)]) is not None and not self._learning:
            raise Undecided

    def _upper(self, extent: Expr) -> Linear | None:
        """Return a form that is not less than `extent`, a constant if there is one."""
        form = self.form(extent)
        if isinstance(extent, Min) and (form is None or form.terms):
            sides = [f for f in (self._upper(extent.a), self._upper(extent.b)) if f is not None]
            sides.sort(key=lambda f: (len(f.terms), f.const))
            if sides and (form is None or not sides[0].terms):
                return sides[0]
        return form

    def _expr(self, e: Expr) -> None:
        if id(e) in self._seen:
            return
        self._seen.add(id(e))
        if isinstance(e, Let):
            self._let(e)
            return
        for child in e.children():
            self._expr(child)
        if isinstance(e, (Min, Max)):
            self._extremum(e)
        elif isinstance(e, Select):
            self._select(e)
        elif is_marked(e) and e.name in self._marks and e.type.is_bool():
            self._condition(e, True, marked=True)
        elif isinstance(e, Comparison) and not self._learning:
            self._condition(e, True, marked=False)

    def _select(self, e: Select) -> None:
        a, b = self._is_likely(e.true_value), self._is_likely(e.false_value)
        if a != b:
            self._condition(e.condition, a, marked=True)
        truth = self.known.get(id(e.condition))
        if truth is not None and as_const(truth) is not None:
            self._know(e, e.true_value if is_true(truth) else e.false_value)

    def _is_likely(self, e: Expr) -> bool:
        """Whether the value of `e` is, up to arithmetic and clamping, marked likely."""
        if is_marked(e):
            return e.name in self._marks
        return isinstance(e, _CARRY) and any(self._is_likely(c) for c in e.children())

    def _extremum(self, e: Min | Max) -> None:
        for one, other in ((e.a, e.b), (e.b, e.a)):
            marked = self._is_likely(one) and not self._is_likely(other)
            if self._learning and not marked:
                continue
            x, y = self.form(one), self.form(other)
            if x is None or y is None:
                continue
            wins = y.plus(x, -1) if isinstance(e, Min) else x.plus(y, -1)
            if self._holds(wins):
                self._know(e, one)
                return
        self._refute(e)

    def _condition(self, condition: Expr, truth: bool, marked: bool) -> None:
        """Look at the parts of `condition` that are needed for it to be `truth`."""
        if self._learning and not marked:
            return
        for atom, needed in atoms(condition, truth):
            if not isinstance(atom, Comparison):
                continue
            for value in (needed,) if self._learning else (True, False):
                forms = self._inequalities(atom, value)
                if forms is not None and all([self._holds(f) for f in forms]):
                    self._know(atom, TRUE if value else FALSE)
                    break
            else:
                self._refute(atom)

    def _inequalities(self, atom: Comparison, truth: bool) -> list[Linear] | None:
        forms = inequalities(atom, truth, self._leaf)
        if forms is None and isinstance(atom, NE if truth else EQ):
            return self._after_the_first(atom)
        return forms

    def _after_the_first(self, atom: EQ | NE) -> list[Linear] | None:
        """Return the forms for iterations after the first, if `atom` compares with that."""
        a, b, first = self.form(atom.a), self.form(atom.b), self.form(self._loop.min)
        if a is None or b is None or first is None:
            return None
        gone = Linear(0, {self._loop.name: (1, Variable(Int(32), self._loop.name))}).plus(first, -1)
        apart = a.plus(b, -1)
        same = any(gone.plus(apart, sign) == ZERO for sign in (1, -1))
        return [gone.shifted(-1)] if same else None

    def _know(self, e: Expr, value: Expr) -> None:
        if id(e) in self._refuted:
            return  # the same node elsewhere, where it does not hold
        self.known[id(e)] = value

    def _refute(self, e: Expr) -> None:
        self._refuted.add(id(e))
        if self.known.pop(id(e), None) is not None and not self._learning:
            raise Undecided

    # Constraints.

    def _least(self, form: Linear) -> Linear | None:
        """Return `form` in the iteration of the loops inside in which it is least."""
        for name, low, high in reversed(self._loops):
            coefficient = form.coefficient(name)
            if coefficient:
                worst = low if coefficient > 0 else high
                if worst is None:
                    return None
                form = form.without(name).plus(worst, coefficient)
        return form

    def _holds(self, form: Linear) -> bool:
        """Whether ``form >= 0`` is, or while learning can be made, true in the steady state."""
        least = self._least(form)
        if least is None:
            return False
        form = least
        if not form.terms:
            return form.const >= 0
        key = frozenset((k, c) for k, (c, _) in form.terms.items())
        old = self._by_key.get(key)
        here = self._loop.name in form.terms or not self.pivots.isdisjoint(form.terms)
        if self._learning and here and form.is_narrow:
            if old is None or form.const < old.const:
                self._by_key[key] = form
            return True
        return old is not None and form.const >= old.const


def _sum(a: Linear | None, b: Linear | None, scale: int) -> Linear | None:
    return None if a is None or b is None else a.plus(b, scale)


def _least_of(a: Linear | None, b: Linear | None) -> Linear | None:
    """Return the lesser form, if it is known which that is."""
    difference = _sum(a, b, -1)
    if difference is None or difference.terms:
        return None
    return a if difference.const <= 0 else b


def _greatest_of(a: Linear | None, b: Linear | None) -> Linear | None:
    """Return the greater form, if it is known which that is."""
    least = _least_of(a, b)
    return None if least is None else b if least is a else a


def _either(a: Linear | None, b: Linear | None) -> Linear | None:
    """Return one of two bounds that both hold: the simpler one."""
    if a is None or b is None:
        return b if a is None else a
    return a if len(a.terms) <= len(b.terms) else b


class Undecided(Exception):
    """One node, shared, holds in one place of the body and not in another."""


_CARRY = (Add, Sub, Mul, Cast, Min, Max)


def holds_likely(node: Stmt | Expr, memo: dict[int, tuple[Any, bool]]) -> bool:
    """Whether anything in `node` is marked likely; `memo` remembers for one pass."""
    known = memo.get(id(node))
    if known is None:
        found = is_marked(node) or any([holds_likely(c, memo) for c in node.children()])
        known = memo[id(node)] = (node, found)
    return known[1]
