"""Random update definitions with affine cells, and their dependences found by trying all pairs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from random_pipelines import Chooser

import halo as hl
from halo.ir.execute import execute
from halo.ir.expr import Variable
from halo.ir.lowered import Field, LoweredFunc, buffer_field
from halo.ir.node import Node
from halo.ir.operators import add, sub
from halo.ir.stmt import For, ForKind
from halo.ir.substitute import substitute
from halo.lowering import Request, lower
from halo.pipeline.parts import schedule_of
from halo.polyhedral import Clash
from halo.schedule.directives import Fuse
from halo.schedule.state import StageSchedule

Point = tuple[int, ...]
"""Values of y, r.x and, where there is one, r.y."""

ROWS = 2
"""Extent of the pure variable where values are compared."""
ANY_ROW = 24
"""Extent of it where dependences are looked for: rows begin at any place of a split fused loop."""


@dataclass(frozen=True)
class Index:
    """The coordinate ``a*r.x + b*r.y + c``, perhaps divided, taken modulo or clamped."""

    a: int
    b: int
    c: int
    then: str = ""

    def of(self, x: Any, y: Any, apply: Callable[[str, Any], Any]) -> Any:
        """Return its value for numbers or expressions."""
        return apply(self.then, x * self.a + y * self.b + self.c)


def number(then: str, v: int) -> int:
    """Return `v` as `Index.then` says, for numbers."""
    match then:
        case "half":
            return v // 2
        case "modulo":
            return v % 3
        case "clamped":
            return min(max(v, -1), 2)
        case _:
            return v


def expression(then: str, e: Any) -> Any:
    """Return `e` as `Index.then` says, for expressions."""
    match then:
        case "half":
            return e // 2
        case "modulo":
            return e % 3
        case "clamped":
            return hl.clamp(e, -1, 2)
        case _:
            return e


WHERE: dict[str, Callable[[Any, Any], Any]] = {
    "": lambda x, y: True,
    "even": lambda x, y: x % 2 == 0,
    "below": lambda x, y: x <= y + 1,
    "far": lambda x, y: x + y > 1,
}


@dataclass(frozen=True)
class Update:
    """``f[write, y] = f[read, y] op ...`` over a domain of one or two dimensions."""

    mins: tuple[int, ...]
    extents: tuple[int, ...]
    write: Index
    read: Index
    where: str
    sums: bool

    def points(self, rows: int = ROWS) -> Iterator[Point]:
        """Yield the iterations in order."""
        spans = [range(m, m + n) for m, n in zip(self.mins, self.extents, strict=True)]
        for row in range(rows):
            for rest in itertools.product(*reversed(spans)):
                p = (row, *reversed(rest))
                if WHERE[self.where](p[1], self._y(p)):
                    yield p

    @staticmethod
    def _y(p: Point) -> int:
        return p[2] if len(p) > 2 else 0

    def written(self, p: Point) -> int:
        return int(self.write.of(p[1], self._y(p), number))

    def read_at(self, p: Point) -> int:
        index = self.write if self.sums else self.read
        return int(index.of(p[1], self._y(p), number))

    def func(self) -> tuple[hl.Func, hl.RDom]:
        """Return it as a Func and its domain."""
        f, r = hl.Func("f"), hl.RDom(list(zip(self.mins, self.extents, strict=True)), "r")
        x, y = hl.vars("x y")
        ry: Any = r.y if len(r) > 1 else 0
        if self.where:
            r.where(WHERE[self.where](r.x, ry))
        f[x, y] = x * 5 - y
        write = self.write.of(r.x, ry, expression)
        read = write if self.sums else self.read.of(r.x, ry, expression)
        if self.sums:
            f[write, y] += r.x + 2 * ry + 1
        else:
            f[write, y] = f[read, y] * 3 + (r.x + 2 * ry + 1)
        return f, r

    def cells(self) -> range:
        """Return first coordinates that hold all that it touches wherever it does anything."""
        everywhere = replace(self, where="").points()
        touched = [c for p in everywhere for c in (self.written(p), self.read_at(p))]
        return range(min(touched) - 3, max(touched) + 4)  # a remainder may be bounded loosely

    def values(self) -> np.ndarray[Any, Any]:
        """Return the cells it touches after it ran in order, as [y, x]."""
        cells = self.cells()
        out = np.array([[x * 5 - y for x in cells] for y in range(ROWS)], np.int32)
        for p in self.points():
            y, new = p[0], np.int32(p[1] + 2 * self._y(p) + 1)
            old = out[y, self.read_at(p) - cells[0]]
            with np.errstate(over="ignore"):
                out[y, self.written(p) - cells[0]] = old + new if self.sums else old * 3 + new
        return out


def random_update(choose: Chooser) -> Update:
    """Return an update over 1 to 5 by 1 to 4 points."""
    two = choose.integer(0, 3) > 0
    mins = tuple(choose.integer(-2, 2) for _ in range(1 + two))
    extents = tuple(choose.integer(1, 5 - d) for d in range(1 + two))

    def index() -> Index:
        then = choose.pick(["", "", "", "half", "modulo", "clamped"])
        a, b = choose.integer(-2, 2), choose.integer(-2, 2) if two else 0
        return Index(a, b, choose.integer(-3, 3), then)

    write = index()
    near = Index(write.a, write.b, choose.integer(-3, 3), write.then)
    read = near if choose.integer(0, 1) else index()
    where = choose.pick(["", "", *WHERE])
    return Update(mins, extents, write, read, where, choose.integer(0, 3) == 0)


def place_in(u: Update, names: list[str], stage: StageSchedule, p: Point) -> Point:
    """Return the values of the loops of `stage`, outermost first, in iteration `p`."""
    value = dict(
        zip(names, (p[0], *(v - m for v, m in zip(p[1:], u.mins, strict=True))), strict=True)
    )
    extent = dict(zip(names, (ROWS, *u.extents), strict=True))
    for s in stage.splits:
        if isinstance(s, Fuse):
            n = extent.pop(s.inner)
            value[s.fused] = value.pop(s.outer) * n + value.pop(s.inner)
            extent[s.fused] = extent.pop(s.outer) * n
        else:
            old, n = value.pop(s.old), extent.pop(s.old)
            value[s.outer], value[s.inner] = divmod(old, s.factor)
            extent[s.outer], extent[s.inner] = -(-n // s.factor), s.factor
    return tuple(value[d.name] for d in stage.dims)


def broken_pairs(u: Update, names: list[str], stage: StageSchedule) -> set[tuple[Point, Point]]:
    """Return the pairs that meet in a cell and whose order `stage` does not keep."""
    broken = set()
    at_once = [d.kind in (ForKind.PARALLEL, ForKind.VECTORIZED) for d in stage.dims]
    placed = [(p, place_in(u, names, stage, p)) for p in u.points(ANY_ROW)]
    rows = (list(row) for _, row in itertools.groupby(placed, lambda x: x[0][0]))
    for (p, at), (q, to) in (pair for row in rows for pair in itertools.combinations(row, 2)):
        if not _meet(u, p, q):
            continue
        i = next(i for i, (a, b) in enumerate(zip(at, to, strict=True)) if a != b)
        if at_once[i] or (to[i] < at[i] and not u.sums):
            broken.add((p, q))
    return broken


def _meet(u: Update, p: Point, q: Point) -> bool:
    w, v = u.written(p), u.written(q)
    return w == v or w == u.read_at(q) or v == u.read_at(p)


def is_real(u: Update, clash: Clash, names: list[str], broken: set[tuple[Point, Point]]) -> bool:
    """Whether the witness is one of the pairs found, at the cell it names."""
    start = clash.parameters.get("y.min", 0)
    p, q = ((d["y"] - start, *(d[n] for n in names[1:])) for d in (clash.first, clash.second))
    mine = u.written(p) if clash.writes[0] else u.read_at(p)
    its = u.written(q) if clash.writes[1] else u.read_at(q)
    return (p, q) in broken and clash.cell == (mine, clash.first["y"]) == (its, clash.second["y"])


def backwards(node: Any) -> Any:
    """Return a statement with its parallel loops run from the last iteration to the first."""
    made: Node = node.map_children(backwards)
    if not isinstance(made, For) or made.kind is not ForKind.PARALLEL:
        return made
    mirrored = sub(
        add(add(made.min, made.min), made.extent), add(Variable(made.min.type, made.name), 1)
    )
    return For(
        made.name, made.min, made.extent, made.kind, substitute(made.body, {made.name: mirrored})
    )


def executed(u: Update, f: hl.Func) -> np.ndarray[Any, Any]:
    """Return the cells that `u` touches as the lowered code of `f` computes them."""
    made = lower(Request("f", [f.function], schedule_of([f.function]))).func
    cells = u.cells()
    out = np.zeros(ROWS * len(cells), np.int32)
    fields = {}
    for d, (low, n, stride) in enumerate([(cells[0], len(cells), 1), (0, ROWS, len(cells))]):
        for what, value in zip(
            (Field.MIN, Field.EXTENT, Field.STRIDE), (low, n, stride), strict=True
        ):
            fields[buffer_field(f.name(), what, d).name] = value
    func = LoweredFunc(made.name, made.args, backwards(made.body))
    execute(func, {f.name(): out}, fields)
    return out.reshape(ROWS, len(cells))
