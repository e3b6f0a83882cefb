"""From cells of Functions and images to elements of flat memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

from halo.ir.expr import And, Call, CallKind, Expr, IntImm, Load, Max, Mul, Variable, i64
from halo.ir.function import Function, output_buffer
from halo.ir.intrinsics import buffer, intrinsic, is_intrinsic, is_undefined
from halo.ir.node import Node
from halo.ir.simplify import simplify
from halo.ir.stmt import (
    Allocate,
    HoistedStorage,
    LetStmt,
    Memoize,
    Prefetch,
    Provide,
    Realize,
    Stmt,
    Store,
    block,
)
from halo.ir.types import Type
from halo.lowering.memory_layout import (
    Layout,
    layout_of_buffer,
    layout_of_realize,
    places,
    slot_size,
)
from halo.lowering.prefetch_lines import prefetch_lines


def flatten_storage(
    s: Stmt, outputs: Mapping[str, Function], arrays: Mapping[str, Layout] | None = None
) -> Stmt:
    """Turn Realize, Provide and calls of cells into Allocate, Store and Load.

    Requires: stage "loops"; `outputs` are written to buffers of their own name (``name.i`` for
    value i of several), and `arrays` are those of the code, laid out as it says.
    Ensures: stage "flat"; indices are int64 and count elements from the buffer's first cell.

    Example: ``f(x, y) = 1`` -> ``f[(y - f.min.1)*f.stride.1 + (x - f.min.0)*f.stride.0] = 1``.
    """
    layouts: dict[str, Layout] = dict(arrays or {})
    for name, f in outputs.items():
        n = len(f.types)
        buffers = tuple(name if n == 1 else f"{name}.{i}" for i in range(n))
        layouts[name] = layout_of_buffer(buffers, f.dimensions)
    return _Flattener(layouts).stmt(s)


class _Flattener:
    def __init__(self, layouts: dict[str, Layout]) -> None:
        self.layouts = layouts
        self.extents: dict[str, list[Expr]] = {}
        self.types: dict[str, tuple[Type, ...]] = {}
        self.memo: dict[int, tuple[Node, Expr]] = {}

    def stmt(self, s: Stmt) -> Stmt:
        match s:
            case Realize():
                return self._realize(s)
            case Memoize():
                return self._memoize(s)
            case Prefetch():
                return self.stmt(prefetch_lines(s, self._layout_of(s.name, len(s.bounds))))
            case HoistedStorage():
                return self._hoisted(s)
            case Provide():
                return self._provide(s)
            case _:
                return s.map_children(self._child)

    def _child(self, c: Stmt | Expr) -> Stmt | Expr:
        return self.stmt(c) if isinstance(c, Stmt) else self.expr(c)

    def expr(self, e: Expr) -> Expr:
        found = self.memo.get(id(e))
        if found is None:
            made = self._whole(e) if is_intrinsic(e, "buffer") else e.map_children(self.expr)
            if isinstance(made, Call) and made.kind in (CallKind.FUNC, CallKind.IMAGE):
                layout = self._layout(made)  # of an image, if the name is none of a Func
                made = Load(made.type, layout.buffers[made.value_index], layout.index(made.args))
            elif is_intrinsic(made, "predicated"):
                made = _only_where(*made.args)  # type: ignore[attr-defined]
            found = self.memo[id(e)] = (e, made)
        return found[1]

    def _whole(self, e: Expr) -> Expr:
        """Return the memory of a Func or image with the stride of each dimension."""
        first, *ends = e.children()
        layout = self._layout(first)
        strides = {dim.dimension: s for dim, s in zip(layout.dims, layout.strides, strict=True)}
        pairs = zip(ends[::2], ends[1::2], strict=True)
        dims = tuple((self.expr(low), self.expr(n), strides[d]) for d, (low, n) in enumerate(pairs))
        return buffer(intrinsic("address_of", self.expr(first)), dims)

    def _layout(self, e: Call) -> Layout:
        return self._layout_of(e.name, len(e.args))

    def _layout_of(self, name: str, dimensions: int) -> Layout:
        return self.layouts.get(name) or layout_of_buffer((name,), dimensions)

    def _provide(self, s: Provide) -> Stmt:
        layout = self.layouts[s.name]
        index = layout.index([self.expr(a) for a in s.args])
        predicate = None if s.predicate is None else self.expr(s.predicate)
        pairs = [
            (b, self.expr(v))
            for b, v in zip(layout.buffers, s.values, strict=True)
            if not is_undefined(v)
        ]
        if len(pairs) == 1:
            return Store(*pairs[0], index, predicate, s.streamed)
        # Every value is computed before the first is stored: they may read the cell.
        named = [(b, Variable(v.type, f"{b}.value")) for b, v in pairs]
        made = block(*(Store(b, v, index, predicate, s.streamed) for b, v in named))
        for b, value in reversed(pairs):
            made = LetStmt(f"{b}.value", value, made)
        return made

    def _memoize(self, s: Memoize) -> Stmt:
        """Say where the cells lie, and how many bytes they take."""
        body = self.stmt(s.body)
        arrays: list[Expr] = []
        sizes: list[Expr] = []
        layout = self.layouts[s.name]
        for name, t in zip(layout.buffers, self.types[s.name], strict=True):
            arrays.append(intrinsic("address_of", Load(t, name, layout.first)))
            size: Expr = i64(t.bytes())
            sizes.append(reduce(Mul, self.extents[s.name], size))
        key = tuple(map(self.expr, s.key))
        return replace(s, key=key, arrays=tuple(arrays), sizes=tuple(sizes), body=body)

    def _realize(self, s: Realize) -> Stmt:
        n = len(s.types)
        buffers = tuple(s.name if n == 1 else f"{s.name}.{i}" for i in range(n))
        layout, extents, lets = layout_of_realize(s, buffers)
        self.types[s.name] = s.types
        self.extents[s.name] = [_not_negative(e) for e in extents]
        old = self.layouts.get(s.name)
        self.layouts[s.name] = layout
        if old is not None:  # realized a second time, elsewhere: what was flattened is stale
            self.memo.clear()
        body = self.stmt(s.body)
        if not s.hoisted:
            body = _allocate(s, extents, body)
        for let, value in reversed(lets):
            body = LetStmt(let, value, body)
        return body

    def _hoisted(self, s: HoistedStorage) -> Stmt:
        extents, body = places(s, s.extents), self.stmt(s.body)
        if s.slots == 1:
            return _allocate(s, extents, body)
        one: Expr = i64(1)
        size = reduce(Mul, map(_not_negative, extents), one)
        return LetStmt(
            slot_size(s.name), simplify(size), _allocate(s, [*extents, i64(s.slots)], body)
        )


def _allocate(s: Realize | HoistedStorage, extents: list[Expr], body: Stmt) -> Stmt:
    """Return `body` inside the memory for each value of a cell."""
    for i, t in reversed(list(enumerate(s.types))):
        name = output_buffer(s.name, i, len(s.types))
        body = Allocate(name, t, tuple(map(_not_negative, extents)), body, s.memory)
    return body


def _only_where(cell: Expr, condition: Expr) -> Expr:
    assert isinstance(cell, Load)
    predicate = condition if cell.predicate is None else And(cell.predicate, condition)
    return Load(cell.type, cell.name, cell.index, predicate)


def _not_negative(e: Expr) -> Expr:
    # In a step of a split that lies wholly outside, the region to compute is less than empty.
    return e if isinstance(e, IntImm) else Max(e, i64(0))
