"""Statements as LLVM IR."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from codegen.c_stmt import STACK_LIMIT
from codegen.llvm_abi import argument, number
from codegen.llvm_address import named_sum
from codegen.llvm_atomic import write_atomic
from codegen.llvm_context import Context, Memory
from codegen.llvm_effects import (
    assertion,
    call_extern,
    memoized,
    print_line,
    produced,
    profiled_memory,
    trace,
    traced_scope,
)
from codegen.llvm_fork import acquire, fork, release
from codegen.llvm_heap import grow, growing, leave_if_missing, until_released
from codegen.llvm_loops import loop
from codegen.llvm_memory import fence, prefetch, store
from codegen.llvm_types import Value, memory_element, value_type, zero
from codegen.llvm_walk import declare_let, index_expression, place, restore
from halo.errors import InternalError
from halo.ir import stmt as S
from halo.ir.expr import Call, CallKind, as_const
from halo.ir.growing import Grow, Growing
from halo.ir.stmt import Allocate, Block, Evaluate, IfThenElse, LetStmt, MemoryType, Stmt


def statement(ctx: Context, s: Stmt) -> None:
    """Write `s`."""
    writer = _WRITERS.get(type(s))
    if writer is None:
        raise InternalError(f"the LLVM back end cannot write a {type(s).__name__}")
    ctx.temporaries = {}
    writer(ctx, s)


def _let(ctx: Context, s: LetStmt) -> None:
    before, was_index = ctx.variables.get(s.name), s.name in ctx.index_like
    known = named_sum(ctx, s.name, s.value)
    declare_let(ctx, s.name, s.value)
    if known is not None:
        ctx.sums[ctx.variables[s.name]] = known
    statement(ctx, s.body)
    restore(ctx, s.name, before, was_index)


def _block(ctx: Context, s: Block) -> None:
    for child in s.stmts:
        statement(ctx, child)


def _if(ctx: Context, s: IfThenElse) -> None:
    condition = index_expression(ctx, s.condition)
    yes, end = ctx.label("then"), ctx.label("end")
    no = ctx.label("else") if s.else_case is not None else end
    ctx.choose(condition, yes, no)
    ctx.begin(yes)
    statement(ctx, s.then_case)
    ctx.go(end)
    if s.else_case is not None:
        ctx.begin(no)
        statement(ctx, s.else_case)
        ctx.go(end)
    ctx.begin(end)


def _evaluate(ctx: Context, s: Evaluate) -> None:
    e = s.value
    if not (isinstance(e, Call) and e.kind is CallKind.EXTERN):
        index_expression(ctx, e)
        return
    name = ctx.module.callees.get(e.name)
    if name is None:
        raise InternalError(f"a call of '{e.name}', which is no function of the module")
    args = [argument(a.type, index_expression(ctx, a)) for a in e.args]
    ctx.leave_if(ctx.emit("i32", f"call i32 @{name}({', '.join([ctx.ctx.typed, *args])})"))


def _allocate(ctx: Context, s: Allocate) -> None:
    before = ctx.arrays.get(s.name)
    if s.memory is MemoryType.Register:
        at = ctx.place(value_type(s.type))
        ctx.line(f"store {zero(value_type(s.type)).typed}, {at.typed}")
        ctx.arrays[s.name] = Memory(at, s.type, register=True)
        statement(ctx, s.body)
    else:
        _allocate_memory(ctx, s)
    if before is None:
        del ctx.arrays[s.name]
    else:
        ctx.arrays[s.name] = before


def _allocate_memory(ctx: Context, s: Allocate) -> None:
    sizes = [as_const(e) for e in s.extents]
    scope = ctx.module.scope() if ctx.has_scopes else ""
    if all(isinstance(n, int) for n in sizes):
        count = s.type.lanes() * math.prod(max(0, int(n)) for n in sizes if n is not None)
        on_stack = s.memory is MemoryType.Stack or count * s.type.bytes() <= STACK_LIMIT
        if s.memory is not MemoryType.Heap and on_stack:
            at = ctx.place(f"[{max(1, count)} x {memory_element(s.type)}]", align=64)
            ctx.arrays[s.name] = Memory(at, s.type.element, scope)
            statement(ctx, s.body)
            return
    _allocate_heap(ctx, s, scope)


def _allocate_heap(ctx: Context, s: Allocate, scope: str) -> None:
    count = _product(ctx, s)
    size = number(64, s.type.element.bytes())
    alone = "" if not ctx.has_scopes else "noalias "
    target = ctx.module.declare("halo_rt_allocate", "ptr", "ptr, i64, i64")
    args = ", ".join(a.typed for a in (ctx.ctx, count, size))
    at = ctx.emit("ptr", f"call {alone}align 64 ptr {target}({args})")
    leave_if_missing(ctx, at, s.name)
    gone = profiled_memory(ctx, s, count, s.type.element.bytes())
    ctx.arrays[s.name] = Memory(at, s.type.element, scope)
    until_released(ctx, s.name, lambda: statement(ctx, s.body), gone)


def _product(ctx: Context, s: Allocate) -> Value:
    made = number(64, s.type.lanes())
    for e in s.extents:
        factor = place(ctx, e)
        one = made.text == "1"
        made = factor if one else ctx.emit("i64", f"mul {made.typed}, {factor.text}")
    return made


_WRITERS: dict[type, Callable[[Context, Any], None]] = {
    LetStmt: _let,
    S.AssertStmt: assertion,
    S.Print: print_line,
    S.ProducerConsumer: lambda ctx, s: produced(ctx, s, statement),
    S.Atomic: lambda ctx, s: write_atomic(ctx, s, statement),
    S.For: lambda ctx, s: loop(ctx, s, statement),
    S.Store: store,
    S.PrefetchLine: lambda ctx, s: prefetch(ctx, s.name, s.index),
    S.StreamFence: lambda ctx, s: fence(ctx),
    Allocate: _allocate,
    Growing: lambda ctx, s: growing(ctx, s, statement),
    Grow: grow,
    Block: _block,
    IfThenElse: _if,
    Evaluate: _evaluate,
    S.CallExtern: call_extern,
    S.Memoize: lambda ctx, s: memoized(ctx, s, statement),
    S.Trace: trace,
    S.TraceScope: lambda ctx, s: traced_scope(ctx, s, statement),
    S.Fork: lambda ctx, s: fork(ctx, s, statement),
    S.Acquire: acquire,
    S.Release: release,
}
