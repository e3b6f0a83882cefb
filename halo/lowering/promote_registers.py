"""Register promotion: a small array used at constant places becomes variables."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from halo.ir.expr import Call, Expr, Load, Ramp, Select, const, i64
from halo.ir.node import Node
from halo.ir.stmt import Allocate, For, Fork, ForKind, MemoryType, PrefetchLine, Stmt, Store
from halo.lowering.affine import constant_of

MAX_BYTES = 4096
"""Two AVX-512 register files: what does not fit into registers spills no worse than an array."""

_MOVABLE = (MemoryType.Auto, MemoryType.Stack, MemoryType.Register)


def promote_registers(
    s: Stmt, max_bytes: int = MAX_BYTES, kept: dict[str, str] | None = None
) -> Stmt:
    """Split small arrays accessed at constant places only into variables, one for each piece.

    A piece is a scalar or a dense vector; each access must cover exactly one piece, and the pieces
    must not overlap, else the array stays. So does an array whose address is taken or that is
    shared by the iterations of a parallel loop, or the branches of a fork, inside its scope. What a
    predicate keeps from being written keeps its value.

    Requires: flat stage, loops unrolled and vectorised, indices simplified.
    Ensures: allocations of at most `max_bytes` as above are of `MemoryType.Register`, and no
    others are: those that were asked to be and cannot get into `kept`, with the reason.

        allocate a[float32 * 8]; a[ramp(0, 1, 8)] = x; out[i] = a[ramp(0, 1, 8)]
        ->  allocate a.0[float32x8 * 1] in register; a.0[ramp(0, 1, 8)] = x; ...
    """
    survey = _Survey(max_bytes)
    survey.visit(s)
    chosen = {key: made for key, array in survey.arrays.items() if (made := array.pieces())}
    asked = {a.node.name: a.why_not for a in survey.arrays.values() if a.must_tell}
    if kept is not None:
        kept.update(asked)
    return _Rewriter(chosen).rewrite(s) if chosen or asked else s


@dataclass(slots=True)
class _Array:
    """What is known of the accesses to one allocation."""

    node: Allocate
    size: int
    parallel_depth: int
    lanes: dict[int, int] = field(default_factory=dict)
    why_not: str = ""

    @property
    def must_tell(self) -> bool:
        """Whether it was asked to be in registers and cannot."""
        return bool(self.why_not) and self.node.memory is MemoryType.Register

    def access(self, index: Expr, parallel_depth: int) -> None:
        """Note an access at `index`."""
        place = place_of(index)
        if parallel_depth != self.parallel_depth:
            self.why_not = "threads share it"
        elif place is None:
            self.why_not = f"it is accessed at {_short(index)}, which is not a constant place"
        elif self.lanes.setdefault(place[0], place[1]) != place[1]:
            self.why_not = f"it is accessed in pieces of different sizes at place {place[0]}"

    def pieces(self) -> dict[int, int] | None:
        """Return start to lanes of the pieces, in order; None if the array has to stay."""
        end = 0
        for start in sorted(self.lanes):
            if start < end:
                self.why_not = self.why_not or f"it is accessed in pieces that overlap at {start}"
            end = start + self.lanes[start]
        if end > self.size:
            self.why_not = self.why_not or f"place {end - 1} is outside it"
        if self.why_not:
            return None
        return {start: self.lanes[start] for start in sorted(self.lanes)}


def _short(index: Expr) -> str:
    text = str(index)
    return text if len(text) <= 60 else f"{text[:60]}..."


def place_of(index: Expr) -> tuple[int, int] | None:
    """Return start and number of the elements of a constant dense `index`, else None."""
    if isinstance(index, Ramp):
        start = constant_of(index.base)
        dense = constant_of(index.stride) == 1
        return (start, index.lanes) if dense and start is not None and start >= 0 else None
    start = constant_of(index)
    return None if start is None or start < 0 else (start, 1)


class _Survey:
    """Collects the accesses to each small array in one walk."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.arrays: dict[int, _Array] = {}
        self._scope: dict[str, _Array | None] = {}
        self._parallel = 0
        self._seen: set[int] = set()

    def visit(self, node: Node) -> None:
        if isinstance(node, Expr):
            self._visit_expr(node)
            return
        if isinstance(node, Allocate):
            self._visit_allocate(node)
            return
        self._seen.clear()
        if isinstance(node, Store):
            array = self._scope.get(node.name)
            if array is not None:
                array.access(node.index, self._parallel)
        elif isinstance(node, PrefetchLine):
            array = self._scope.get(node.name)
            if array is not None:
                array.why_not = "it is prefetched"
        is_parallel = isinstance(node, Fork) or (
            isinstance(node, For) and node.kind is ForKind.PARALLEL
        )
        self._parallel += is_parallel
        for child in node.children():
            self.visit(child)
        self._parallel -= is_parallel

    def _visit_expr(self, e: Expr) -> None:
        if id(e) in self._seen:
            return
        self._seen.add(id(e))
        if isinstance(e, Load):
            array = self._scope.get(e.name)
            if array is not None:
                array.access(e.index, self._parallel)
        elif isinstance(e, Call) and e.name == "address_of" and isinstance(e.args[0], Load):
            array = self._scope.get(e.args[0].name)
            if array is not None:
                array.why_not = "its address is taken"
        for child in e.children():
            self._visit_expr(child)

    def _visit_allocate(self, s: Allocate) -> None:
        for e in s.extents:
            self._visit_expr(e)
        hidden = self._scope.get(s.name)
        sizes = [constant_of(e) for e in s.extents]
        known = [n for n in sizes if n is not None]
        array = None
        if s.memory in _MOVABLE and s.type.is_scalar():
            array = _Array(s, math.prod(known), self._parallel)
            if len(known) < len(sizes):
                array.why_not = f"its size [{', '.join(map(str, s.extents))}] is not a constant"
            elif array.size * s.type.bytes() > self.max_bytes:
                bytes = array.size * s.type.bytes()
                array.why_not = f"it takes {bytes} bytes, and registers hold {self.max_bytes}"
            if array.why_not and not array.must_tell:
                array = None
            else:
                self.arrays[id(s)] = array
        self._scope[s.name] = array
        self._seen.clear()
        self.visit(s.body)
        self._scope[s.name] = hidden
        self._seen.clear()


_Pieces = dict[int, tuple[str, int]]


class _Rewriter:
    """Replaces the chosen arrays by their pieces."""

    def __init__(self, chosen: dict[int, dict[int, int]]) -> None:
        self._chosen = chosen
        self._scope: dict[str, _Pieces] = {}
        self._memo: dict[int, Expr] = {}

    def rewrite(self, node: Any) -> Any:
        if isinstance(node, Allocate):
            return self._allocate(node)
        if isinstance(node, Expr):
            return self._expr(node)
        if isinstance(node, Store) and node.name in self._scope:
            return self._store(node)
        return node.map_children(self.rewrite)

    def _expr(self, e: Expr) -> Expr:
        known = self._memo.get(id(e))
        if known is None:
            known = e.map_children(self._expr)
            if isinstance(known, Load) and known.name in self._scope:
                known = self._load(known)
            self._memo[id(e)] = known
        return known

    def _allocate(self, s: Allocate) -> Stmt:
        pieces = self._chosen.get(id(s))
        hidden = self._scope.pop(s.name, None)
        if pieces is not None:
            self._scope[s.name] = {
                start: (f"{s.name}.{k}", lanes) for k, (start, lanes) in enumerate(pieces.items())
            }
        self._memo.clear()
        body = self.rewrite(s.body)
        mine = self._scope.pop(s.name, {})
        if hidden is not None:
            self._scope[s.name] = hidden
        self._memo.clear()
        if pieces is None:
            is_array = s.memory is MemoryType.Register and s.type.is_scalar()
            memory = MemoryType.Auto if is_array else s.memory
            if body is s.body and memory is s.memory:
                return s
            return Allocate(s.name, s.type, s.extents, body, memory)
        for name, lanes in reversed(mine.values()):
            body = Allocate(name, s.type.with_lanes(lanes), (i64(1),), body, MemoryType.Register)
        return body  # type: ignore[no-any-return]

    def _piece(self, name: str, index: Expr) -> tuple[str, Expr]:
        place = place_of(index)
        assert place is not None
        piece, lanes = self._scope[name][place[0]]
        return piece, i64(0) if lanes == 1 else Ramp(i64(0), i64(1), lanes)

    def _load(self, e: Load) -> Expr:
        name, index = self._piece(e.name, e.index)
        whole = Load(e.type, name, index)
        return whole if e.predicate is None else Select(e.predicate, whole, const(e.type, 0))

    def _store(self, s: Store) -> Stmt:
        name, index = self._piece(s.name, s.index)
        value = self._expr(s.value)
        if s.predicate is not None:
            kept = Load(value.type, name, index)
            value = Select(self._expr(s.predicate), value, kept)
        return Store(name, value, index)
