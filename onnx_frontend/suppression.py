"""NonMaxSuppression: of each class the boxes that no better one covers too much of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from halo.ir.cross_lane import ReduceOp, VectorReduce
from halo.ir.expr import Broadcast, Expr, Ramp, Variable, const, i32
from halo.ir.operators import eq
from halo.ir.stmt import IfThenElse, LetStmt, Stmt, block
from halo.ir.types import Int, Type
from halo.ops.boxes import Box, box_of, overlap_exceeds
from halo.ops.index import ceil_div, product
from halo.ops.sort import key_type, order_key
from halo.ops.tensor import Tensor
from onnx_frontend.c_function import extern_tensors
from onnx_frontend.extents import widen
from onnx_frontend.merge_sort import Sorter
from onnx_frontend.procedure import LANES, Counter, Memory, ProcedureCall, let, loop


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the boxes that are kept; tensors of one element, None where there is no limit.

    Attributes
    ----------
    most
        How many of each class are kept (int64); none without it.
    overlap
        What part of what two boxes cover both may share; 0 without it.
    threshold
        What scores are above.
    """

    most: Tensor | None
    overlap: Tensor | None
    threshold: Tensor | None


def kept_boxes(
    name: str, count: str, boxes: Tensor, scores: Tensor, limits: Limits, *, centred: bool
) -> tuple[Tensor, Tensor]:
    """Return the places in `scores` (int32) of the boxes that are kept, and how many these are.

    Boxes are (image, box, 4), scores (image, class, box). The kept ones of a class stand best
    first, of equal ones the first; there is room for all, and the number (int64) tells how many
    are there.
    """
    operands = (limits.most, limits.overlap, limits.threshold)
    which = tuple(x is not None for x in operands)
    given = [x for x in operands if x is not None]

    def write(read: Sequence[Memory], made: Sequence[Memory]) -> Stmt:
        own = iter(read[2:])
        bounds = [next(own)[0] if there else None for there in which]
        return _Search(boxes, scores, centred, read[0], read[1], *bounds).all(*made)

    about = ("suppression", centred, which)
    call = ProcedureCall("suppression", about, (boxes, scores, *given), (), write)
    shapes = [(Int(32), (product(scores.shape),)), (Int(64), ())]
    places, number = extern_tensors(call, [name, count], shapes)
    return places, number


@dataclass(frozen=True, slots=True)
class _Search:
    """The search of all classes, one after the other.

    Attributes
    ----------
    corners, values
        The cells of `boxes` and `scores`.
    most, overlap, threshold
        As of `Limits`.
    """

    boxes: Tensor
    scores: Tensor
    centred: bool
    corners: Memory
    values: Memory
    most: Expr | None
    overlap: Expr | None
    threshold: Expr | None

    def all(self, found: Memory, number: Memory) -> Stmt:
        """Return what fills `found`, and `number` with how many there are."""
        images, classes, count = self.scores.shape
        total, candidates = Counter("total"), Counter("candidates")
        sorter = Sorter(key_type(self.scores.type), count)
        kept = _Kept(self.boxes.type)

        def of_class(group: Expr) -> Stmt:
            first = widen(group) * widen(count)
            box = _Candidate(self, kept, widen(group / classes) * widen(count))

            def keep(place: Expr) -> Stmt:
                code = found.put(total.value, first + widen(place))
                return block(code, total.put(total.value + 1))

            def try_one(k: Expr) -> Stmt:
                place = sorter.places[sorter.first() + k]
                tried = let("place", place, lambda p: box.kept_unless_covered(p, keep(p)))
                return IfThenElse(widen(kept.count.value) < most, tried)

            return block(
                candidates.put(0),
                kept.count.put(0),
                loop("i", count, lambda i: self._collect(sorter, candidates, first, i)),
                sorter.sort(candidates.value),
                loop("k", candidates.value, try_one),
            )

        most: Expr = const(Int(64), 0) if self.most is None else self.most
        searched = loop("group", images * classes, of_class)
        body = block(searched, number.put(0, total.value))
        return total.around(candidates.around(sorter.around(kept.around(count, body))))

    def _collect(self, sorter: Sorter, candidates: Counter, first: Expr, i: Expr) -> Stmt:
        """Return what puts box `i` among the candidates of the class from `first` on."""

        def put(score: Expr) -> Stmt:
            at = candidates.value
            done = block(sorter.put(at, order_key(score, largest=True), i), candidates.put(at + 1))
            return done if self.threshold is None else IfThenElse(score > self.threshold, done)

        return let("score", self.values[first + widen(i)], put)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The boxes of a class that are kept so far: their sides and areas."""

    type: Type
    count: Counter = field(default_factory=lambda: Counter("kept"))

    @property
    def parts(self) -> tuple[Memory, ...]:
        """Each of the attributes of `Box`, one behind the other."""
        return tuple(Memory(name, self.type) for name in ("left", "right", "top", "bottom", "area"))

    def around(self, room: Expr, body: Stmt) -> Stmt:
        """Return `body` with the memory for `room` boxes, and what a vector reaches behind."""
        for part in self.parts:
            body = part.around(widen(room) + LANES, body)
        return self.count.around(body)

    def some(self, first: Expr) -> Box:
        """Return `LANES` boxes from `first` on; those that are not kept may be anything."""
        left, right, top, bottom, area = (part.vector(first) for part in self.parts)
        return Box(left, right, top, bottom, area)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Boxes of the image whose first box is `first`, held against those that are kept."""

    search: _Search
    kept: _Kept
    first: Expr

    def kept_unless_covered(self, place: Expr, keep: Stmt) -> Stmt:
        """Return what does `keep` if none that is kept covers too much of box `place`."""
        search, kept, out = self.search, self.kept, Counter("out")
        count = kept.count.value
        at = (self.first + widen(place)) * 4
        own = box_of(*(search.corners[at + i] for i in range(4)), centred=search.centred)
        sides = (own.left, own.right, own.top, own.bottom, own.area)
        limit = const(kept.type, 0) if search.overlap is None else search.overlap
        named = [Variable(kept.type, f"own_{part.name}") for part in kept.parts]
        box = Box(*(Broadcast(side, LANES) for side in named))

        def some(number: Expr) -> Stmt:
            first = number * LANES
            there = Ramp(first, i32(1), LANES) < Broadcast(count, LANES)
            covers = there & overlap_exceeds(box, kept.some(first), Broadcast(limit, LANES))
            any_covers = VectorReduce(ReduceOp.OR, covers, 1)
            return IfThenElse(eq(out.value, 0), IfThenElse(any_covers, out.put(1)))

        put = [part.put(count, side) for part, side in zip(kept.parts, named, strict=True)]
        stays = IfThenElse(eq(out.value, 0), block(*put, keep, kept.count.put(count + 1)))
        body = out.around(block(loop("block", ceil_div(count, LANES), some), stays))
        for name, side in zip(named, sides, strict=True):
            body = LetStmt(name.name, side, body)
        return body
