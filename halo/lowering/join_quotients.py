"""Quotients and remainders that an index puts together again, as those of a fused loop are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import reduce
from typing import Any

from halo.ir.equality import StructuralKeys
from halo.ir.expr import (
    Add,
    Broadcast,
    Cast,
    Div,
    Expr,
    IntImm,
    Load,
    Max,
    Min,
    Mod,
    Mul,
    Ramp,
    Sub,
    Variable,
    as_const,
    const,
)
from halo.ir.stmt import LetStmt, Stmt, Store
from halo.ir.types import Int

_Part = tuple[int, Expr]
"""A count, and what it counts: lanes of int32 or int64."""


def join_quotients(s: Stmt) -> Stmt:
    """Replace, in indices of vectors, n/c*c + n%c by n; lets of lanes are looked through.

    Of the lanes of a loop that `fuse` made each of the two has a name of its own. Where the outer
    dimension begins behind the last cell of the inner one, their sum is dense.

    Requires: flat stage, vectors made. Ensures: the same places; some lets may be used no more.

        let z.lanes = ramp(t*8, 1, 8)/x8(4)
        let c.lanes = ramp(t*8, 1, 8)%x8(4)
        f[int64x8(z.lanes)*x8(4) + int64x8(c.lanes)]   ->   f[int64x8(ramp(t*8, 1, 8))]
    """
    made: Stmt = _Joiner().rewrite(s)
    return made


class _Joiner:
    def __init__(self) -> None:
        self._lanes: dict[str, Expr] = {}
        self._data: set[str] = set()
        self._keys = StructuralKeys()
        self._memo: dict[int, tuple[Any, Any]] = {}

    def rewrite(self, node: Any) -> Any:
        if isinstance(node, Expr):
            return self._expr(node) if self._lanes else node
        if isinstance(node, LetStmt):
            if not self._is_exact(node.value):
                self._data.add(node.name)
            elif _is_divided(node.value):
                return self._let(node)
        made = node.map_children(self.rewrite)
        return self._access(made) if isinstance(made, Store) and self._lanes else made

    def _let(self, s: LetStmt) -> Stmt:
        before = self._lanes
        self._lanes, self._memo = {**before, s.name: s.value}, {}
        body = self.rewrite(s.body)
        self._lanes, self._memo = before, {}
        return s if body is s.body else LetStmt(s.name, s.value, body)

    def _is_exact(self, e: Expr) -> bool:
        """Whether `e` is arithmetic on index variables, which does not overflow."""
        if isinstance(e, Variable):
            return e.param is None and e.name not in self._data
        if isinstance(e, IntImm):
            return True
        if not isinstance(e, (Add, Sub, Mul, Div, Mod, Min, Max, Ramp, Broadcast)):
            return False
        return e.type.element == Int(32) and all(map(self._is_exact, e.children()))

    def _expr(self, e: Expr) -> Expr:
        known = self._memo.get(id(e))
        if known is None:
            made = e.map_children(self._expr)
            if isinstance(made, Load):
                made = self._access(made)
            known = self._memo[id(e)] = (e, made)
        made_before: Expr = known[1]
        return made_before

    def _access(self, node: Any) -> Any:
        """Return a load or store at the joined index."""
        if not node.index.type.is_vector():
            return node
        parts = list(self._parts(node.index, 1))
        joined = self._joined(parts)
        if joined is None:
            return node
        return dataclasses.replace(node, index=_sum(joined, node.index.type.lanes()))

    def _joined(self, parts: list[_Part]) -> list[_Part] | None:
        """Return `parts` with pairs of a quotient and its remainder put together, if there are."""
        rests: dict[tuple[int, int, int], int] = {}
        for i, (count, e) in enumerate(parts):
            c = _divisor(e, Mod)
            if c:
                rests[self._keys.key(e.a), c, count] = i  # type: ignore[attr-defined]
        for i, (count, e) in enumerate(parts):
            c = _divisor(e, Div)
            if c and count % c == 0:
                k = rests.get((self._keys.key(e.a), c, count // c))  # type: ignore[attr-defined]
                if k is not None:
                    whole = list(self._parts(e.a, count // c))  # type: ignore[attr-defined]
                    left = [p for j, p in enumerate(parts) if j not in (i, k)] + whole
                    return self._joined(left) or left
        return None

    def _parts(self, e: Expr, count: int) -> Iterator[_Part]:
        """Yield what the index `e` is a sum of; data in it may have wrapped, and stay whole."""
        if isinstance(e, Variable) and e.name in self._lanes:
            e = self._lanes[e.name]
        if isinstance(e, (Add, Sub)):
            yield from self._parts(e.a, count)
            yield from self._parts(e.b, count if isinstance(e, Add) else -count)
        elif isinstance(e, Mul) and isinstance(factor := _constant(e.b), int):
            yield from self._parts(e.a, count * factor)
        elif isinstance(e, Cast) and e.type.element == Int(64) and self._is_exact(e.value):
            yield from self._parts(e.value, count)
        else:
            yield count, e


def _is_divided(e: Expr) -> bool:
    """Whether `e` is a quotient or remainder of lanes, with or without something added."""
    if not (e.type.is_vector() and e.type.element == Int(32)):
        return False
    if isinstance(e, (Add, Sub)):
        return _is_divided(e.a) or _is_divided(e.b)
    return bool(_divisor(e, Div) or _divisor(e, Mod))


def _divisor(e: Expr, kind: type[Div] | type[Mod]) -> int:
    """Return the positive constant that `e` divides by, or 0."""
    if not isinstance(e, kind):
        return 0
    c = _constant(e.b)
    return c if isinstance(c, int) and c > 0 else 0


def _constant(e: Expr) -> int | float | None:
    return as_const(e.value if isinstance(e, Broadcast) else e)


def _sum(parts: list[_Part], lanes: int) -> Expr:
    t = Int(64, lanes)
    made = []
    for count, e in parts:
        wide = e if e.type.element == Int(64) else Cast(t.with_lanes(e.type.lanes()), e)
        if wide.type.is_scalar():
            wide = Broadcast(wide, lanes)
        made.append(wide if count == 1 else Mul(wide, Broadcast(const(Int(64), count), lanes)))
    return reduce(Add, made)
