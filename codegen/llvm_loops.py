"""Serial loops, and parallel ones, whose iterations are a function of their own."""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_context import Exit
from codegen.llvm_abi import number
from codegen.llvm_context import Context, Loop
from codegen.llvm_effects import profile_switch
from codegen.llvm_effort import is_short
from codegen.llvm_types import Value
from codegen.llvm_walk import index_expression, restore
from halo.errors import InternalError
from halo.ir.expr import Add, as_const
from halo.ir.simplify import simplify
from halo.ir.stmt import For, ForKind, Stmt

Writer = Callable[[Context, Stmt], None]


def loop(ctx: Context, s: For, statement: Writer) -> None:
    """Write loop `s`, whose body `statement` writes."""
    if s.kind not in (ForKind.SERIAL, ForKind.PARALLEL):
        raise InternalError(f"a {s.kind.value} loop over {s.name} reached the LLVM back end")
    first, end = _bounds(ctx, s)
    if s.kind is ForKind.PARALLEL and ctx.module.threads and not ctx.in_parallel:
        _parallel(ctx, s, first, end, statement)
    elif is_short(s):
        _straight(ctx, s, statement)
    else:
        iterations(ctx, s, first, end, statement)


def _straight(ctx: Context, s: For, statement: Writer) -> None:
    """Write the body once for each of its few numbers, with which its indices are constants."""
    low, extent = as_const(s.min), as_const(s.extent)
    assert isinstance(low, int) and isinstance(extent, int)
    hidden, was_index = ctx.variables.get(s.name), s.name in ctx.index_like
    ctx.index_like.add(s.name)
    for i in range(low, low + extent):
        ctx.variables[s.name] = number(32, i)
        statement(ctx, s.body)
    restore(ctx, s.name, hidden, was_index)


def _bounds(ctx: Context, s: For) -> tuple[Value, Value]:
    """Return the first value and the one past the last."""
    low, extent = as_const(s.min), as_const(s.extent)
    first = index_expression(ctx, s.min)
    if isinstance(low, int) and isinstance(extent, int):
        return first, number(32, low + extent)
    return first, index_expression(ctx, simplify(Add(s.min, s.extent)))


def iterations(ctx: Context, s: For, first: Value, end: Value, statement: Writer) -> None:
    """Write the body for first, ..., end - 1."""
    body, after = ctx.label(f"loop_{_plain(s.name)}"), ctx.label("end")
    step, before = ctx.label("step"), ctx.block
    some = ctx.emit("i1", f"icmp slt {first.typed}, {end.text}")
    low, high = (_widened(ctx, x) for x in (first, end))
    front = len(ctx.lines)
    ctx.choose(some, body, after)
    ctx.loops.append(Loop(ctx.count))
    ctx.begin(body)
    at, following = ctx.fresh(), ctx.fresh()
    ctx.line(f"{at} = phi i64 [ {low.text}, %{before} ], [ {following}, %{step} ]")
    ctx.loops[-1].at, head = at, len(ctx.lines)
    hidden, was_index = ctx.variables.get(s.name), s.name in ctx.index_like
    variable = ctx.emit("i32", f"trunc i64 {at} to i32")
    ctx.variables[s.name] = variable
    ctx.wide[variable] = Value("i64", at, ctx.number)
    ctx.index_like.add(s.name)
    statement(ctx, s.body)
    restore(ctx, s.name, hidden, was_index)
    ctx.go(step)
    ctx.begin(step)
    ctx.line(f"{following} = add nsw i64 {at}, 1")
    more = ctx.emit("i1", f"icmp slt i64 {following}, {high.text}")
    own = ctx.loops.pop()
    ctx.lines[head:head] = _count_multiples(ctx, own, low, before, step)
    ctx.lines[front:front] = own.lines
    as_it_is = f", !llvm.loop {ctx.module.as_it_is()}" if id(s) in ctx.loops_left_alone else ""
    ctx.choose(more, body, after, as_it_is)
    ctx.begin(after)


def _count_multiples(ctx: Context, loop: Loop, low: Value, before: str, step: str) -> list[str]:
    """Write the steps of the variables that count in larger ones; return how they begin."""
    lines = []
    for factor, variable in loop.multiples.items():
        with ctx.in_front(loop):
            first = ctx.emit("i64", f"mul nsw {low.typed}, {factor}")
        following = ctx.emit("i64", f"add nsw i64 {variable}, {factor}")
        lines.append(
            f"  {variable} = phi i64 [ {first.text}, %{before} ], [ {following.text}, %{step} ]"
        )
    return lines


def _widened(ctx: Context, x: Value) -> Value:
    """Return the coordinate `x` as a number of 64 bits."""
    if x.owner == 0:
        return Value("i64", x.text)
    return ctx.emit("i64", f"sext {x.typed} to i64")


def _plain(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)


def outlined(ctx: Context, hint: str, write: Callable[[Context, Value, Value], None]) -> str:
    """Have `write` write a function that threads run; return its name and where its values lie.

    It takes two numbers, and gives an error code. The text is an argument list: the function, and
    the address of what it reads of the function around.
    """
    inner = ctx.inner()
    name = f"halo_part_{_plain(hint)}_{inner.number}"
    inner.entry += ["  %err = alloca i32", "  store i32 0, ptr %err"]
    inner.exits = [Exit("leave")]
    inner.begin("start")
    write(inner, *(Value("i32", n, inner.number) for n in ("%first", "%last")))
    types = [v.type for v in inner.captured]
    struct = f"{{ {', '.join(types)} }}" if types else "{}"
    loads = []
    for i, known in enumerate(inner.captured.values()):
        loads.append(f"  %p{i} = getelementptr {struct}, ptr %shared, i32 0, i32 {i}")
        loads.append(f"  {known.text} = load {known.type}, ptr %p{i}")
    lines = "\n".join(["entry:", *loads, *inner.entry, "  br label %start", *inner.lines])
    head = f"define internal i32 @{name}(ptr %ctx, ptr %shared, i32 %first, i32 %last)"
    ctx.module.helpers[name] = f"{head} nounwind {{\n{lines}\n}}"
    shared = ctx.place(struct) if types else Value("ptr", "null")
    for i, value in enumerate(inner.captured):
        own = ctx.use(value)
        at = ctx.emit("ptr", f"getelementptr {struct}, {shared.typed}, i32 0, i32 {i}")
        ctx.line(f"store {own.typed}, {at.typed}")
    return f"ptr @{name}, {shared.typed}"


def finish_part(inner: Context) -> None:
    """Write the end of an outlined function: its error."""
    error = inner.emit("i32", "load i32, ptr %err")
    inner.line(f"ret {error.typed}")


def _parallel(ctx: Context, s: For, first: Value, end: Value, statement: Writer) -> None:
    def write(inner: Context, low: Value, high: Value) -> None:
        inner.in_parallel = True
        back = profile_switch(inner, inner.producers[-1], False) if inner.profiled else None
        iterations(inner, s, low, high, statement)
        inner.go("leave")
        inner.begin("leave")
        if back is not None:
            profile_switch(inner, back, False)
        finish_part(inner)

    part = outlined(ctx, s.name, write)
    target = ctx.module.declare("halo_rt_parallel", "i32", "ptr, i32, i32, ptr, ptr")
    given = f"{ctx.ctx.typed}, {first.typed}, {end.typed}, {part}"
    ctx.leave_if(ctx.emit("i32", f"call i32 {target}({given})"))
