"""Memory of the heap: what gives it back, and arrays that grow."""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_context import Array, Context, Exit
from codegen.c_text import c_string
from codegen.c_types import memory_type
from codegen.c_walk import index_expression
from halo.ir.growing import Grow, Growing
from halo.ir.types import UInt


def until_released(ctx: Context, name: str, body: Callable[[], None], gone: str = "") -> None:
    """Write `body`, and what gives the memory at `name` back behind it, also where it fails.

    `gone` is a line that goes in front of the release.
    """
    ctx.exits.append(Exit(ctx.names.fresh(f"release_{name}")))
    body()
    own = ctx.exits.pop()
    if own.used:
        ctx.lines.append(f"{own.label}:")
    if gone:
        ctx.line(gone)
    ctx.line(f"halo_release(ctx, {name});")
    if own.used:
        ctx.leave_if_error()


def leave_if_missing(ctx: Context, address: str, name: str) -> None:
    """Write the way out where there was no memory at `address`, for the array `name` of the IR."""
    ctx.line(f"if (HALO_UNLIKELY(!{address})) {{")
    with ctx.deeper():
        text = c_string(f"no memory for {name}".replace("%", "%%"))
        ctx.leave(f"halo_fail(ctx, halo_error_out_of_memory, {text})")
    ctx.line("}")


def print_growing(ctx: Context, s: Growing, body: Callable[[], None]) -> None:
    """Write `s`, whose body `body` writes: a pointer and a size, which change."""
    ctx.prelude.file("halo_grow.h")
    before = ctx.arrays.get(s.name)
    name, capacity = ctx.names.fresh(s.name), ctx.names.fresh(f"{s.name}_capacity")
    ctx.line(f"{memory_type(s.type)} *{name} = NULL;")
    ctx.line(f"HALO_UNUSED int64_t {capacity} = 0;")
    ctx.arrays[s.name] = Array(name, s.type, is_raw=s.type == UInt(8), capacity=capacity)
    until_released(ctx, name, body)
    if before is None:
        del ctx.arrays[s.name]
    else:
        ctx.arrays[s.name] = before


def print_grow(ctx: Context, s: Grow) -> None:
    """Write `s`; what there was stays where it is if there is no more memory."""
    array = ctx.array(s.name)
    count, more = index_expression(ctx, s.count), ctx.names.fresh(f"{s.name}_grown")
    given = f"ctx, {array.text}, &{array.capacity}, {count.text}, sizeof *{array.text}"
    ctx.line("{")
    with ctx.deeper():
        ctx.line(f"{memory_type(array.type)} *{more} = halo_grow({given});")
        leave_if_missing(ctx, more, s.name)
        ctx.line(f"{array.text} = {more};")
    ctx.line("}")
