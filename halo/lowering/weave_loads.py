"""Loads at every cell twice, and selects of every other lane: neighbours, woven together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from halo.ir.cross_lane import Shuffle
from halo.ir.equality import equal
from halo.ir.expr import (
    Add,
    Broadcast,
    Cast,
    Comparison,
    Div,
    Expr,
    Load,
    Max,
    Min,
    Mod,
    Mul,
    Ramp,
    Select,
    Sub,
    as_const,
    const,
    is_false,
    is_true,
)
from halo.ir.operators import add, mul
from halo.ir.simplify import simplify
from halo.ir.stmt import Stmt
from halo.ir.substitute import walk

MOST = 4
"""The largest divisor that is looked for."""

_ARITHMETIC = (Add, Sub, Mul, Div, Mod, Min, Max)


def weave_loads(s: Stmt) -> Stmt:
    """Load at a ramp over a constant by loads of neighbours; select by its remainder by a shuffle.

    Of lanes at ``(base + lane) / c`` every c-th is a neighbour of the one before, wherever the
    vector starts; so it is of remainders. Where that makes all parts of a load dense, these are
    loaded and woven together.

    Requires: vectors simplified. Ensures: the same values, from the same cells.

        a[ramp(x, 1, 8) / 2]                             ->  weave(a[ramp(x/2, 1, 4)],
                                                                   a[ramp((x + 1)/2, 1, 4)])
        select(ramp(x*2, 1, 8) % x8(2) == x8(0), a, b)   ->  shuffle(a, b; 0, 9, 2, 11, ...)
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
        elif isinstance(made, Select) and made.condition.type.is_vector():
            made = _picked(made)
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
    if not isinstance(e, (*_ARITHMETIC, Comparison)):
        return None
    a, b = _every(e.a, c, first), _every(e.b, c, first)
    return None if a is None or b is None else type(e)(a, b)


def _woven(load: Load, parts: list[Expr]) -> Expr:
    lanes, c = load.type.lanes(), len(parts)
    t = load.type.with_lanes(lanes // c)
    loads = tuple(Load(t, load.name, part) for part in parts)
    order = tuple(lane % c * (lanes // c) + lane // c for lane in range(lanes))
    return Shuffle(loads, order)


def _picked(select: Select) -> Expr:
    """Return `select` as a shuffle, if its condition is known for each lane."""
    lanes = select.type.lanes()
    for c in _divisors(select.condition):
        takes = []
        for j in range(c):
            part = _every(select.condition, c, j)
            takes.append(None if part is None else _constant(simplify(part)))
        if None not in takes:
            order = [i if takes[i % c] else lanes + i for i in range(lanes)]
            return _shuffled((select.true_value, select.false_value), order)
    return select


def _constant(condition: Expr) -> bool | None:
    value = condition.value if isinstance(condition, Broadcast) else condition
    return True if is_true(value) else False if is_false(value) else None


def _shuffled(vectors: Sequence[Expr], order: Sequence[int]) -> Shuffle:
    """Return lanes `order` of `vectors`, straight from what these are shuffled from."""
    places: list[tuple[Expr, int]] = []
    for v in vectors:
        if isinstance(v, Shuffle):
            inside = [(u, i) for u in v.vectors for i in range(u.type.lanes())]
            places += [inside[i] for i in v.indices]
        else:
            places += [(v, i) for i in range(v.type.lanes())]
    used: list[Expr] = []
    starts: list[int] = []
    indices: list[int] = []
    for at in order:
        v, lane = places[at]
        k = next((k for k, u in enumerate(used) if u is v or equal(u, v)), len(used))
        if k == len(used):
            starts.append(sum(u.type.lanes() for u in used))
            used.append(v)
        indices.append(starts[k] + lane)
    return Shuffle(tuple(used), tuple(indices))
