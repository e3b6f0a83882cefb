"""Loads at every cell twice: neighbours, woven together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from halo.ir.cross_lane import Shuffle
from halo.ir.expr import (
    Add,
    Broadcast,
    Cast,
    Div,
    Expr,
    Load,
    Max,
    Min,
    Mod,
    Mul,
    Ramp,
    Sub,
    as_const,
    const,
)
from halo.ir.operators import add, mul
from halo.ir.simplify import simplify
from halo.ir.stmt import Stmt
from halo.ir.substitute import walk

MOST = 4
"""The largest divisor that is looked for."""

_ARITHMETIC = (Add, Sub, Mul, Div, Mod, Min, Max)


def weave_loads(s: Stmt) -> Stmt:
    """Load at a ramp over a constant by loads of neighbours.

    Of lanes at ``(base + lane) / c`` every c-th is a neighbour of the one before, wherever the
    vector starts; so it is of remainders. Where that makes all parts of a load dense, these are
    loaded and woven together.

    Requires: vectors simplified. Ensures: the same values, from the same cells.

        a[ramp(x, 1, 8) / 2]  ->  weave(a[ramp(x/2, 1, 4)], a[ramp((x + 1)/2, 1, 4)])
    """
    made: Stmt = _weave(s, {})
    return made


def _weave(node: Any, memo: dict[int, tuple[Any, Any]]) -> Any:
    """Return `node` with its loads woven; `memo` holds nodes and what became of them."""
    known = memo.get(id(node))
    if known is None:
        made = node.map_children(lambda c: _weave(c, memo))
        if isinstance(made, Load) and made.type.is_vector() and made.predicate is None:
            made = _rewritten(made)
        known = memo[id(node)] = (node, made)
    return known[1]


def _rewritten(load: Load) -> Expr:
    for c in _divisors(load.index):
        parts = _parts(load.index, c)
        if parts is not None:
            return _woven(load, parts)
    return load


def _divisors(index: Expr) -> Iterator[int]:
    found = set()
    for e in walk(index):
        if isinstance(e, (Div, Mod)) and e.type.is_vector():
            c = as_const(e.b)
            if isinstance(c, int) and 2 <= c <= MOST and index.type.lanes() % c == 0:
                found.add(c)
    yield from sorted(found)


def _parts(index: Expr, c: int) -> list[Expr] | None:
    """Return the index of each `c`-th lane from lane 0, 1, ... on, if all are dense."""
    parts = []
    for j in range(c):
        part = _every(index, c, j)
        part = None if part is None else simplify(part)
        dense = isinstance(part, Ramp) and as_const(part.stride) == 1
        if part is None or not (dense or isinstance(part, Broadcast)):
            return None
        parts.append(part)
    return parts


def _every(e: Expr, c: int, first: int) -> Expr | None:
    """Return `e` for lanes first, first + c, ..., if it is arithmetic on ramps."""
    lanes = e.type.lanes() // c
    if isinstance(e, Broadcast):
        return Broadcast(e.value, lanes)
    if isinstance(e, Ramp):
        t = e.stride.type
        base = add(e.base, mul(e.stride, const(t, first)))
        return Ramp(base, mul(e.stride, const(t, c)), lanes)
    if isinstance(e, Cast):
        value = _every(e.value, c, first)
        return None if value is None else Cast(e.type.with_lanes(lanes), value)
    if not isinstance(e, _ARITHMETIC):
        return None
    a, b = _every(e.a, c, first), _every(e.b, c, first)
    return None if a is None or b is None else type(e)(a, b)


def _woven(load: Load, parts: list[Expr]) -> Expr:
    lanes, c = load.type.lanes(), len(parts)
    t = load.type.with_lanes(lanes // c)
    loads = tuple(Load(t, load.name, part) for part in parts)
    order = tuple(lane % c * (lanes // c) + lane // c for lane in range(lanes))
    return Shuffle(loads, order)
