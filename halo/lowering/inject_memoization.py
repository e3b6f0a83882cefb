"""Memoization: the production of a Func stands behind a look into the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halo.ir.effects import without_effects
from halo.ir.expr import Cast, Expr, Reinterpret, Variable
from halo.ir.stmt import Memoize, ProducerConsumer, Realize, Stmt
from halo.ir.substitute import free_variables, walk
from halo.ir.types import Float, Int
from halo.schedule.memoizing import Memo


def inject_memoization(s: Stmt, memos: Mapping[str, Memo]) -> Stmt:
    """Have the cells of the Funcs in `memos` taken from the cache where they are there.

    The key is the identity of the Func, the values that it depends on, the box of cells, and what
    else its loops depend on: where a step runs over the end, storage holds cells beyond those that
    were asked for, which may be anything.

    Requires: stage "loops"; each Func in `memos` is computed where it is stored.

        realize f; produce f: f(x) = n   ->   realize f; memoize f [n, min, extent]: produce f: ...
    """
    return _Memoizer(memos).stmt(s)


class _Memoizer:
    def __init__(self, memos: Mapping[str, Memo]) -> None:
        self._memos = memos
        self._boxes: dict[str, tuple[Expr, ...]] = {}
        self._layouts: dict[str, str] = {}

    def stmt(self, s: Stmt) -> Stmt:
        if isinstance(s, Realize) and s.name in self._memos:
            self._boxes[s.name] = tuple(e for ends in s.bounds for e in ends)
            self._layouts[s.name] = " ".join(map(str, (*s.types, *s.layout)))
        made = s.map_children(self._child)
        if isinstance(made, ProducerConsumer) and made.is_producer and made.name in self._boxes:
            return self._memoized(made)
        return made

    def _child(self, c: Any) -> Any:
        return self.stmt(c) if isinstance(c, Stmt) else c

    def _memoized(self, s: ProducerConsumer) -> Stmt:
        memo = self._memos[s.name]
        box = self._boxes[s.name]
        key = (*memo.values, *box, *_more(s.body, box))
        identity = f"{memo.identity} {self._layouts[s.name]}"
        as_bits = tuple(_bits(without_effects(e)) for e in key)
        return Memoize(s.name, identity, memo.eviction_key, as_bits, (), (), s)


def _more(body: Stmt, box: tuple[Expr, ...]) -> list[Expr]:
    """Return the variables that `body` uses, and the ends in `box` do not."""
    free = free_variables(body).difference(*map(free_variables, box))
    named = {n.name: n for n in walk(body) if isinstance(n, Variable) and n.name in free}
    return [v for _, v in sorted(named.items()) if v.param is None]


def _bits(e: Expr) -> Expr:
    """Return the scalar `e` as an int64 that no other value of its type gives."""
    t = e.type
    if t.is_float() and t.bits() >= 32:
        e = Reinterpret(Int(t.bits()), e)
    elif t.is_float():
        return _bits(Cast(Float(32), e))
    return e if e.type == Int(64) else Cast(Int(64), e)
