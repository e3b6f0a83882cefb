"""Gathers from memory of less than 2**30 cells: lanes of 32 bits, which gathers in a row share."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from functools import reduce
from itertools import groupby
from typing import Any

from halo.ir.equality import StructuralKeys
from halo.ir.expr import (
    LE,
    Add,
    And,
    Broadcast,
    Cast,
    Expr,
    IntImm,
    Let,
    Load,
    Max,
    Mul,
    Ramp,
    Sub,
    i64,
    is_false,
    is_true,
)
from halo.ir.lowered import Field, buffer_field
from halo.ir.simplify import simplify
from halo.ir.stmt import Allocate, Block, For, IfThenElse, Stmt, Store, block, statements
from halo.ir.substitute import find
from halo.ir.types import Int, Type, UInt
from halo.lowering.gather_places import NotNarrow, Places, Sum, lanes_of, scalar_of

MOST_CELLS = 1 << 30
"""Places are less than this in both directions, so that the difference of two fits an int32."""


def reach_of(buffer: str, dimensions: int) -> Expr:
    """Return how far the cells of a buffer may lie from its first, in cells, as int64."""
    total: Expr = i64(0)
    for d in range(dimensions):
        stride: Expr = buffer_field(buffer, Field.STRIDE, d)
        extent = Cast(Int(64), buffer_field(buffer, Field.EXTENT, d))
        total = Add(total, Mul(extent, Max(stride, Sub(i64(0), stride))))
    return total


def narrow_gathers(s: Stmt, reach: Mapping[str, Expr]) -> Stmt:
    """Gather at lanes of int32, and at the same ones plus a scalar where only that differs.

    What is gathered exists, so its place lies in the memory. Where that is small, the place is its
    own low 32 bits, to which only the low bits of what it is made of count; and the difference of
    two places is the low bits of the difference. Taking lanes apart costs more than loading,
    so gathers whose lanes differ by a scalar take those of the first. Where the size is
    not known, the innermost loop is there twice, behind a test.

    Requires: flat stage, vectors made; `reach` says how far cells of buffers lie from the first.
    Ensures: the same cells are read.

        a[x4(i*s) + int64x4(v + x4(1))] + a[x4(i*s) + int64x4(v) - x4(i)]
        ->  lanes = uint32x4(v) + x4(uint32(i*s + 1))
            a[int64x4(lanes)] + a[x4(-1 - i) + int64x4(lanes)]
    """
    conditions = {name: _fits(n) for name, n in reach.items()}
    made: Stmt = _Narrower(conditions).stmt(s)
    return made


def _fits(cells: Expr) -> Expr:
    return simplify(LE(cells, i64(MOST_CELLS)))


class _Narrower:
    """Rewrites statements; `fits` holds the conditions of the memory in scope."""

    def __init__(self, fits: dict[str, Expr]) -> None:
        self._fits = fits
        self._own: set[str] = set()
        self._keys = StructuralKeys()
        self._places = Places(self._keys)
        self._pending: dict[int, Expr] | None = None
        """Conditions of what was made in the innermost loop around, by number."""

    def stmt(self, node: Any) -> Any:
        if isinstance(node, Expr):
            return node
        match node:
            case Allocate():
                return self._allocate(node)
            case For() if self._pending is None and not _has_loops(node.body):
                self._pending = {}
                made = node.map_children(self.stmt)
                found, self._pending = self._pending, None
                return _behind(found, made, node)
            case Store():
                return self._run([node])
            case Block():
                return self._block(node)
        return node.map_children(self.stmt)

    def _allocate(self, s: Allocate) -> Stmt:
        before = self._fits.get(s.name)
        size: Expr = i64(1)
        self._fits[s.name] = _fits(reduce(Mul, s.extents, size))
        self._own.add(s.name)
        made: Stmt = s.map_children(self.stmt)
        if before is None:
            del self._fits[s.name]
        else:
            self._fits[s.name] = before
        return made

    def _block(self, b: Block) -> Stmt:
        parts: list[Stmt] = []
        for stores, run in groupby(b.stmts, lambda s: isinstance(s, Store) and s.predicate is None):
            statements = list(run)
            parts += [self._run(statements)] if stores else [self.stmt(s) for s in statements]
        made = block(*parts)
        return b if _same(made, b) else made

    def _run(self, stores: list[Any]) -> Stmt:
        """Return stores of which all are made or none, in a row."""
        if len(stores) > 1 and not self._keep_places(stores):
            return block(*(self._run([s]) for s in stores))
        rewriter = _Gathers(self._places, self._keys, self._fits, self._own)
        made = [s.map_children(rewriter.expr) for s in stores]
        if self._pending is not None:
            self._pending.update(rewriter.conditions)
            return block(*made)
        return _behind(rewriter.conditions, block(*made), block(*stores))

    def _keep_places(self, stores: list[Any]) -> bool:
        """Whether no store changes what a place is made of; buffers of the caller's may overlap."""
        indices = tuple(n.index for s in stores for n in find(s, Load))
        return {n.name for n in find(indices, Load)} <= self._own - {s.name for s in stores}


def _same(a: Stmt, b: Block) -> bool:
    return isinstance(a, Block) and all(x is y for x, y in zip(a.stmts, b.stmts, strict=False))


def _has_loops(s: Stmt) -> bool:
    return any(isinstance(n, For) for n in statements(s))


def _behind(conditions: Mapping[int, Expr], made: Stmt, before: Stmt) -> Stmt:
    """Return `made` where all conditions hold, else what was there before."""
    if not conditions:
        return made
    return IfThenElse(reduce(And, conditions.values()), made, before)


class _Gathers:
    """Rewrites the gathers of some expressions, which are all evaluated or none.

    Attributes
    ----------
    conditions
        What must hold for the result to be right, by number.
    """

    def __init__(
        self,
        places: Places,
        keys: StructuralKeys,
        fits: Mapping[str, Expr],
        own: Collection[str],
    ) -> None:
        self._places, self._keys, self._fits, self._own = places, keys, fits, own
        self.conditions: dict[int, Expr] = {}
        self._memo: dict[int, tuple[Expr, Expr]] = {}
        self._first: dict[tuple[int, ...], tuple[Expr, Sum]] = {}
        """The lanes of the first gather whose lanes are such a sum, and what was added to them."""

    def expr(self, e: Any) -> Any:
        known = self._memo.get(id(e))
        if known is None:
            made = e if _is_apart(e) else e.map_children(self.expr)
            if isinstance(made, Load) and self._is_gather(made):
                made = self._narrowed(made)
            known = self._memo[id(e)] = (e, made)
        return known[1]

    def _is_gather(self, e: Load) -> bool:
        if e.type.is_scalar() or e.predicate is not None or isinstance(e.index, (Ramp, Broadcast)):
            return False
        fits = self._fits.get(e.name)
        return fits is not None and not is_false(fits)

    def _narrowed(self, e: Load) -> Expr:
        if _is_narrow(e.index):
            return e
        try:
            lanes, base = self._places.split(e.index)
        except NotNarrow:
            return e
        if not lanes:
            return e
        key = tuple(part for k, t in sorted(lanes.items()) for part in (t.count, *k))
        n = e.index.type.lanes()
        first = self._first.get(key)
        if first is None:
            word = (UInt if e.name in self._own else Int)(32, n)
            first = self._first[key] = (_word_lanes(lanes, base, word), base)
        index: Expr = Cast(Int(64, n), first[0])
        off = simplify(scalar_of(self._places.difference(base, first[1])))
        if not (isinstance(off, IntImm) and off.value == 0):
            narrow = off if isinstance(off, IntImm) else Cast(Int(64), Cast(Int(32), off))
            index = Add(Broadcast(narrow, n), index)
        fits = self._fits[e.name]
        if not is_true(fits):
            self.conditions[self._keys.key(fits)] = fits
        return dataclasses.replace(e, index=index)


def _is_apart(e: Expr) -> bool:
    """Whether parts of `e` are in terms of other names, or may not be evaluated."""
    return isinstance(e, Let) or (isinstance(e, Load) and e.predicate is not None)


def _is_narrow(index: Expr) -> bool:
    """Whether the lanes of `index` are less than 32 bits wide already."""
    parts = (index.a, index.b) if isinstance(index, Add) else (index, index)
    if parts[0] is not parts[1] and not any(isinstance(p, Broadcast) for p in parts):
        return False
    return any(isinstance(p, Cast) and p.value.type.bits() < 32 for p in parts)


def _word_lanes(lanes: Sum, base: Sum, t: Type) -> Expr:
    """Return a place as a word, of sums that wrap; in own memory it is not negative."""
    made = lanes_of(lanes)
    start = simplify(scalar_of(base))
    if not (isinstance(start, IntImm) and start.value == 0):
        made = Add(made, Broadcast(simplify(Cast(UInt(32), start)), t.lanes()))
    return made if t == made.type else Cast(t, made)
