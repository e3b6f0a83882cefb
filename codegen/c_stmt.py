"""Statements as C."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from codegen.c_atomic import split_store, update
from codegen.c_context import ATOM, PRODUCT, RELATION, SUM, UNARY, Array, Code, Context
from codegen.c_extern import failure, print_call
from codegen.c_fork import print_acquire, print_fork, print_release
from codegen.c_heap import leave_if_missing, print_grow, print_growing, until_released
from codegen.c_keep import loads_of_lets
from codegen.c_loops import print_loop
from codegen.c_memoize import print_memoize
from codegen.c_memory import store
from codegen.c_names import identifier
from codegen.c_profile import profiled_memory, profiled_producer
from codegen.c_stream import fence_helper
from codegen.c_text import c_string, comment, format_text, longest
from codegen.c_trace import print_scope, print_trace
from codegen.c_types import memory_type
from codegen.c_walk import count_shared, declare_let, expression, index_expression, place
from halo.errors import InternalError
from halo.ir.expr import (
    EQ,
    GE,
    GT,
    LE,
    LT,
    NE,
    Call,
    CallKind,
    Comparison,
    Expr,
    IntImm,
    as_const,
    is_true,
)
from halo.ir.growing import Grow, Growing
from halo.ir.stmt import (
    Acquire,
    Allocate,
    AssertStmt,
    Atomic,
    Block,
    CallExtern,
    ErrorCode,
    Evaluate,
    For,
    Fork,
    IfThenElse,
    LetStmt,
    Memoize,
    MemoryType,
    PrefetchLine,
    Print,
    ProducerConsumer,
    Release,
    Stmt,
    Store,
    StreamFence,
    Trace,
    TraceScope,
)
from halo.ir.types import UInt

STACK_LIMIT = 16 * 1024
"""Largest constant-size allocation, in bytes, that goes on the stack of itself."""

_MASK_BITS = 32


def statement(ctx: Context, s: Stmt) -> None:
    """Write `s`."""
    printer = _PRINTERS.get(type(s))
    if printer is None:
        raise InternalError(f"the C back end cannot print a {type(s).__name__}")
    printer(ctx, s)


def _begin(ctx: Context, *roots: Expr | None) -> None:
    """Forget the temporaries of the statement before and look for shared nodes of this one."""
    ctx.temporaries = {}
    ctx.shared = count_shared(ctx, tuple(r for r in roots if r is not None))


def _let(ctx: Context, s: LetStmt) -> None:
    _begin(ctx, s.value)
    ctx.loaded += loads_of_lets(ctx, s)
    before, was_index = ctx.variables.get(s.name), s.name in ctx.index_like
    declare_let(ctx, s.name, s.value)
    statement(ctx, s.body)
    if before is not None:
        ctx.variables[s.name] = before
    (ctx.index_like.add if was_index else ctx.index_like.discard)(s.name)


def _assert(ctx: Context, s: AssertStmt) -> None:
    if is_true(s.condition):
        return
    message = tuple(str(p.value) if isinstance(p, IntImm) else p for p in s.message)
    parts = tuple(p for p in message if isinstance(p, Expr))
    _begin(ctx, s.condition, *parts)
    # What the user requires is about data, which wraps; other checks are about indices.
    with ctx.index(s.code is not ErrorCode.REQUIREMENT):
        failed = _negated(ctx, s.condition)
        values = [_printable(ctx, p) for p in parts]
    text = c_string(format_text(message))
    arguments = "".join(f", {v}" for v in values)
    ctx.line(f"if (HALO_UNLIKELY({failed.text})) {{")
    with ctx.deeper():
        code = f"halo_error_{s.code.name.lower()}"
        ctx.leave(f"halo_fail(ctx, {code}, {text}{arguments})")
    ctx.line("}")


def _negated(ctx: Context, e: Expr) -> Code:
    """Return the condition that `e` does not hold."""
    opposite = _OPPOSITES.get(type(e))
    if opposite is not None and isinstance(e, Comparison) and e.a.type.is_integral:
        return expression(ctx, opposite(e.a, e.b))
    return Code(f"!{expression(ctx, e).within(ATOM)}", UNARY)


_OPPOSITES: dict[type, type[EQ | NE | LT | LE | GT | GE]] = {
    EQ: NE,
    NE: EQ,
    LT: GE,
    LE: GT,
    GT: LE,
    GE: LT,
}


def _printable(ctx: Context, e: Expr) -> str:
    code, t = expression(ctx, e), e.type
    if t.is_bool():
        return f'({code.text}) ? "true" : "false"'
    if t.is_float():
        ctx.prelude.file("halo_print.h")
        return f"halo_printable({code.text})"
    return f"({'unsigned ' if t == UInt(64) else ''}long long){code.within(ATOM)}"


def _print(ctx: Context, s: Print) -> None:
    ctx.prelude.file("halo_print.h")
    message = (*s.message, "\n")
    parts = tuple(p for p in message if isinstance(p, Expr))
    _begin(ctx, *parts)
    ctx.line("{")
    with ctx.deeper():
        values = "".join(f", {_printable(ctx, p)}" for p in parts)
        line = ctx.names.fresh("line")
        text = c_string(format_text(message))
        ctx.line(f"char {line}[{longest(message)}];")
        ctx.line(f"snprintf({line}, sizeof {line}, {text}{values});")
        ctx.line(f"halo_print(ctx, {line});")
    ctx.line("}")


def _producer_consumer(ctx: Context, s: ProducerConsumer) -> None:
    if not s.is_producer:
        statement(ctx, s.body)
        return
    ctx.line(f"/* produce {comment(s.name)} */")
    profiled_producer(ctx, s.name, lambda: statement(ctx, s.body))


def _atomic(ctx: Context, s: Atomic) -> None:
    if s.lock and s.threads:
        ctx.lines.append(f"#pragma omp critical (halo_update_{identifier(s.name)})")
        ctx.line("{")
        with ctx.deeper():
            statement(ctx, s.body)
        ctx.line("}")
    elif isinstance(s.body, Store) and s.threads:
        op, new = split_store(s.body)
        _begin(ctx, new, s.body.index, s.body.predicate)
        update(ctx, s.body, op, new)
    elif s.threads:  # only the store itself has to be one step
        statement(ctx, s.body.map_children(lambda c: _each_atomic(s, c)))
    else:
        statement(ctx, s.body)


def _each_atomic(s: Atomic, c: Any) -> Any:
    return dataclasses.replace(s, body=c) if isinstance(c, Stmt) else c


def _for(ctx: Context, s: For) -> None:
    _begin(ctx, s.min, s.extent)
    print_loop(ctx, s, lambda: statement(ctx, s.body))


def _store(ctx: Context, s: Store) -> None:
    _begin(ctx, s.value, s.index, s.predicate)
    store(ctx, s)


def _prefetch(ctx: Context, s: PrefetchLine) -> None:
    _begin(ctx, s.index)
    at = place(ctx, s.index).within(SUM)
    ctx.line(f"__builtin_prefetch({ctx.array(s.name).text} + ({at}));")


def _block(ctx: Context, s: Block) -> None:
    for child in s.stmts:
        if isinstance(child, (LetStmt, Allocate, Growing)):
            ctx.line("{")
            with ctx.deeper():
                statement(ctx, child)
            ctx.line("}")
        else:
            statement(ctx, child)


def _if(ctx: Context, s: IfThenElse) -> None:
    _begin(ctx, s.condition)
    with ctx.index():
        ctx.line(f"if ({expression(ctx, s.condition).text}) {{")
    with ctx.deeper():
        statement(ctx, s.then_case)
    if s.else_case is not None:
        ctx.line("} else {")
        with ctx.deeper():
            statement(ctx, s.else_case)
    ctx.line("}")


def _evaluate(ctx: Context, s: Evaluate) -> None:
    _begin(ctx, s.value)
    e = s.value
    if not (isinstance(e, Call) and e.kind is CallKind.EXTERN):
        ctx.line(f"(void)({expression(ctx, e).text});")
        return
    name = ctx.callees.get(e.name)
    if name is None:
        raise InternalError(f"a call of '{e.name}', which is no function of the module")
    ctx.called[e.name] = None
    arguments = "".join(f", {index_expression(ctx, a).text}" for a in e.args)
    ctx.line(f"err = {name}(ctx{arguments});")
    ctx.leave_if_error()


def _call_extern(ctx: Context, s: CallExtern) -> None:
    _begin(ctx, *s.args)
    ctx.line("{")
    with ctx.deeper():
        ctx.line(f"err = {print_call(ctx, s)};")
        ctx.line("if (HALO_UNLIKELY(err)) {")
        with ctx.deeper():
            ctx.leave(failure(s))
        ctx.line("}")
    ctx.line("}")


def _trace(ctx: Context, s: Trace) -> None:
    _begin(ctx, s.value, *s.coordinates)
    print_trace(ctx, s)


def _trace_scope(ctx: Context, s: TraceScope) -> None:
    _begin(ctx, *s.coordinates)
    ctx.line("{")
    with ctx.deeper():
        print_scope(ctx, s, lambda: statement(ctx, s.body))
    ctx.line("}")


def _memoize(ctx: Context, s: Memoize) -> None:
    _begin(ctx, *s.key, *s.arrays, *s.sizes)
    ctx.line("{")
    with ctx.deeper():
        print_memoize(ctx, s, lambda: statement(ctx, s.body))
    ctx.line("}")


def _allocate(ctx: Context, s: Allocate) -> None:
    before = ctx.arrays.get(s.name)
    name = ctx.names.fresh(s.name)
    if s.memory is MemoryType.Register:
        _declare_register(ctx, s, name)
        statement(ctx, s.body)
    else:
        _allocate_memory(ctx, s, name)
    if before is not None:
        ctx.arrays[s.name] = before


def _declare_register(ctx: Context, s: Allocate, name: str) -> None:
    bits = _MASK_BITS if s.type.is_bool() and s.type.is_vector() else 0
    zero = "{0}" if s.type.is_vector() else "0"
    ctx.line(f"{ctx.value_type(s.type, bits)} {name} = {zero};")
    ctx.arrays[s.name] = Array(name, s.type, register=True, mask_bits=bits)


def _allocate_memory(ctx: Context, s: Allocate, name: str) -> None:
    sizes = [as_const(e) for e in s.extents]
    ctx.arrays[s.name] = Array(name, s.type, is_raw=s.type == UInt(8))
    lanes = s.type.lanes()
    if all(isinstance(n, int) for n in sizes):
        count = lanes * math.prod(max(0, int(n)) for n in sizes if n is not None)
        if s.memory is not MemoryType.Heap and (
            s.memory is MemoryType.Stack or count * s.type.bytes() <= STACK_LIMIT
        ):
            element = memory_type(s.type)
            ctx.line(f"{element} {name}[{max(1, count)}] __attribute__((aligned(64)));")
            statement(ctx, s.body)
            return
    _allocate_heap(ctx, s, name)


def _allocate_heap(ctx: Context, s: Allocate, name: str) -> None:
    element = memory_type(s.type)
    _begin(ctx, *s.extents)
    count = _product(ctx, s)
    # What several threads write and read is no one's alone.
    alone = "" if ctx.forks else "restrict "
    ctx.values[name] = None
    ctx.line(f"{element} *{alone}{name} = halo_allocate(ctx, {count}, sizeof({element}));")
    leave_if_missing(ctx, name, s.name)
    gone = profiled_memory(ctx, s, count, element)
    until_released(ctx, name, lambda: statement(ctx, s.body), gone)


def _grow(ctx: Context, s: Grow) -> None:
    _begin(ctx, s.count)
    print_grow(ctx, s)


def _product(ctx: Context, s: Allocate) -> str:
    sizes = [e for e in s.extents if as_const(e) != 1]
    # C would multiply two int32 in 32 bits: all but the first factor may stay narrow.
    factors = [place(ctx, e) if i else index_expression(ctx, e) for i, e in enumerate(sizes)]
    if s.type.lanes() != 1:
        factors.append(Code(str(s.type.lanes())))
    if not factors:
        return "1"
    if len(factors) == 1:
        return factors[0].within(RELATION)
    return " * ".join(f.within(PRODUCT if i == 0 else 1) for i, f in enumerate(factors))


_PRINTERS: dict[type, Callable[[Context, Any], None]] = {
    LetStmt: _let,
    AssertStmt: _assert,
    Print: _print,
    ProducerConsumer: _producer_consumer,
    Atomic: _atomic,
    For: _for,
    Store: _store,
    PrefetchLine: _prefetch,
    StreamFence: lambda ctx, s: ctx.line(f"{fence_helper(ctx.prelude)}();"),
    Allocate: _allocate,
    Growing: lambda ctx, s: print_growing(ctx, s, lambda: statement(ctx, s.body)),
    Grow: _grow,
    Block: _block,
    IfThenElse: _if,
    Evaluate: _evaluate,
    CallExtern: _call_extern,
    Memoize: _memoize,
    Trace: _trace,
    TraceScope: _trace_scope,
    Fork: lambda ctx, s: print_fork(ctx, s, lambda inner: statement(ctx, inner)),
    Acquire: lambda ctx, s: print_acquire(ctx, s, ctx.use_exit()),
    Release: print_release,
}
