"""Slices of vector expressions: lanes [start, start + lanes), pushed down to the leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.c_index import split_places
from codegen.c_math import widest_bits
from codegen.c_types import carrier
from halo.errors import InternalError
from halo.ir.associative import combine
from halo.ir.cross_lane import Shuffle, VectorReduce
from halo.ir.expr import (
    Binary,
    Broadcast,
    Call,
    CallKind,
    Cast,
    Comparison,
    Expr,
    IntImm,
    Let,
    Load,
    Mul,
    Not,
    Ramp,
    Reinterpret,
    Select,
    Variable,
    as_const,
    const,
)
from halo.ir.operators import add
from halo.ir.types import Int, Type


class Slicer:
    """Rewrites expressions over vectors that were cut into pieces.

    Parameters
    ----------
    bits
        Width of a vector register.
    variables, registers
        Names of the cut variables and register allocations: (lanes of a piece, their names).
    """

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self.variables: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.registers: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.uncut: set[str] = set()
        """Registers in scope that fit as they are."""
        self._memo: dict[tuple[int, int, int], Expr] = {}
        self._widths: dict[int, int] = {}
        self._alive: list[Expr] = []

    def forget(self) -> None:
        """Start a new statement."""
        self._memo.clear()
        self._widths.clear()
        self._alive.clear()

    def natural_lanes(self, e: Expr) -> int:
        """Return the most lanes for which every part of `e` fits into one register."""
        known = self._widths.get(id(e))
        if known is None:
            self._alive.append(e)
            known = min((self.natural_lanes(c) for c in _value_parts(e)), default=self._bits)
            if isinstance(e, Variable) and e.name in self.variables:
                known = self.variables[e.name][0]
            elif isinstance(e, Load) and e.name in self.registers:
                known = self.registers[e.name][0]
            elif e.type.is_vector() and not e.type.is_bool():
                known = min(known, self.register_lanes(e.type))
            if isinstance(e, Call) and e.kind is CallKind.MATH and e.type.is_vector():
                widest = widest_bits(e.name, e.type.element, len(e.args))
                known = min(known, max(1, self._bits // widest))
            self._widths[id(e)] = known
        return known

    def register_lanes(self, t: Type) -> int:
        """Return how many lanes of a vector of type `t`, not of bools, fit into one register."""
        return max(1, self._bits // carrier(t)[1])

    def whole(self, e: Expr) -> Expr:
        """Return `e` with what was cut put together again."""
        return self.slice(e, 0, e.type.lanes())

    def slice(self, e: Expr, start: int, lanes: int) -> Expr:
        """Return the lanes [start, start + lanes) of `e`; a scalar stays what it is."""
        key = (id(e), start, lanes)
        made = self._memo.get(key)
        if made is None:
            self._alive.append(e)
            made = _SLICERS.get(type(e), _leaf)(self, e, start, lanes)
            self._memo[key] = made
        return made

    def pieces(self, e: Expr, width: int, names: tuple[str, ...], start: int, lanes: int) -> Expr:
        """Return lanes of the variable or register `e`, which was cut into `names`."""
        first, last = start // width, (start + lanes - 1) // width
        parts: list[Expr] = []
        for k in range(first, last + 1):
            n = min(width, e.type.lanes() - k * width)
            t = e.type.with_lanes(n)
            if isinstance(e, Load):
                index = const(Int(64), 0)
                parts.append(Load(t, names[k], index if n == 1 else Ramp(index, _ONE, n)))
            else:
                parts.append(Variable(t, names[k]))
        offset = start - first * width
        if len(parts) == 1 and offset == 0 and parts[0].type.lanes() == lanes:
            return parts[0]
        return Shuffle(tuple(parts), tuple(range(offset, offset + lanes)))


_ONE = IntImm(Int(64), 1)


def _value_parts(e: Expr) -> tuple[Any, ...]:
    """Return the children whose width matters: the places of dense accesses do not."""
    if isinstance(e, Load):
        dense = isinstance(e.index, (Ramp, Broadcast)) or e.index.type.is_scalar()
        lanes = None if dense else split_places(e.index)[1]
        return tuple(c for c in (lanes, e.predicate) if c is not None)
    if isinstance(e, (Ramp, Broadcast)):
        return ()
    return e.children()


def _leaf(s: Slicer, e: Expr, start: int, lanes: int) -> Expr:
    if e.type.is_vector() and lanes != e.type.lanes():
        raise InternalError(f"a {type(e).__name__} cannot be cut")
    return e.map_children(lambda c: s.slice(c, 0, c.type.lanes()))


def _elementwise(s: Slicer, e: Expr, start: int, lanes: int) -> Expr:
    def part(c: Expr) -> Expr:
        if c.type.is_scalar():
            return s.slice(c, 0, 1)
        return s.slice(c, start, lanes) if e.type.is_vector() else s.whole(c)

    if isinstance(e, Cast):
        value = part(e.value)
        return e if value is e.value else Cast(e.type.with_lanes(lanes), value)
    if isinstance(e, Reinterpret):
        value = part(e.value)
        return e if value is e.value else Reinterpret(e.type.with_lanes(lanes), value)
    if isinstance(e, Call):
        args = tuple(part(a) for a in e.args)
        if all(a is b for a, b in zip(args, e.args, strict=True)):
            return e
        t = e.type.with_lanes(lanes) if e.type.is_vector() else e.type
        return Call(t, e.name, args, e.kind, e.func, e.value_index)
    return e.map_children(part)


def _variable(s: Slicer, e: Variable, start: int, lanes: int) -> Expr:
    cut = s.variables.get(e.name)
    if cut is None or e.type.is_scalar():
        return e if lanes == e.type.lanes() else Shuffle((e,), tuple(range(start, start + lanes)))
    return s.pieces(e, *cut, start, lanes)


def _load(s: Slicer, e: Load, start: int, lanes: int) -> Expr:
    cut = s.registers.get(e.name)
    if cut is not None:
        return s.pieces(e, *cut, start, lanes)
    if e.name in s.uncut:
        return e if lanes == e.type.lanes() else Shuffle((e,), tuple(range(start, start + lanes)))
    index = s.slice(e.index, start, lanes) if e.type.is_vector() else s.whole(e.index)
    predicate = e.predicate
    if predicate is not None:
        scalar = predicate.type.is_scalar()
        predicate = s.slice(predicate, 0, 1) if scalar else s.slice(predicate, start, lanes)
    if index is e.index and predicate is e.predicate:
        return e
    return Load(e.type.with_lanes(lanes), e.name, index, predicate)


def _broadcast(s: Slicer, e: Broadcast, start: int, lanes: int) -> Expr:
    value = s.whole(e.value)
    if lanes == 1:
        return value
    return e if value is e.value and lanes == e.lanes else Broadcast(value, lanes)


def _ramp(s: Slicer, e: Ramp, start: int, lanes: int) -> Expr:
    base, stride = s.whole(e.base), s.whole(e.stride)
    if start:
        step = as_const(stride)
        offset = (
            const(stride.type, start * step)
            if step is not None
            else Mul(stride, const(stride.type, start))
        )
        base = add(base, offset)
    if lanes == 1:
        return base
    if base is e.base and stride is e.stride and lanes == e.lanes:
        return e
    return Ramp(base, stride, lanes)


def _shuffle(s: Slicer, e: Shuffle, start: int, lanes: int) -> Expr:
    wanted = e.indices[start : start + lanes]
    if e.type.is_scalar():
        wanted = e.indices
    cut = _of_two_registers(s, e, wanted)
    if cut is not None:
        return cut
    vectors = tuple(s.whole(v) for v in e.vectors)
    same = all(a is b for a, b in zip(vectors, e.vectors, strict=True))
    return e if same and wanted == e.indices else Shuffle(vectors, wanted)


def _of_two_registers(s: Slicer, e: Shuffle, wanted: tuple[int, ...]) -> Expr | None:
    """Return lanes `wanted` of wide vectors that lie in one or two registers as lanes of these."""
    first = e.vectors[0].type
    width = 1 if first.is_bool() else s.register_lanes(first)
    whole = all(v.type.lanes() == first.lanes() for v in e.vectors)
    if not whole or width < 2 or first.lanes() <= width or first.lanes() % width:
        return None
    used = list(dict.fromkeys(i // width for i in wanted))
    if len(used) > 2:
        return None
    each = first.lanes() // width
    parts = [s.slice(e.vectors[k // each], k % each * width, width) for k in used]
    return Shuffle(tuple(parts), tuple(used.index(i // width) * width + i % width for i in wanted))


def _let(s: Slicer, e: Let, start: int, lanes: int) -> Expr:
    value = s.whole(e.value)
    hidden = s.variables.pop(e.name, None)
    body = s.slice(e.body, start, lanes)
    if hidden is not None:
        s.variables[e.name] = hidden
    return e if value is e.value and body is e.body else Let(e.name, value, body)


def _reduce(s: Slicer, e: VectorReduce, start: int, lanes: int) -> Expr:
    group = e.value.type.lanes() // e.lanes
    first, left = start * group, group
    folds: list[int] = []
    while lanes == 1 and left % 2 == 0 and left > s.natural_lanes(e.value):
        left //= 2
        folds.append(left)
    if folds:
        return VectorReduce(e.op, _folded(s, e, first, left, folds), 1)
    value = s.slice(e.value, first, lanes * group)
    return e if value is e.value else VectorReduce(e.op, value, lanes)


def _folded(s: Slicer, e: VectorReduce, first: int, lanes: int, folds: list[int]) -> Expr:
    """Return the lanes from `first` on of the vector that was halved to the lengths `folds`."""
    if not folds:
        return s.slice(e.value, first, lanes)
    rest, half = folds[:-1], folds[-1]
    a, b = (_folded(s, e, at, lanes, rest) for at in (first, first + half))
    return combine(e.op, a, b)


def _subclasses(base: type) -> list[type]:
    return list(base.__subclasses__())


_SLICERS: dict[type, Callable[[Slicer, Any, int, int], Expr]] = {
    **dict.fromkeys(_subclasses(Binary), _elementwise),
    **dict.fromkeys(_subclasses(Comparison), _elementwise),
    **dict.fromkeys((Not, Select, Cast, Reinterpret, Call), _elementwise),
    Variable: _variable,
    Load: _load,
    Let: _let,
    Broadcast: _broadcast,
    Ramp: _ramp,
    Shuffle: _shuffle,
    VectorReduce: _reduce,
}
