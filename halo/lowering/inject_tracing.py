"""Tracing: statements that report what happens to the cells of Funcs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halo.ir.effects import without_effects
from halo.ir.expr import TRUE, Call, CallKind, Expr, StringImm, i32, is_true
from halo.ir.function import Function, output_buffer
from halo.ir.intrinsics import effect, intrinsic, is_intrinsic
from halo.ir.lowered import Field, buffer_field
from halo.ir.stmt import (
    CallExtern,
    IfThenElse,
    ProducerConsumer,
    Provide,
    Realize,
    Stmt,
    Trace,
    TraceScope,
    block,
)
from halo.ir.trace import TraceEventCode
from halo.schedule.traced import Traced

Coordinates = tuple[Expr, ...]


def inject_tracing(
    s: Stmt, traced: Mapping[str, Traced], outputs: Mapping[str, Function], pipeline: bool
) -> Stmt:
    """Report loads, stores and realizations of the Funcs and images in `traced`.

    A store is reported after it, a load before the statement that it is part of, once for equal
    ones; what is inlined is neither. An output is realized for as long as the pipeline runs.

    Requires: stage "loops". Ensures: loads are effects, for `lift_effects`.

        f(x) = g(x) + 1, loads of g and stores of f traced
        -> f(x) = trace(g(x), ...) + 1; trace store f(x)
    """
    boxes = {name: _output_box(f) for name, f in outputs.items()}
    s = _Tracer(traced, dict(boxes)).stmt(s)
    for name in reversed(list(outputs)):
        if traced[name].realizations:
            s = TraceScope(TraceEventCode.begin_realization, name, boxes[name], s)
    first = next(iter(outputs))
    tags = [
        Trace(TraceEventCode.tag, name, None, (), tag=tag)
        for name, t in traced.items()
        for tag in t.tags
        if t.any
    ]
    s = block(*tags, s)
    return TraceScope(TraceEventCode.begin_pipeline, first, (), s) if pipeline else s


def _output_box(f: Function) -> Coordinates:
    name = output_buffer(f.name, 0, len(f.types))
    ends = (Field.MIN, Field.EXTENT)
    return tuple(buffer_field(name, what, d) for d in range(f.dimensions) for what in ends)


class _Tracer:
    def __init__(self, traced: Mapping[str, Traced], boxes: dict[str, Coordinates]) -> None:
        self._traced = traced
        self._boxes = boxes
        self._memo: dict[int, tuple[Expr, Expr]] = {}

    def stmt(self, s: Stmt) -> Stmt:
        match s:
            case CallExtern():
                return s  # the C function does its own loads and stores
            case Realize():
                return self._realize(s)
            case ProducerConsumer():
                return self._produce(s)
            case Provide():
                made = s.map_children(self._child)
                return block(made, self._stores(s)) if self._of(s.name).stores else made
            case _:
                return s.map_children(self._child)

    def _child(self, c: Any) -> Any:
        return self.stmt(c) if isinstance(c, Stmt) else self._expr(c)

    def _of(self, name: str) -> Traced:
        return self._traced.get(name, Traced())

    def _expr(self, e: Expr) -> Expr:
        known = self._memo.get(id(e))
        if known is None:
            if is_intrinsic(e, "predicated"):
                cell, condition = e.children()
                made = self._load(cell.map_children(self._expr), self._expr(condition))
            else:
                made = e.map_children(self._expr)
                if isinstance(made, Call) and made.kind in (CallKind.FUNC, CallKind.IMAGE):
                    made = self._load(made, TRUE)
            known = self._memo[id(e)] = (e, made)  # e is kept so that its id stays its own
        return known[1]

    def _load(self, cell: Expr, condition: Expr) -> Expr:
        """Return `cell`, read only where `condition` holds, and reported there."""
        assert isinstance(cell, Call)
        loaded = cell if is_true(condition) else intrinsic("predicated", cell, condition)
        if not self._of(cell.name).loads:
            return loaded
        parts = (StringImm(cell.name), i32(cell.value_index), *map(without_effects, cell.args))
        return effect("trace", loaded, without_effects(condition), parts)

    def _stores(self, s: Provide) -> Stmt:
        at = tuple(map(without_effects, s.args))
        code = TraceEventCode.store
        made: list[Stmt] = []
        for i, v in enumerate(s.values):
            cell = Call(v.type, s.name, at, CallKind.FUNC, None, i)
            made.append(Trace(code, s.name, cell, at, i))
        told = block(*made)
        return told if s.predicate is None else IfThenElse(without_effects(s.predicate), told)

    def _realize(self, s: Realize) -> Stmt:
        box = tuple(e for ends in s.bounds for e in ends)
        hidden = self._boxes.get(s.name, ())
        self._boxes[s.name] = box
        body = self.stmt(s.body)
        self._boxes[s.name] = hidden
        if self._of(s.name).realizations:
            body = TraceScope(TraceEventCode.begin_realization, s.name, box, body)
        return s if body is s.body else replace(s, body=body)

    def _produce(self, s: ProducerConsumer) -> Stmt:
        made = s.map_children(self._child)
        if not self._of(s.name).realizations:
            return made
        code = TraceEventCode.produce if s.is_producer else TraceEventCode.consume
        return TraceScope(code, s.name, self._boxes.get(s.name, ()), made)
