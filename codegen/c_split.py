"""Cut vectors that are wider than a register: compilers keep such values in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from codegen.c_slices import Slicer
from halo.ir.cross_lane import Shuffle
from halo.ir.expr import Broadcast, Expr, Let, Load, Ramp, Variable, const
from halo.ir.node import Node
from halo.ir.stmt import Allocate, LetStmt, MemoryType, Stmt, Store, block
from halo.ir.types import Int


def split_wide_vectors(s: Stmt, bits: int) -> Stmt:
    """Return `s` with every vector let, register and store cut to registers of `bits`.

    Requires: flat memory. Ensures: values are the same; a store whose value reads the array it
    writes computes all of its pieces before it writes the first.

    ``acc[ramp(0, 1, 32)] = a[ramp(i, 1, 32)]`` with 512 bits, acc a register of float32
    -> ``acc.0[ramp(0, 1, 16)] = a[ramp(i, 1, 16)]; acc.1[...] = a[ramp(i + 16, 1, 16)]``
    """
    return _Splitter(bits).stmt(s)


class _Splitter:
    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._slicer = Slicer(bits)
        self._count = 0

    def stmt(self, s: Stmt) -> Stmt:
        if isinstance(s, LetStmt):
            return self._let(s)
        if isinstance(s, Store):
            return self._store(s)
        if isinstance(s, Allocate):
            return self._allocate(s)
        self._slicer.forget()
        return s.map_children(self._child)

    def _child(self, node: Node) -> Node:
        if isinstance(node, Stmt):
            return self.stmt(node)
        assert isinstance(node, Expr)
        return self._slicer.whole(node)

    def _let(self, s: LetStmt) -> Stmt:
        self._slicer.forget()
        lanes = s.value.type.lanes()
        hoisted, value = self._hoist(s.value)
        if hoisted:
            return self.stmt(_wrap(hoisted, LetStmt(s.name, value, s.body)))
        width = self._slicer.natural_lanes(s.value)
        if lanes <= width:
            value = self._slicer.whole(s.value)
            hidden = self._slicer.variables.pop(s.name, None)
            body = self.stmt(s.body)
            if hidden is not None:
                self._slicer.variables[s.name] = hidden
            same = value is s.value and body is s.body
            return s if same else LetStmt(s.name, value, body)
        names = _piece_names(s.name, lanes, width)
        values = [self._slicer.slice(s.value, at, n) for at, n in _cuts(lanes, width)]
        hidden = self._slicer.variables.get(s.name)
        self._slicer.variables[s.name] = (width, names)
        body = self.stmt(s.body)
        if hidden is None:
            del self._slicer.variables[s.name]
        else:
            self._slicer.variables[s.name] = hidden
        for name, piece in zip(reversed(names), reversed(values), strict=True):
            body = LetStmt(name, piece, body)
        return body

    def _allocate(self, s: Allocate) -> Stmt:
        self._slicer.forget()
        width = max(1, self._bits // (8 * (4 if s.type.is_bool() else s.type.bytes())))
        if s.type.is_float() and s.type.bits() == 16:
            width = max(1, self._bits // 32)
        if s.memory is not MemoryType.Register:
            return s.map_children(self._child)
        if s.type.lanes() <= width:
            self._slicer.uncut.add(s.name)
            kept = s.map_children(self._child)
            self._slicer.uncut.discard(s.name)
            return kept
        names = _piece_names(s.name, s.type.lanes(), width)
        self._slicer.registers[s.name] = (width, names)
        body = self.stmt(s.body)
        del self._slicer.registers[s.name]
        for name, (_, n) in zip(names, _cuts(s.type.lanes(), width), strict=True):
            t = s.type.with_lanes(n)
            body = Allocate(name, t, (), body, MemoryType.Register)
        return body

    def _store(self, s: Store) -> Stmt:
        self._slicer.forget()
        hoisted, value = self._hoist(s.value)
        if hoisted:
            return self.stmt(_wrap(hoisted, replace(s, value=value)))
        lanes = s.value.type.lanes()
        cut = self._slicer.registers.get(s.name)
        width = cut[0] if cut else self._slicer.natural_lanes(s.value)
        if cut is None:
            if s.predicate is not None:
                width = min(width, self._slicer.natural_lanes(s.predicate))
            if not isinstance(s.index, (Ramp, Broadcast)) and s.index.type.is_vector():
                width = min(width, self._slicer.natural_lanes(s.index))
        if lanes <= width:
            return s.map_children(self._slicer.whole)
        if s.name in self._slicer.uncut:
            parts = tuple(self._slicer.slice(s.value, at, n) for at, n in _cuts(lanes, width))
            whole = Shuffle(parts, tuple(range(lanes)))
            predicate = None if s.predicate is None else self._slicer.whole(s.predicate)
            return Store(s.name, whole, s.index, predicate)
        return self._cut_store(s, lanes, width, cut[1] if cut else None)

    def _cut_store(
        self, s: Store, lanes: int, width: int, registers: tuple[str, ...] | None
    ) -> Stmt:
        stores: list[Stmt] = []
        bound: list[tuple[str, Expr]] = []
        parts = [e for e in (s.value, s.index, s.predicate) if e is not None]
        self_reading = any(_reads(e, s.name) for e in parts)
        if registers is not None and self_reading:
            self_reading = self._mixes_pieces(s.value, registers, lanes, width)

        def piece(e: Expr, at: int, n: int) -> Expr:
            made = self._slicer.slice(e, at, n) if e.type.is_vector() else self._slicer.whole(e)
            if not self_reading or not _reads(made, s.name):
                return made
            bound.append((self._fresh(s.name), made))
            return Variable(made.type, bound[-1][0])

        for k, (at, n) in enumerate(_cuts(lanes, width)):
            value = self._slicer.slice(s.value, at, n)
            if self_reading:
                bound.append((self._fresh(s.name), value))
                value = Variable(value.type, bound[-1][0])
            predicate = None if s.predicate is None else piece(s.predicate, at, n)
            if registers is None:
                stores.append(
                    replace(s, value=value, index=piece(s.index, at, n), predicate=predicate)
                )
            else:
                stores.append(Store(registers[k], value, _register_index(n), predicate))
        return _wrap(bound, block(*stores))

    def _mixes_pieces(
        self, value: Expr, registers: tuple[str, ...], lanes: int, width: int
    ) -> bool:
        """Whether a piece of `value` reads a register that an earlier piece is written to."""
        return any(
            _reads(self._slicer.slice(value, at, n), name)
            for k, (at, n) in enumerate(_cuts(lanes, width))
            for name in registers[:k]
        )

    def _fresh(self, name: str) -> str:
        self._count += 1
        return f"{name}.piece.{self._count}"

    def _hoist(self, e: Expr) -> tuple[list[tuple[str, Expr]], Expr]:
        """Return the lets inside `e`, in order and renamed, and `e` without them."""
        if e.type.lanes() <= 1 or not _has_let(e):
            return [], e
        found: list[tuple[str, Expr]] = []
        return found, self._unlet(e, {}, found, {})

    def _unlet(
        self,
        e: Expr,
        names: dict[str, Expr],
        found: list[tuple[str, Expr]],
        memo: dict[int, Expr],
    ) -> Expr:
        if isinstance(e, Variable):
            return names.get(e.name, e)
        known = memo.get(id(e))
        if known is not None:
            return known
        if isinstance(e, Let):
            value = self._unlet(e.value, names, found, memo)
            name = self._fresh(e.name)
            found.append((name, value))
            inner = {**names, e.name: Variable(value.type, name)}
            made = self._unlet(e.body, inner, found, {})
        else:
            made = e.map_children(lambda c: self._unlet(c, names, found, memo))
        memo[id(e)] = made
        return made


def _wrap(lets: list[tuple[str, Expr]], body: Stmt) -> Stmt:
    for name, value in reversed(lets):
        body = LetStmt(name, value, body)
    return body


def _register_index(lanes: int) -> Expr:
    zero = const(Int(64), 0)
    return zero if lanes == 1 else Ramp(zero, const(Int(64), 1), lanes)


def _cuts(lanes: int, width: int) -> list[tuple[int, int]]:
    """Return (first lane, lanes) of each piece."""
    return [(at, min(width, lanes - at)) for at in range(0, lanes, width)]


def _piece_names(name: str, lanes: int, width: int) -> tuple[str, ...]:
    return tuple(f"{name}.{k}" for k in range(len(_cuts(lanes, width))))


def _nodes(e: Expr) -> list[Any]:
    seen: dict[int, Any] = {}
    stack: list[Any] = [e]
    while stack:
        x = stack.pop()
        if id(x) not in seen:
            seen[id(x)] = x
            stack.extend(x.children())
    return list(seen.values())


def _has_let(e: Expr) -> bool:
    return any(isinstance(x, Let) for x in _nodes(e))


def _reads(e: Expr, name: str) -> bool:
    return any(isinstance(x, Load) and x.name == name for x in _nodes(e))
