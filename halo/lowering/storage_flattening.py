"""From cells of Functions and images to elements of flat memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from halo.ir.expr import (
    Add,
    Call,
    CallKind,
    Cast,
    Expr,
    IntImm,
    Load,
    Max,
    Min,
    Mod,
    Mul,
    Sub,
    Variable,
    as_const,
    i32,
    i64,
)
from halo.ir.function import Function
from halo.ir.lowered import Field, buffer_field
from halo.ir.node import Node
from halo.ir.simplify import simplify
from halo.ir.stmt import Allocate, LetStmt, Provide, Realize, Stmt, Store, block
from halo.ir.types import Int, Type


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the cells of one Function or image lie."""

    buffers: tuple[str, ...]
    mins: tuple[Expr, ...]
    strides: tuple[Expr, ...]
    folds: tuple[int, ...]

    def index(self, args: Sequence[Expr]) -> Expr:
        """Return the int64 index of cell `args`."""
        total: Expr = i64(0)
        for arg, low, stride, fold in zip(
            args, self.mins, self.strides, self.folds or (0,) * len(args), strict=True
        ):
            place = widened(Mod(arg, i32(fold)) if fold else Sub(arg, low))
            if as_const(stride) != 1:
                place = Mul(place, stride)
            total = Add(total, place)
        return total


def flatten_storage(s: Stmt, outputs: Mapping[str, Function]) -> Stmt:
    """Turn Realize, Provide and calls of cells into Allocate, Store and Load.

    Requires: stage "loops"; `outputs` are written to buffers of their own name (``name.i`` for
    value i of several).
    Ensures: stage "flat"; indices are int64 and count elements from the buffer's first cell.

    Example: ``f(x, y) = 1`` -> ``f[(y - f.min.1)*f.stride.1 + (x - f.min.0)*f.stride.0] = 1``.
    """
    layouts: dict[str, _Layout] = {}
    for name, f in outputs.items():
        n = len(f.types)
        buffers = tuple(name if n == 1 else f"{name}.{i}" for i in range(n))
        layouts[name] = _of_buffer(buffers, f.dimensions)
    return _Flattener(layouts).stmt(s)


def _of_buffer(buffers: tuple[str, ...], dimensions: int) -> _Layout:
    first = buffers[0]
    return _Layout(
        buffers,
        tuple(buffer_field(first, Field.MIN, d) for d in range(dimensions)),
        tuple(buffer_field(first, Field.STRIDE, d) for d in range(dimensions)),
        (),
    )


class _Flattener:
    def __init__(self, layouts: dict[str, _Layout]) -> None:
        self.layouts = layouts
        self.memo: dict[int, tuple[Node, Expr]] = {}

    def stmt(self, s: Stmt) -> Stmt:
        match s:
            case Realize():
                return self._realize(s)
            case Provide():
                return self._provide(s)
            case _:
                return s.map_children(self._child)

    def _child(self, c: Stmt | Expr) -> Stmt | Expr:
        return self.stmt(c) if isinstance(c, Stmt) else self.expr(c)

    def expr(self, e: Expr) -> Expr:
        found = self.memo.get(id(e))
        if found is None:
            made = e.map_children(self.expr)
            if isinstance(made, Call) and made.kind in (CallKind.FUNC, CallKind.IMAGE):
                layout = self.layouts.get(made.name)
                if layout is None:  # an image
                    layout = _of_buffer((made.name,), len(made.args))
                buffer = layout.buffers[made.value_index]
                made = Load(made.type, buffer, layout.index(made.args))
            found = self.memo[id(e)] = (e, made)
        return found[1]

    def _provide(self, s: Provide) -> Stmt:
        layout = self.layouts[s.name]
        values = [self.expr(v) for v in s.values]
        index = layout.index([self.expr(a) for a in s.args])
        if len(values) == 1:
            return Store(layout.buffers[0], values[0], index)
        # Every value is computed before the first is stored: they may read the cell.
        pairs = list(zip(layout.buffers, values, strict=True))
        made = block(*(Store(b, Variable(v.type, f"{b}.value"), index) for b, v in pairs))
        for b, value in reversed(pairs):
            made = LetStmt(f"{b}.value", value, made)
        return made

    def _realize(self, s: Realize) -> Stmt:
        n = len(s.types)
        buffers = tuple(s.name if n == 1 else f"{s.name}.{i}" for i in range(n))
        folds = s.folds or (0,) * len(s.bounds)
        order = s.order or tuple(range(len(s.bounds)))
        extents = [
            simplify(widened(e)) if not fold else i64(fold)
            for (_, e), fold in zip(s.bounds, folds, strict=True)
        ]
        strides: list[Expr] = [i64(1)] * len(order)
        lets: list[tuple[str, Expr]] = []
        size: Expr = i64(1)
        for d in order:
            if size.children():
                lets.append((f"{s.name}.stride.{d}", size))
                size = Variable(Int(64), lets[-1][0])
            strides[d] = size
            size = simplify(Mul(size, extents[d]))
        sizes = [extents[d] for d in order]
        old = self.layouts.get(s.name)
        self.layouts[s.name] = _Layout(
            buffers, tuple(m for m, _ in s.bounds), tuple(strides), tuple(folds)
        )
        if old is not None:  # realized a second time, elsewhere: what was flattened is stale
            self.memo.clear()
        body = self.stmt(s.body)
        for buffer, t in reversed(list(zip(buffers, s.types, strict=True))):
            body = Allocate(buffer, t, tuple(map(_not_negative, sizes)), body, s.memory)
        for let, value in reversed(lets):
            body = LetStmt(let, value, body)
        return body


def _not_negative(e: Expr) -> Expr:
    # In a step of a split that lies wholly outside, the region to compute is less than empty.
    return e if isinstance(e, IntImm) else Max(e, i64(0))


def widened(e: Expr) -> Expr:
    """Return the int32 index expression `e` computed in int64.

    Indices do not overflow, so a sum may be widened before it is formed; data wraps, so its sums
    are formed first.
    """
    match e:
        case IntImm():
            return i64(e.value)
        case Min() | Max():
            return type(e)(widened(e.a), widened(e.b))
        case Add() | Sub() | Mul() if _is_index(e):
            return type(e)(widened(e.a), widened(e.b))
        case _:
            return Cast(_like(Int(64), e), e)


def _is_index(e: Expr) -> bool:
    if isinstance(e, Variable):
        return e.param is None
    if isinstance(e, (Load, Call)):
        return False
    return all(_is_index(c) for c in e.children())


def _like(t: Type, e: Expr) -> Type:
    return t.with_lanes(e.type.lanes)
