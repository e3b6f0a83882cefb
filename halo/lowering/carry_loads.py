"""Vectors of a loop that overlap: each cell is loaded once, and kept for the next iteration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from halo.ir.cross_lane import Shuffle
from halo.ir.equality import StructuralKeys
from halo.ir.expr import Expr, Let, Load, Ramp, Variable, i32, i64
from halo.ir.operators import add
from halo.ir.simplify import simplify
from halo.ir.stmt import (
    Allocate,
    Block,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    PrefetchLine,
    ProducerConsumer,
    Stmt,
    Store,
    block,
)
from halo.ir.substitute import find, substitute, uses_variable, walk
from halo.lowering.affine import Linear, constant_of, linear_form
from halo.lowering.own_loads import own_arrays, with_loads

_PLAIN = (Allocate, Block, IfThenElse, LetStmt, PrefetchLine, ProducerConsumer, Store)
"""What the body of a loop may consist of."""

MOST_KEPT = 8
"""How many vectors are kept at a time: with the next ones, half of the registers of AVX-512."""

MOST_BYTES = 64
"""Of a vector; those of bytes are left alone, since few processors shift these by one lane."""


def carry_loads(s: Stmt) -> Stmt:
    """Load cells that neighbouring vectors of a loop share once, and shift them into place.

    Vectors of n lanes that begin less than n cells apart are cut from two that lie side by side,
    and the second of these is the first of the next iteration. What was stored just before by
    vectors is so loaded by the same vectors: a load that reaches over two stores has to wait until
    both have left the queue of the processor, in which they stand behind stores to memory.

    Only from memory that nothing outside knows, as a store to a buffer of the caller's may write
    what another of these holds, and only if the loop does not store there.

    Requires: flat stage, vectors made. Ensures: the same values are stored; no cell is loaded that
    was not.

        for x in [0, 4): b[ramp(x*8, 1, 8)] = a[ramp(x*8, 1, 8)] + a[ramp(x*8 + 1, 1, 8)]
        ->  kept = a[ramp(0, 1, 8)]
            for x in [0, 3):
              let next = a[ramp(x*8 + 8, 1, 8)]
              b[ramp(x*8, 1, 8)] = kept + shuffle(kept, next; 1, 2, ..., 8)
              kept = next
            b[ramp(24, 1, 8)] = kept + a[ramp(25, 1, 8)]
    """
    made: Stmt = _Carrying(own_arrays(s)).stmt(s)
    return made


@dataclasses.dataclass(slots=True)
class _Group:
    """Loads of one array that differ by constants: by these, with their index."""

    kept: str
    array: str
    loads: dict[int, tuple[Load, Expr]] = dataclasses.field(default_factory=dict)

    @property
    def apart(self) -> int:
        """How many cells after the first load the last begins."""
        return max(self.loads) - min(self.loads)

    @property
    def overlaps(self) -> bool:
        """Whether some begin inside the first, and all lie in two vectors side by side."""
        begin = min(self.loads)
        return self.apart <= self.lanes and any(0 < at - begin < self.lanes for at in self.loads)

    @property
    def lanes(self) -> int:
        return self.first.type.lanes()

    @property
    def first(self) -> Load:
        """The load that begins first, at an index in terms of what is bound around the loop."""
        load, base = self.loads[min(self.loads)]
        return dataclasses.replace(load, index=Ramp(base, i64(1), load.type.lanes()))

    @property
    def last(self) -> Load:
        """The load that begins last."""
        return self.loads[max(self.loads)][0]

    def cut(self, now: Expr, then: Expr, apart: int) -> Iterator[tuple[Load, Expr]]:
        """Yield each load, with the lanes of `now`, and of `then`, `apart` cells on, it holds."""
        begin = min(self.loads)
        for at, (load, _) in self.loads.items():
            cells = range(at - begin, at - begin + self.lanes)
            order = tuple(c if c < self.lanes else self.lanes + c - apart for c in cells)
            whole = {0: now, apart: then}.get(at - begin)
            yield load, Shuffle((now, then), order) if whole is None else whole


class _Carrying:
    """Rewrites loops; the arrays `own` are those that nothing outside knows."""

    def __init__(self, own: set[str]) -> None:
        self.own = own
        self._keys = StructuralKeys()
        self._count = 0

    def stmt(self, node: Any) -> Any:
        if isinstance(node, Expr):
            return node
        made = node.map_children(self.stmt)
        if not isinstance(made, For) or made.kind is not ForKind.SERIAL:
            return made
        extent = constant_of(made.extent)
        if extent is None or extent < 2:
            return made
        if not all(isinstance(n, _PLAIN) for n in walk(made.body) if isinstance(n, Stmt)):
            return made
        groups = [g for g in self._groups(made) if g.overlaps]
        if not 0 < len(groups) <= MOST_KEPT:
            return made
        return self._carried(made, groups, extent)

    def _groups(self, loop: For) -> list[_Group]:
        """Return the loads that move on by a vector, those together that differ by constants."""
        stored = {n.name for n in find(loop.body, Store)}
        found: dict[Any, _Group] = {}
        for load, lets in _loads(loop.body, {}):
            if load.name not in self.own or load.name in stored or not _is_dense(load):
                continue
            assert isinstance(load.index, Ramp)
            base = substitute(load.index.base, lets)
            form = self._form(base, loop.name)
            if form is None or form.coefficient(loop.name) != load.type.lanes():
                continue
            terms = frozenset((key, k) for key, (k, _) in form.terms.items())
            group = found.setdefault((load.name, load.type, terms), _Group("", load.name))
            group.loads[form.const] = load, base
        return list(found.values())

    def _form(self, e: Expr, variable: str) -> Linear | None:
        """Return `e` as a linear form, if `variable` is in none of its terms but its own."""

        def leaf(e: Expr) -> Linear | None:
            if isinstance(e, Variable):
                return Linear(0, {e.name: (1, e)})
            if uses_variable(e, variable) or find(e, Load):
                return None
            return Linear(0, {self._keys.key(e): (1, e)})

        return linear_form(e, leaf)

    def _carried(self, loop: For, groups: list[_Group], extent: int) -> Stmt:
        """Return `loop` with the loads of `groups` made once, and its last iteration after it."""
        for g in groups:
            g.kept = f"{g.array}.kept.{self._count}"
            self._count += 1
        steady: dict[int, Expr] = {}
        end: dict[int, Expr] = {}
        for g in groups:
            now = Load(g.first.type, g.kept, _whole(g))
            steady |= self._by_key(g.cut(now, _next(g), g.lanes))
            end |= self._by_key(g.cut(now, g.last, g.apart))
        keep = (Store(g.kept, _next(g), _whole(g)) for g in groups)
        body = block(with_loads(loop.body, self._keys, steady), *keep)
        for g in reversed(groups):
            body = LetStmt(_next(g).name, _moved(g.first, g.lanes), body)
        begin = constant_of(loop.min)
        last = add(loop.min, i32(extent - 1)) if begin is None else i32(begin + extent - 1)
        made: Stmt = block(
            *(
                Store(g.kept, simplify(substitute(g.first, {loop.name: loop.min})), _whole(g))
                for g in groups
            ),
            dataclasses.replace(loop, extent=i32(extent - 1), body=body),
            simplify(substitute(with_loads(loop.body, self._keys, end), {loop.name: last})),
        )
        for g in groups:
            made = Allocate(g.kept, g.first.type.element, (i64(g.lanes),), made)
        return made

    def _by_key(self, values: Iterator[tuple[Load, Expr]]) -> dict[int, Expr]:
        return {self._keys.key(load): value for load, value in values}


def _loads(node: Any, lets: dict[str, Expr]) -> Iterator[tuple[Load, dict[str, Expr]]]:
    """Yield the loads that are made whatever the data, with the values of the names around.

    Those in expressions that bind names of their own are left out. No name is bound in its own
    scope, so that `lets` need not forget one that ends.
    """
    if isinstance(node, Expr):
        if not find(node, Let):
            yield from ((load, lets) for load in find(node, Load))
        return
    if isinstance(node, LetStmt):
        yield from _loads(node.value, lets)
        lets[node.name] = substitute(node.value, lets)
        yield from _loads(node.body, lets)
        return
    for child in (node.condition,) if isinstance(node, IfThenElse) else node.children():
        yield from _loads(child, lets)


def _is_dense(load: Load) -> bool:
    t, index = load.type, load.index
    if load.predicate is not None or t.bytes() == 1 or t.lanes() * t.bytes() > MOST_BYTES:
        return False
    return isinstance(index, Ramp) and constant_of(index.stride) == 1


def _whole(g: _Group) -> Expr:
    return Ramp(i64(0), i64(1), g.lanes)


def _next(g: _Group) -> Variable:
    return Variable(g.first.type, f"{g.kept}.next")


def _moved(load: Load, by: int) -> Load:
    """Return `load` from `by` cells further on."""
    index = load.index
    assert isinstance(index, Ramp)
    base = simplify(add(index.base, i64(by)))
    return dataclasses.replace(load, index=dataclasses.replace(index, base=base))
