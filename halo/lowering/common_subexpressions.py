"""Common subexpressions: what a statement computes twice gets a name."""

from __future__ import annotations

from typing import Any

from halo.ir.equality import StructuralKeys
from halo.ir.expr import (
    Add,
    Broadcast,
    Call,
    Cast,
    Expr,
    FloatImm,
    IntImm,
    Let,
    Mul,
    Ramp,
    Sub,
    Variable,
)
from halo.ir.stmt import AssertStmt, LetStmt, Stmt
from halo.ir.substitute import substitute
from halo.ir.types import Int


def common_subexpressions(s: Stmt) -> Stmt:
    """Bind expressions that one statement uses more than once, in lets just around it.

    Ramps and broadcasts stay where they are, because back ends look for them; what they are made
    of is shared. Loads are shared within one statement only, so no store comes between. Hoisting
    out of a select is safe: both of its sides may be evaluated anyway.

    Requires: flat stage. Ensures: expressions hold no `Let`; names made here are ``t.0``, ``t.1``.

        out[i] = (a[j*8 + k] - m) * (a[j*8 + k] - m)
        ->  let t.0 = a[j*8 + k] - m; out[i] = t.0 * t.0
    """
    made: Stmt = _Sharing().stmt(s)
    return made


_ADDRESSES = ("address_of", "buffer")


class _Sharing:
    def __init__(self) -> None:
        self._keys = StructuralKeys()
        self._count = 0

    def stmt(self, node: Any) -> Any:
        if isinstance(node, (Expr, AssertStmt)):
            return node
        made = node.map_children(self.stmt)
        roots = [without_lets(c) for c in made.children() if isinstance(c, Expr)]
        shared = _Shared(self._keys, roots)
        if not shared.chosen:
            return made
        names: dict[int, Variable] = {}
        lets: list[tuple[str, Expr]] = []
        rebuild = _Rebuild(self._keys, names)
        for key, e in shared.chosen.items():
            value = rebuild.inside(e)
            names[key] = Variable(e.type, f"t.{self._count}")
            self._count += 1
            lets.append((names[key].name, value))
        made = made.map_children(
            lambda c: rebuild.apply(without_lets(c)) if isinstance(c, Expr) else c
        )
        for name, value in reversed(lets):
            made = LetStmt(name, value, made)
        return made


class _Shared:
    """Finds what is used more than once in `roots`.

    Attributes
    ----------
    chosen
        Key to expression, parts before wholes.
    """

    def __init__(self, keys: StructuralKeys, roots: list[Expr]) -> None:
        self._keys = keys
        self._order: dict[int, Expr] = {}
        uses: dict[int, int] = {}
        for e in roots:
            self._visit(e)
            uses[keys.key(e)] = uses.get(keys.key(e), 0) + 1
        named: set[int] = set()
        for key, e in reversed(self._order.items()):
            n = uses[key]
            if n > 1 and not is_trivial(e):
                named.add(key)
                n = 1
            for child in _parts(e):
                k = keys.key(child)
                uses[k] = min(2, uses.get(k, 0) + n)
        self.chosen = {key: e for key, e in self._order.items() if key in named}

    def _visit(self, e: Expr) -> None:
        """Record `e` after all it is made of."""
        key = self._keys.key(e)
        if key not in self._order:
            for child in _parts(e):
                self._visit(child)
            self._order[key] = e


class _Rebuild:
    """Puts names in place of what has one."""

    def __init__(self, keys: StructuralKeys, names: dict[int, Variable]) -> None:
        self._keys, self._names = keys, names
        self._memo: dict[int, Expr] = {}

    def apply(self, e: Expr) -> Expr:
        key = self._keys.key(e)
        name = self._names.get(key)
        if name is not None:
            return name
        made = self._memo.get(key)
        if made is None:
            made = self._memo[key] = self.inside(e)
        return made

    def inside(self, e: Expr) -> Expr:
        """Return `e` itself with names in its parts."""
        return e.map_children(self.apply) if _parts(e) else e


def _parts(e: Expr) -> tuple[Expr, ...]:
    """Return the children of `e` that may be shared; an address is one thing."""
    return () if isinstance(e, Call) and e.name in _ADDRESSES else e.children()


def is_trivial(e: Expr) -> bool:
    """Whether `e` is cheaper to repeat than to remember."""
    if isinstance(e, (IntImm, FloatImm, Variable, Broadcast, Ramp)):
        return True
    if isinstance(e, Cast):
        # Back ends look for widened lanes, too: they gather at the narrower ones.
        widened = e.type.is_vector() and e.type.element == Int(64) and e.value.type.bits() == 32
        return isinstance(e.value, (Variable, IntImm)) or (widened and e.value.type.is_integral)
    if isinstance(e, (Add, Sub, Mul)):
        return isinstance(e.a, (Variable, IntImm)) and isinstance(e.b, IntImm)
    return isinstance(e, Call) and e.name in _ADDRESSES


def without_lets(e: Expr) -> Expr:
    """Return `e` with the values of its lets in place of their names, shared."""
    return _without_lets(e, {})


def _without_lets(e: Expr, memo: dict[int, Expr]) -> Expr:
    made = memo.get(id(e))
    if made is None:
        made = e.map_children(lambda c: _without_lets(c, memo))
        if isinstance(made, Let):
            made = substitute(made.body, {made.name: made.value})
        memo[id(e)] = made
    return made
