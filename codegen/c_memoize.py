"""Memoized Funcs: a look into the cache, the production where it has nothing."""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_context import Context
from codegen.c_text import c_string
from codegen.c_walk import expression, index_expression
from halo.ir.stmt import Memoize


def print_memoize(ctx: Context, s: Memoize, body: Callable[[], None]) -> None:
    """Write the look into the cache around `body`."""
    ctx.prelude.file("halo_memo.h")
    own = {n: ctx.names.fresh(f"{s.name}_{n}") for n in ("key", "arrays", "bytes", "memo")}
    key = [expression(ctx, e).text for e in s.key]
    arrays = [f"(void *){index_expression(ctx, e).within(0)}" for e in s.arrays]
    sizes = [f"(size_t){index_expression(ctx, e).within(0)}" for e in s.sizes]
    ctx.line(f"const int64_t {own['key']}[] = {{{', '.join(key or ['0'])}}};")
    ctx.line(f"void *const {own['arrays']}[] = {{{', '.join(arrays)}}};")
    ctx.line(f"const size_t {own['bytes']}[] = {{{', '.join(sizes)}}};")
    fields = (
        f"{c_string(s.identity)}, UINT64_C({s.eviction_key}), {own['key']}, {len(key)}, "
        f"{len(arrays)}, {own['arrays']}, {own['bytes']}"
    )
    ctx.line(f"const halo_memo {own['memo']} = {{{fields}}};")
    ctx.line(f"if (!halo_memo_load(ctx, &{own['memo']})) {{")
    with ctx.deeper():
        body()
        ctx.line(f"halo_memo_store(ctx, &{own['memo']});")
    ctx.line("}")
