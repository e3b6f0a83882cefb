"""What a function does beside computing: errors, lines, events, the cache, the profile, C."""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_text import format_text, longest
from codegen.llvm_abi import (
    EXTERNS,
    argument,
    array_of,
    fail,
    number,
    parameter,
    runtime,
    store_type,
)
from codegen.llvm_context import Context
from codegen.llvm_memory import in_memory
from codegen.llvm_types import Value, float_text, memory_element
from codegen.llvm_walk import expression, index_expression, place
from halo.ir.expr import Call, Expr, IntImm, Load, is_true
from halo.ir.intrinsics import is_intrinsic
from halo.ir.stmt import (
    Allocate,
    AssertStmt,
    CallExtern,
    ErrorCode,
    Memoize,
    Print,
    ProducerConsumer,
    Stmt,
    Trace,
    TraceScope,
)
from halo.ir.trace import TraceEventCode

Writer = Callable[[Context, Stmt], None]
NULL = Value("ptr", "null")


def assertion(ctx: Context, s: AssertStmt) -> None:
    """Write a check."""
    if is_true(s.condition):
        return
    # What the user requires is about data, which wraps; other checks are about indices.
    with ctx.index(s.code is not ErrorCode.REQUIREMENT):
        holds = expression(ctx, s.condition)
        bad, good = ctx.label("refused"), ctx.label("checked")
        ctx.choose(holds, good, bad, likely=True)
        ctx.begin(bad)
        message = tuple(str(p.value) if isinstance(p, IntImm) else p for p in s.message)
        values = [_printable(ctx, p) for p in message if isinstance(p, Expr)]
    ctx.leave(fail(ctx, s.code.value, format_text(message), *values))
    ctx.begin(good)


def _printable(ctx: Context, e: Expr) -> Value:
    """Return a number as printf takes it."""
    x, t = expression(ctx, e), e.type
    if t.is_bool():
        yes, no = ctx.module.string("true"), ctx.module.string("false")
        return ctx.emit("ptr", f"select {x.typed}, {yes.typed}, {no.typed}")
    if not t.is_float():
        if t.bits() == 64:
            return x
        return ctx.emit("i64", f"{'sext' if t.is_int() else 'zext'} {x.typed} to i64")
    if x.type == "float":
        x = ctx.emit("double", f"fpext {x.typed} to double")
    # A NaN has no sign to tell.
    is_nan = ctx.emit("i1", f"fcmp uno {x.typed}, {x.text}")
    return ctx.emit(
        "double", f"select {is_nan.typed}, double {float_text(float('nan'))}, {x.typed}"
    )


def print_line(ctx: Context, s: Print) -> None:
    """Write a line of text."""
    message = (*s.message, "\n")
    values = [_printable(ctx, p) for p in message if isinstance(p, Expr)]
    size = longest(message)
    line = ctx.place("i8", size)
    target = ctx.module.declare("snprintf", "i32", "ptr, i64, ptr, ...")
    given = (line, number(64, size), ctx.module.string(format_text(message)), *values)
    listed = ", ".join(v.typed for v in given)
    ctx.emit("i32", f"call i32 (ptr, i64, ptr, ...) {target}({listed})")
    runtime(ctx, "void", "print", ctx.ctx, line)


def profile_switch(ctx: Context, func: int | Value, called: bool) -> Value:
    """Have the thread's time go to Func `func`; return the one that it went to."""
    which = number(32, func) if isinstance(func, int) else func
    flag = Value("i1", "true" if called else "false")
    return runtime(ctx, "i32", "profile_switch", ctx.ctx, which, flag)


def produced(ctx: Context, s: ProducerConsumer, statement: Writer) -> None:
    """Write what computes a Func, or uses it."""
    func = ctx.profiled.get(s.name) if s.is_producer else None
    if func is None:
        statement(ctx, s.body)
        return
    last = profile_switch(ctx, func, True)
    ctx.producers.append(func)
    statement(ctx, s.body)
    ctx.producers.pop()
    profile_switch(ctx, last, False)


def profiled_memory(ctx: Context, s: Allocate, count: Value, size: int) -> Callable[[], None]:
    """Note that the memory of `s` is there; return what notes that it is gone."""
    func = ctx.profiled.get(s.name)
    if func is None:
        return lambda: None
    there = ctx.emit("i64", f"mul {count.typed}, {size}")
    runtime(ctx, "void", "profile_memory", ctx.ctx, number(32, func), there)

    def gone() -> None:
        less = ctx.emit("i64", f"sub i64 0, {there.text}")
        runtime(ctx, "void", "profile_memory", ctx.ctx, number(32, func), less)

    return gone


def memoized(ctx: Context, s: Memoize, statement: Writer) -> None:
    """Write the look into the cache around what fills the memory."""
    key = array_of(ctx, "i64", [expression(ctx, e) for e in s.key])
    arrays = array_of(ctx, "ptr", [index_expression(ctx, e) for e in s.arrays])
    sizes = array_of(ctx, "i64", [place(ctx, e) for e in s.sizes])
    memo = ctx.place("i8", 48, align=8)
    fields = (
        (0, ctx.module.string(s.identity)),
        (8, number(64, s.eviction_key)),
        (16, key),
        (24, number(32, len(s.key))),
        (28, number(32, len(s.arrays))),
        (32, arrays),
        (40, sizes),
    )
    for offset, value in fields:
        ctx.store_field(memo, offset, value)
    found = runtime(ctx, "i32", "memo_load", ctx.ctx, memo)
    missing, there = ctx.label("compute"), ctx.label("cached")
    ctx.choose(ctx.emit("i1", f"icmp eq {found.typed}, 0"), missing, there)
    ctx.begin(missing)
    statement(ctx, s.body)
    runtime(ctx, "void", "memo_store", ctx.ctx, memo)
    ctx.go(there)
    ctx.begin(there)


def trace(ctx: Context, s: Trace) -> None:
    """Write the report of an event."""
    event = _event(ctx, s)
    if s.value is not None:
        t = s.value.type
        raw = in_memory(ctx, t, expression(ctx, s.value))
        value = ctx.place(memory_element(t))
        ctx.line(f"store {raw.typed}, {value.typed}")
        ctx.store_field(event, 8, value)
        store_type(ctx, event, 16, t)
        ctx.store_field(event, 20, number(32, s.value_index))
    if s.tag:
        ctx.store_field(event, 48, ctx.module.string(s.tag))
    runtime(ctx, "i32", "trace", ctx.ctx, event)


def traced_scope(ctx: Context, s: TraceScope, statement: Writer) -> None:
    """Write the report of what begins, its body, and the report of what ends."""
    event = _event(ctx, s)
    own = runtime(ctx, "i32", "trace", ctx.ctx, event)
    is_whole = s.event in (TraceEventCode.begin_realization, TraceEventCode.begin_pipeline)
    key = "" if s.event is TraceEventCode.begin_pipeline else s.name
    hidden = dict(ctx.events)
    if is_whole:
        ctx.events[key] = own
    statement(ctx, s.body)
    ctx.events = hidden
    ctx.store_field(event, 24, number(32, int(s.event) + 1))
    ctx.store_field(event, 32, own)
    runtime(ctx, "i32", "trace", ctx.ctx, event)


def _event(ctx: Context, s: Trace | TraceScope) -> Value:
    """Return the address of a ``halo_trace_event`` that is filled but for its value."""
    event = ctx.place("i8", 56, align=8)
    parent = ctx.events.get(s.name, ctx.events.get("", number(32, 0)))
    at = [index_expression(ctx, c) for c in s.coordinates]
    fields = (
        (0, ctx.module.string(s.name)),
        (8, NULL),
        (16, number(16, 0)),
        (20, number(32, 0)),
        (24, number(32, int(s.event))),
        (28, number(32, 0)),
        (32, ctx.use(parent)),
        (36, number(32, len(at))),
        (40, array_of(ctx, "i32", at) if at else NULL),
        (48, ctx.module.string("")),
    )
    for offset, value in fields:
        ctx.store_field(event, offset, value)
    return event


def call_extern(ctx: Context, s: CallExtern) -> None:
    """Write the call of a C function outside the module."""
    types, args = ["ptr"], [ctx.ctx.typed]
    for a in s.args:
        if is_intrinsic(a, "buffer"):
            types.append("ptr")
            args.append(_buffer(ctx, a).typed)
        else:
            types.append(parameter(a.type))
            args.append(argument(a.type, expression(ctx, a)))
    target = _function(ctx, s.name, ", ".join(types))
    error = ctx.emit("i32", f"call i32 {target}({', '.join(args)})")
    bad, good = ctx.label("failed"), ctx.label("called")
    ctx.choose(ctx.emit("i1", f"icmp ne {error.typed}, 0"), bad, good, likely=False)
    ctx.begin(bad)
    text = ctx.module.string(s.message)
    ctx.leave(runtime(ctx, "i32", "extern_failed", ctx.ctx, text, error))
    ctx.begin(good)


def _function(ctx: Context, name: str, params: str) -> str:
    index = ctx.module.forwards.get(name)
    if index is None:
        return ctx.module.declare(name, "i32", params)
    table = ctx.load_field(ctx.ctx, EXTERNS, "ptr")
    return ctx.load_field(table, 8 * index, "ptr").text


def _buffer(ctx: Context, e: Expr) -> Value:
    """Return the address of a ``halo_buffer``."""
    assert isinstance(e, Call)
    first, *ends = e.args
    load = first.children()[0]
    assert isinstance(load, Load)
    host = index_expression(ctx, first)
    dims = array_of(ctx, "i64", [place(ctx, x) for x in ends]) if ends else NULL
    made = ctx.place("i8", 24, align=8)
    ctx.store_field(made, 0, host)
    store_type(ctx, made, 8, load.type)
    ctx.store_field(made, 12, number(32, len(ends) // 3))
    ctx.store_field(made, 16, dims)
    return made
