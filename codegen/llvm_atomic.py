"""Updates of cells that several threads may update: atomic operations, and a lock."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from codegen.c_atomic import split_store
from codegen.llvm_abi import runtime
from codegen.llvm_address import cell_address
from codegen.llvm_context import Context
from codegen.llvm_memory import guarded, in_memory, of_memory
from codegen.llvm_types import Value, memory_element
from codegen.llvm_vectors import combined
from codegen.llvm_walk import expression
from halo.ir.cross_lane import ReduceOp
from halo.ir.expr import Expr
from halo.ir.stmt import Atomic, Stmt, Store
from halo.ir.types import Type

Writer = Callable[[Context, Stmt], None]

_FETCH = (ReduceOp.ADD, ReduceOp.AND, ReduceOp.OR, ReduceOp.XOR)
"""Operations on integers that processors have."""


def write_atomic(ctx: Context, s: Atomic, statement: Writer) -> None:
    """Write an update, as one step where threads may meet."""
    if not s.threads:
        statement(ctx, s.body)
    elif s.lock:
        runtime(ctx, "void", "lock")
        statement(ctx, s.body)
        runtime(ctx, "void", "unlock")
    elif isinstance(s.body, Store):
        _update(ctx, s.body)
    else:  # only the store itself has to be one step
        statement(ctx, s.body.map_children(lambda c: _each_atomic(s, c)))


def _each_atomic(s: Atomic, c: Any) -> Any:
    return dataclasses.replace(s, body=c) if isinstance(c, Stmt) else c


def _update(ctx: Context, s: Store) -> None:
    op, new = split_store(s)
    if s.predicate is None:
        _step(ctx, s, op, new)
    else:
        guarded(ctx, s.predicate, lambda: _step(ctx, s, op, new))


def _step(ctx: Context, s: Store, op: ReduceOp | None, new: Expr) -> None:
    memory, t = ctx.array(s.name), new.type
    value = expression(ctx, new)
    at = cell_address(ctx, memory, s.index)
    order = f"monotonic, align {t.bytes()}"
    if op is None:
        ctx.line(f"store atomic {in_memory(ctx, t, value).typed}, {at.typed} {order}")
    elif op in _FETCH and t.is_integral and not t.is_bool():
        ctx.emit(value.type, f"atomicrmw {op.value} {at.typed}, {value.typed} {order}")
    else:
        _exchange(ctx, at, op, t, value)


def _exchange(ctx: Context, at: Value, op: ReduceOp, t: Type, value: Value) -> None:
    """Write: combine what is there, until nobody else wrote in between."""
    bits, raw_type = f"i{8 * t.bytes()}", memory_element(t)
    first = ctx.emit(bits, f"load atomic {bits}, {at.typed} monotonic, align {t.bytes()}")
    before, again, done = ctx.block, ctx.label("update"), ctx.label("updated")
    ctx.go(again)
    ctx.begin(again)
    old, seen = ctx.fresh(), ctx.fresh()
    phi = len(ctx.lines)
    ctx.line("")
    raw = _bits(ctx, Value(bits, old, ctx.number), raw_type)
    both = in_memory(ctx, t, combined(ctx, op, t, of_memory(ctx, t, raw), value))
    now = _bits(ctx, both, bits)
    pair = ctx.emit(
        f"{{ {bits}, i1 }}",
        f"cmpxchg weak {at.typed}, {bits} {old}, {now.typed} monotonic monotonic",
    )
    ctx.line(f"{seen} = extractvalue {pair.typed}, 0")
    ours = ctx.emit("i1", f"extractvalue {pair.typed}, 1")
    ctx.lines[phi] = f"  {old} = phi {bits} [ {first.text}, %{before} ], [ {seen}, %{ctx.block} ]"
    ctx.choose(ours, done, again)
    ctx.begin(done)


def _bits(ctx: Context, x: Value, to: str) -> Value:
    return x if x.type == to else ctx.emit(to, f"bitcast {x.typed} to {to}")
