"""Memory of the heap: what gives it back, and arrays that grow."""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_context import Exit
from codegen.llvm_abi import fail, number, runtime
from codegen.llvm_context import Context, Memory
from codegen.llvm_types import Value
from codegen.llvm_walk import index_expression
from halo.errors import InternalError
from halo.ir.growing import Grow, Growing
from halo.ir.stmt import ErrorCode, Stmt

Writer = Callable[[Context, Stmt], None]


def until_released(
    ctx: Context,
    name: str,
    body: Callable[[], None],
    gone: Callable[[], None] = lambda: None,
) -> None:
    """Write `body`, and what gives the memory `name` back behind it, also where it fails.

    `gone` writes what goes in front of the release.
    """
    own = Exit(ctx.label("release"))
    ctx.exits.append(own)
    body()
    ctx.exits.pop()
    ctx.go(own.label)
    ctx.begin(own.label)
    gone()
    runtime(ctx, "void", "release", ctx.ctx, ctx.array(name).address)
    if own.used:
        ctx.leave_if(ctx.emit("i32", "load i32, ptr %err"))


def leave_if_missing(ctx: Context, address: Value, name: str) -> None:
    """Write the way out where there was no memory at `address`, for the array `name`."""
    missing = ctx.emit("i1", f"icmp eq {address.typed}, null")
    bad, good = ctx.label("no_memory"), ctx.label("memory")
    ctx.choose(missing, bad, good, likely=False)
    ctx.begin(bad)
    text = f"no memory for {name}".replace("%", "%%")
    ctx.leave(fail(ctx, ErrorCode.OUT_OF_MEMORY.value, text))
    ctx.begin(good)


def growing(ctx: Context, s: Growing, statement: Writer) -> None:
    """Write `s`, whose body `statement` writes: an address and a size in places that change."""
    before = ctx.arrays.get(s.name)
    at, capacity = ctx.place("ptr"), ctx.place("i64")
    ctx.line(f"store ptr null, {at.typed}")
    ctx.line(f"store i64 0, {capacity.typed}")
    ctx.arrays[s.name] = Memory(at, s.type, capacity=capacity)
    until_released(ctx, s.name, lambda: statement(ctx, s.body))
    if before is None:
        del ctx.arrays[s.name]
    else:
        ctx.arrays[s.name] = before


def grow(ctx: Context, s: Grow) -> None:
    """Write `s`; what there was stays where it is if there is no more memory."""
    held, place = ctx.array(s.name), ctx.arrays[s.name]
    if held.capacity is None:
        raise InternalError(f"more of '{s.name}', which does not grow")
    count = index_expression(ctx, s.count)
    size = number(64, held.type.bytes())
    more = runtime(ctx, "ptr", "grow", ctx.ctx, held.address, held.capacity, count, size)
    leave_if_missing(ctx, more, s.name)
    ctx.line(f"store {more.typed}, {ctx.use(place.address).typed}")
