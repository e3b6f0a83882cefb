"""Where the time and the memory of a function go, Func by Func."""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_context import Context
from halo.ir.stmt import Allocate


def profiled_function(ctx: Context, body: Callable[[], None]) -> None:
    """Write `body`, the time of which goes to number 0 where no Func is computed."""
    if not ctx.profiled:
        body()
        return
    ctx.prelude.file("halo_profile.h")
    ctx.line("halo_profile_switch(ctx, 0, true);")
    ctx.producers.append(0)
    body()


def profiled_producer(ctx: Context, name: str, body: Callable[[], None]) -> None:
    """Write `body`, which computes Func `name`."""
    number = ctx.profiled.get(name)
    if number is None:
        body()
        return
    last = ctx.names.fresh("profiled")
    ctx.line(f"const int32_t {last} = halo_profile_switch(ctx, {number}, true);")
    ctx.producers.append(number)
    body()
    ctx.producers.pop()
    ctx.line(f"halo_profile_switch(ctx, {last}, false);")


def profiled_iteration(ctx: Context) -> tuple[str, str]:
    """Return what stands before and after an iteration of a parallel loop: other threads' time."""
    if not ctx.profiled:
        return "", ""
    last = ctx.names.fresh("profiled")
    begin = f"const int32_t {last} = halo_profile_switch(ctx, {ctx.producers[-1]}, false);"
    return begin, f"halo_profile_switch(ctx, {last}, false);"


def profiled_memory(ctx: Context, s: Allocate, count: str, element: str) -> str:
    """Note that the memory of `s` is there; return the line that notes that it is gone."""
    number = ctx.profiled.get(s.name)
    if number is None:
        return ""
    size = ctx.names.fresh(f"{s.name}_bytes")
    ctx.line(f"const int64_t {size} = (int64_t)({count}) * (int64_t)sizeof({element});")
    ctx.line(f"halo_profile_memory(ctx, {number}, {size});")
    return f"halo_profile_memory(ctx, {number}, -{size});"
