"""The first cells along an axis in an order: TopK, and sorting as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed

from halo.ir.cross_lane import ReduceOp, VectorReduce
from halo.ir.expr import Broadcast, Expr, Max, Min, Not, const, i32
from halo.ir.operators import cast_to, eq
from halo.ir.stmt import ForKind, IfThenElse, Stmt, block
from halo.ir.types import Int
from halo.ops.index import ceil_div, known, product
from halo.ops.sort import key_type, order_key
from halo.ops.tensor import Tensor
from onnx_frontend.c_function import extern_tensors
from onnx_frontend.extents import widen
from onnx_frontend.merge_sort import Sorter
from onnx_frontend.procedure import LANES, Counter, Memory, ProcedureCall, let, loop

_FEW = 32
"""Cells up to which a list of the first ones is kept in order: longer ones cost more than to
collect candidates and sort these now and then."""

_LEAST = 64
"""Candidates from which on they are sorted."""

_WORK = 1 << 18
"""Cells from which on it pays to have threads take rows."""


def first_places(name: str, x: Tensor, axis: int, count: Expr, *, largest: bool) -> Tensor:
    """Return the places along `axis` of the first `count` cells of `x` (int32) in an order.

    NaN is larger than all numbers. Of equal cells the one at the lower place comes first. The cost
    of `count` of n cells is n comparisons and, for those that are among the first so far, up to
    `count` each if it is known to be small, else the logarithm of `count` each.
    """
    rows = _Rows(x, axis, count, largest)
    shape = [count if a == axis else d for a, d in enumerate(x.shape)]
    about = ("first places", largest, axis)
    call = ProcedureCall("sort", about, (x,), (count,), lambda read, made: rows.all(*read, *made))
    (places,) = extern_tensors(call, [name], [(Int(32), tuple(shape))])
    return places


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is done for each row of cells along `axis`."""

    x: Tensor
    axis: int
    count: Expr
    largest: bool

    @property
    def size(self) -> Expr:
        """How many cells a row has."""
        return self.x.shape[self.axis]

    @property
    def keys(self) -> Memory:
        """Keys of cells: those that come first are smaller."""
        return Memory("keys", key_type(self.x.type))

    def all(self, source: Memory, target: Memory) -> Stmt:
        """Return what is done for all rows, by several threads where that pays."""
        inner = product(self.x.shape[self.axis + 1 :])
        number = product(self.x.shape[: self.axis]) * inner
        row = _Row(self, source, target, inner)
        serial = loop("row", number, row.whole)
        if known(number) == 1:
            return serial
        threads = loop("row", number, row.whole, ForKind.PARALLEL)
        cells = known(product(self.x.shape))
        if cells is not None:
            return threads if cells >= _WORK else serial
        much = widen(number) * widen(self.size) >= _WORK
        return IfThenElse(much & (number > 1), threads, serial)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: its cells are `inner` apart in `source`, as its places are in `target`."""

    rows: _Rows
    source: Memory
    target: Memory
    inner: Expr
    number: Expr = i32(0)

    def whole(self, number: Expr) -> Stmt:
        """Return what is done for row `number`."""
        row = changed(self, number=number)
        count = known(self.rows.count)
        return row.insert() if count is not None and count <= _FEW else row.collect()

    def _at(self, place: Expr, size: Expr) -> Expr:
        """Return where cell `place` is in a tensor that has `size` cells along the axis."""
        outer, inside = self.number / self.inner, self.number % self.inner
        return (widen(outer) * widen(size) + widen(place)) * widen(self.inner) + widen(inside)

    def _key(self, place: Expr) -> Expr:
        """Return the key of cell `place`."""
        cell = self.source[self._at(place, self.rows.size)]
        return order_key(cell, largest=self.rows.largest)

    def _put(self, places: Memory, first: Expr) -> Stmt:
        """Return what stores the places that are found."""

        def put(k: Expr) -> Stmt:
            return self.target.put(self._at(k, self.rows.count), places[first + k])

        return loop("k", self.rows.count, put)

    def _scan(
        self,
        step: Callable[[Expr], Stmt],
        bounded: Expr,
        worst: Expr,
        then: Callable[[Expr], Stmt],
    ) -> Stmt:
        """Return what does `step` for each cell, a few at a time.

        Where all of these lie side by side and none has a key less than `worst`, they are passed
        over, if `bounded` holds. Behind each of them is what `then` gives for whether they are the
        last.
        """
        size, skip = self.rows.size, Counter("skip")
        groups = ceil_div(size, LANES)

        def some(number: Expr) -> Stmt:
            first = number * LANES
            cells = loop("i", Min(size - first, i32(LANES)), lambda i: step(first + i))
            behind = then(number >= groups - 1)
            if known(self.inner) != 1:
                return block(cells, behind)
            vector = self.source.vector(self._at(first, size))
            better = order_key(vector, largest=self.rows.largest) < Broadcast(worst, LANES)
            found = VectorReduce(ReduceOp.OR, better, 1)
            look = IfThenElse(found, block(), skip.put(1))
            test = IfThenElse(bounded & (first + LANES <= size), look)
            return skip.around(block(test, IfThenElse(eq(skip.value, 0), cells), behind))

        return loop("group", groups, some)

    def insert(self) -> Stmt:
        """Return what keeps a list of the first cells so far, in order."""
        count, keys, places = self.rows.count, self.rows.keys, Memory("places", Int(32))
        kept, at = Counter("kept"), Counter("at")

        def place_of(new: Expr) -> Stmt:
            def behind(j: Expr) -> Stmt:
                return at.put(at.value + cast_to(Int(32), keys[j] <= new))

            return block(at.put(0), loop("j", kept.value, behind))

        def make_room(end: Expr) -> Stmt:
            def move(k: Expr) -> Stmt:
                to = end - k
                return block(keys.put(to, keys[to - 1]), places.put(to, places[to - 1]))

            return loop("k", end - at.value, move)

        def step(i: Expr) -> Stmt:
            def look(new: Expr) -> Stmt:
                put = block(
                    place_of(new),
                    let("last", Min(kept.value, count - 1), make_room),
                    keys.put(at.value, new),
                    places.put(at.value, i),
                    kept.put(Min(kept.value + 1, count)),
                )
                return IfThenElse((kept.value < count) | (new < keys[count - 1]), put)

            return let("new", self._key(i), look)

        room = Max(count, i32(1))
        full = kept.value >= count
        scan = self._scan(step, full, keys[count - 1], lambda _: block())
        # No cell is read before it is written, also where it would not count. Of places none is
        # anyway, but compilers warn of what they do not see to be written.
        begun = block(keys.put(count - 1, const(keys.type, 0)), places.put(count - 1, i32(0)))
        every = block(begun, scan, self._put(places, i32(0)))
        some = IfThenElse(count > 0, every)
        return keys.around(room, places.around(room, kept.around(at.around(some))))

    def collect(self) -> Stmt:
        """Return what collects cells that may be among the first, and sorts these now and then."""
        size, count = self.rows.size, self.rows.count
        limit = Max(Min(count, i32(1 << 28)) * 2, i32(_LEAST))
        sorter = Sorter(self.rows.keys.type, Min(size, limit + LANES))
        keys, places = sorter.keys, sorter.places
        kept, bounded = Counter("kept"), Counter("bounded")
        worst = Memory("worst", keys.type)

        def step(i: Expr) -> Stmt:
            def look(new: Expr) -> Stmt:
                put = block(sorter.put(kept.value, new, i), kept.put(kept.value + 1))
                return IfThenElse(Not(bounded.value > 0) | (new < worst[0]), put)

            return let("new", self._key(i), look)

        def back(k: Expr) -> Stmt:
            return sorter.put(k, keys[sorter.first() + k], places[sorter.first() + k])

        cut = block(
            sorter.sort(kept.value),
            kept.put(Min(kept.value, count)),
            IfThenElse(sorter.half.value > 0, loop("k", kept.value, back)),
            worst.put(0, keys[count - 1]),
            bounded.put(1),
        )

        def cut_if_many(last: Expr) -> Stmt:
            return IfThenElse((kept.value > limit) | last, cut)

        scan = self._scan(step, bounded.value > 0, worst[0], cut_if_many)
        begun = block(worst.put(0, const(keys.type, 0)), places.put(0, i32(0)))
        every = block(begun, scan, self._put(places, i32(0)))
        inside = worst.around(1, kept.around(bounded.around(IfThenElse(count > 0, every))))
        return sorter.around(inside)
