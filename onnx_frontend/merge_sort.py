"""Sorting inside a procedure: merges from the bottom up, in two halves of memory in turn."""

from __future__ import annotations

from dataclasses import dataclass, field

from halo.ir.expr import Expr, Min, Variable, const, i32, i64
from halo.ir.operators import cast_to
from halo.ir.stmt import IfThenElse, LetStmt, Stmt, block
from halo.ir.types import Int, Type
from onnx_frontend.extents import widen
from onnx_frontend.procedure import Counter, Memory, let, loop

_LEVELS = 30
"""Merges of 2**30 cells are the last."""

_ROOM, _SOURCE, _TARGET = (Variable(Int(64), name) for name in ("room", "source", "target"))
_MIDDLE, _END = Variable(Int(32), "middle"), Variable(Int(32), "end")
_HERE, _THERE = Variable(Int(32), "here"), Variable(Int(32), "there")


@dataclass(frozen=True, slots=True)
class Sorter:
    """Room for `room` keys, integers, and their places; smaller keys come first."""

    type: Type
    room: Expr
    half: Counter = field(default_factory=lambda: Counter("half"))

    @property
    def keys(self) -> Memory:
        """The keys: in the first half of it, after `sort` in the one that `half` tells."""
        return Memory("keys", self.type)

    @property
    def places(self) -> Memory:
        """The places that belong to the keys."""
        return Memory("places", Int(32))

    def around(self, body: Stmt) -> Stmt:
        """Return `body` with the memory, of which merges may read one cell behind its end."""
        cells = widen(self.room) * 2 + 1
        inside = self.half.around(self.keys.around(cells, self.places.around(cells, body)))
        return LetStmt(_ROOM.name, widen(self.room), inside)

    def put(self, at: Expr, key: Expr, place: Expr) -> Stmt:
        """Return what puts a key into the first half."""
        return block(self.keys.put(at, key), self.places.put(at, place))

    def first(self) -> Expr:
        """Return where the first key is after `sort` (int64)."""
        return cast_to(Int(64), self.half.value) * _ROOM

    def sort(self, count: Expr) -> Stmt:
        """Return what sorts the first `count` keys; equal ones stay in their order."""

        def level(number: Expr, count: Expr) -> Stmt:
            def merges(width: Expr) -> Stmt:
                pairs = (count + width * 2 - 1) / (width * 2)
                done = block(
                    loop("pair", pairs, lambda p: self._merge(p * width * 2, width, count)),
                    self.half.put(1 - self.half.value),
                )
                return IfThenElse(width < count, done)

            return let("width", i32(1) << number, merges)

        def levels(count: Expr) -> Stmt:
            # What a merge reads behind the end does not count, but is written before.
            behind = [
                self.keys.put(place + count, const(self.type, 0)) for place in (i64(0), _ROOM)
            ]
            return block(*behind, loop("level", _LEVELS, lambda number: level(number, count)))

        return block(self.half.put(0), let("number", count, levels))

    def _merge(self, low: Expr, width: Expr, count: Expr) -> Stmt:
        """Return what merges two runs of `width` keys from `low` on into the other half."""
        left, right = Counter("left"), Counter("right")
        merged = loop("k", _END - low, lambda k: self._take(left, right, k))
        body = left.around(right.around(block(left.put(low), right.put(_MIDDLE), merged)))
        lets = {
            _MIDDLE: Min(low + width, count),
            _END: Min(low + width * 2, count),
            _SOURCE: self.first(),
            _TARGET: _ROOM - self.first() + low,
        }
        for name, value in reversed(lets.items()):
            body = LetStmt(name.name, value, body)
        return body

    def _take(self, left: Counter, right: Counter, k: Expr) -> Stmt:
        """Return what takes the next key from one of the two runs: the first, if both are equal."""
        keys, places = self.keys, self.places

        def take(second: Expr) -> Stmt:
            # Sums, not choices: a branch would be taken by chance.
            own = _SOURCE + (_HERE + (_THERE - _HERE) * second)
            return block(
                keys.put(_TARGET + k, keys[own]),
                places.put(_TARGET + k, places[own]),
                left.put(_HERE + 1 - second),
                right.put(_THERE + second),
            )

        later = keys[_SOURCE + _THERE] < keys[_SOURCE + _HERE]
        second = (_THERE < _END) & ((_HERE >= _MIDDLE) | later)
        body = let("second", cast_to(Int(32), second), take)
        return LetStmt(_HERE.name, left.value, LetStmt(_THERE.name, right.value, body))
