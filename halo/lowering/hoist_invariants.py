"""Loop-invariant code motion: scalar arithmetic that no iteration changes moves out of the loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from halo.ir.equality import StructuralKeys
from halo.ir.expr import (
    Add,
    Binary,
    Call,
    CallKind,
    Cast,
    Comparison,
    Div,
    Expr,
    Let,
    Load,
    Mod,
    Not,
    Select,
    Sub,
    Variable,
    as_const,
)
from halo.ir.stmt import AssertStmt, For, ForKind, LetStmt, Stmt, flattened
from halo.ir.types import HANDLE, Int

MIN_COST = 2
"""Operations below which computing again is no worse than keeping a register busy."""

_PINNED = 1 << 30
_INDEX = Int(64)
_OPERATIONS = (Binary, Comparison, Not, Cast, Select)


def hoist_invariants(s: Stmt) -> Stmt:
    """Bind scalar expressions outside the outermost loop that does not change them.

    Loads stay, because a loop that does not run must not read; so do vectors, which are dear to
    keep, and anything of fewer than `MIN_COST` operations (a division counts as two). A let that
    moves keeps its name, with a number if the name is bound elsewhere too. Parts of what moves that
    loops further out do not change either move on.

    Requires: flat stage, no name bound again in its own scope, no UNROLLED or VECTORIZED loops.

        for x in 0..n { out[y*w + x] = 1 }   ->   let y.row = y*w; for x in ... { out[y.row + x] }
    """
    made: Stmt = _Hoister(_binders(s)).rewrite(s)
    return made


def _binders(s: Stmt) -> Counter[str]:
    """Count how often each name is bound in `s`."""
    count: Counter[str] = Counter()
    stack: list[Any] = [s]
    while stack:
        node = stack.pop()
        if isinstance(node, Expr):
            continue
        if isinstance(node, (For, LetStmt)):
            count[node.name] += 1
        stack.extend(node.children())
    return count


def _terms(e: Expr, negative: bool) -> Iterator[tuple[Expr, bool]]:
    """Yield what the sum `e` consists of, and whether that is subtracted."""
    if isinstance(e, (Add, Sub)):
        yield from _terms(e.a, negative)
        yield from _terms(e.b, negative != isinstance(e, Sub))
    else:
        yield e, negative


class _Hoister:
    """Rewrites statements inwards.

    Each loop around is a list of the lets to put in front of it. A variable's level is the number
    of loops around the place where it is bound, so an expression of level k can go in front of
    loop k, counted from the outside.
    """

    def __init__(self, binders: Counter[str]) -> None:
        self._binders = binders
        self._keys = StructuralKeys()
        self._loops: list[dict[int, tuple[str, Expr]]] = []
        self._levels: dict[str, int] = {}
        self._moved: dict[str, Variable] = {}
        # What is known of the expressions of one statement.
        self._weighed: dict[int, tuple[int, int]] = {}
        self._made: dict[int, Expr] = {}
        self._renamings: dict[int, Expr] = {}
        self._sums: list[Expr] = []
        """Keeps alive what was made, so that no other expression gets its id."""

    def rewrite(self, node: Any) -> Any:
        if isinstance(node, Expr):
            return self._expr(node)
        self._forget()
        if isinstance(node, AssertStmt):
            return node.map_children(self._renamed) if self._moved else node
        if isinstance(node, For) and node.kind in (ForKind.SERIAL, ForKind.PARALLEL):
            return self._for(node)
        if isinstance(node, LetStmt):
            return self._let(node)
        return flattened(node.map_children(self.rewrite))

    def _for(self, s: For) -> Stmt:
        start, extent = self._expr(s.min), self._expr(s.extent)
        self._loops.append({})
        hidden = self._levels.get(s.name)
        self._levels[s.name] = len(self._loops)
        body = self.rewrite(s.body)
        self._restore(s.name, hidden)
        made: Stmt = s
        if start is not s.min or extent is not s.extent or body is not s.body:
            made = For(s.name, start, extent, s.kind, body, s.note)
        for name, value in reversed(self._loops.pop().values()):
            made = LetStmt(name, value, made)
        return made

    def _let(self, s: LetStmt) -> Stmt:
        value = self._expr(s.value, s.name)
        if isinstance(value, Variable) and value is not s.value:
            self._moved[s.name] = value
            body = self.rewrite(s.body)
            del self._moved[s.name]
            return body  # type: ignore[no-any-return]
        hidden = self._levels.get(s.name)
        self._levels[s.name] = len(self._loops)
        body = self.rewrite(s.body)
        self._restore(s.name, hidden)
        return s if value is s.value and body is s.body else LetStmt(s.name, value, body)

    def _restore(self, name: str, level: int | None) -> None:
        if level is None:
            del self._levels[name]
        else:
            self._levels[name] = level
        self._forget()

    def _forget(self) -> None:
        self._weighed.clear()
        self._made.clear()
        self._renamings.clear()
        self._sums.clear()

    def _renamed(self, e: Any) -> Any:
        if isinstance(e, Variable):
            return self._moved.get(e.name, e)
        made = self._renamings.get(id(e))
        if made is None:
            made = self._renamings[id(e)] = e.map_children(self._renamed)
        return made

    def _expr(self, e: Expr, name: str = "") -> Expr:
        """Return `e` with what is invariant moved out; `name` is what it is called, if anything."""
        if isinstance(e, Variable):
            return self._moved.get(e.name, e)
        if isinstance(e, Let):  # its own name is bound inside only
            return e.map_children(self._renamed) if self._moved else e
        level, cost = self._weigh(e)
        if level < len(self._loops) and cost >= MIN_COST and e.type.is_scalar():
            return self._move(self._renamed(e) if self._moved else e, level, name)
        if not cost and not self._moved:
            return e
        return self._in_order(e).map_children(self._inside)

    def _in_order(self, e: Expr) -> Expr:
        """Return `e`; of places, the terms that change in outer loops only come first."""
        if isinstance(e, (Add, Sub)) and e.type == _INDEX:
            e = self._by_level(e)
            self._sums.append(e)
        return e

    def _outwards(self, e: Expr, level: int) -> Expr:
        """Return what is bound in front of loop `level`, with parts of it moved further out."""

        def part(c: Expr) -> Expr:
            if isinstance(c, Let):
                return c
            own, cost = self._weigh(c)
            if own < level and cost >= MIN_COST and c.type.is_scalar():
                return self._move(c, own, "")
            return self._in_order(c).map_children(part) if cost > MIN_COST else c

        return self._in_order(e).map_children(part) if level else e

    def _inside(self, e: Expr) -> Expr:
        """Return a part of an expression with what is invariant moved out; shared parts once."""
        made = self._made.get(id(e))
        if made is None:
            made = self._made[id(e)] = self._expr(e)
        return made

    def _by_level(self, e: Expr) -> Expr:
        """Return the sum `e` with the terms first that change in outer loops only.

        x + y*w - m   ->   y*w - m + x,   where x is the innermost loop
        """
        terms = list(_terms(e, False))
        levels = [-1 if as_const(v) is not None else self._weigh(v)[0] for v, _ in terms]
        last = max(levels) + 1
        keys = [last if level < 0 else level for level in levels]  # what x86 adds for nothing
        if sum(key < last - 1 for key in keys) < 2:
            return e
        order = sorted(range(len(terms)), key=lambda i: (keys[i], terms[i][1]))
        first = next((i for i in order if not terms[i][1]), None)
        if first is None or keys[first] >= last - 1:
            return e
        order.remove(first)
        order.insert(0, first)
        if order == list(range(len(terms))):
            return e
        total = terms[first][0]
        for i in order[1:]:
            value, negative = terms[i]
            total = Sub(total, value) if negative else Add(total, value)
        return total

    def _move(self, e: Expr, level: int, name: str) -> Variable:
        lets = self._loops[level]
        key = self._keys.key(e)
        if key not in lets:
            if not name or self._binders[name] > 1:
                base = name or "invariant"
                name = f"{base}.{self._binders[base + '.']}"
                self._binders[base + "."] += 1
            lets[key] = (name, self._outwards(e, level))
            self._levels[name] = level
        return Variable(e.type, lets[key][0])

    def _weigh(self, e: Expr) -> tuple[int, int]:
        """Return the level of `e` and the number of operations in it."""
        known = self._weighed.get(id(e))
        if known is None:
            known = self._weighed[id(e)] = self._weigh_anew(e)
        return known

    def _weigh_anew(self, e: Expr) -> tuple[int, int]:
        if isinstance(e, Variable):
            name = self._moved[e.name].name if e.name in self._moved else e.name
            return self._levels.get(name, 0), 0
        level, cost = 0, 0
        for child in e.children():
            child_level, child_cost = self._weigh(child)
            level, cost = max(level, child_level), cost + child_cost
        if isinstance(e, (Load, Let)) or e.type == HANDLE:
            return _PINNED, cost + 1
        if isinstance(e, Call):
            pinned = e.kind not in (CallKind.INTRINSIC, CallKind.MATH)
            return (_PINNED if pinned else level), cost + 1
        if isinstance(e, (Div, Mod)):
            return level, cost + 2
        return level, cost + isinstance(e, _OPERATIONS)
