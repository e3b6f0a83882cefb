"""Serial and parallel loops."""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_capture import copied
from codegen.c_context import ATOM, SUM, Code, Context, Exit
from codegen.c_profile import profiled_iteration
from codegen.c_text import comment
from codegen.c_walk import index_expression
from halo.errors import InternalError
from halo.ir.expr import Add, as_const
from halo.ir.simplify import simplify
from halo.ir.stmt import For, ForKind
from halo.ir.types import Int


def print_loop(ctx: Context, s: For, body: Callable[[], None]) -> None:
    """Write loop `s`, whose body `body` writes."""
    if s.kind not in (ForKind.SERIAL, ForKind.PARALLEL):
        raise InternalError(f"a {s.kind.value} loop over {s.name} reached the C back end")
    first, end = _bounds(ctx, s)
    name = ctx.value_name(s.name)
    before, was_index = ctx.variables.get(s.name), s.name in ctx.index_like
    head = f"for (int32_t {name} = {first.text}; {name} < {end.text}; ++{name}) {{"
    if s.note:
        head += f" /* {comment(s.note)} */"
    ctx.variables[s.name] = Code(name)
    ctx.index_like.add(s.name)
    if s.kind is ForKind.PARALLEL and not ctx.in_parallel:
        _parallel(ctx, name, head, _count(s, first, end), body)
    else:
        few = (
            f"{ctx.prelude.helper('HALO_FEW', lambda: _FEW)} " if id(s) in ctx.loops_for_few else ""
        )
        ctx.line(few + head)
        with ctx.deeper():
            body()
        ctx.line("}")
    if before is not None:
        ctx.variables[s.name] = before
    if not was_index:
        ctx.index_like.discard(s.name)


def _bounds(ctx: Context, s: For) -> tuple[Code, Code]:
    """Return the first value and the one past the last."""
    low, extent = as_const(s.min), as_const(s.extent)
    first = index_expression(ctx, s.min)
    if isinstance(low, int) and isinstance(extent, int):
        return first, Code(str(low + extent))
    return first, _once(ctx, s, index_expression(ctx, simplify(Add(s.min, s.extent))))


def _once(ctx: Context, s: For, end: Code) -> Code:
    """Return the end of a loop as what the loop need not compute again and cannot change."""
    if end.level == ATOM and end.text.isidentifier():
        return end
    return ctx.bind(Int(32), end, f"{s.name}_end")


def _count(s: For, first: Code, end: Code) -> str:
    extent = as_const(s.extent)
    if as_const(s.min) == 0 or extent is not None:
        return end.text if extent is None else str(extent)
    return f"{end.within(SUM)} - {first.within(SUM - 1)}"


def _parallel(ctx: Context, name: str, head: str, count: str, body: Callable[[], None]) -> None:
    failed = ctx.names.fresh(f"{name}_error")
    own = Exit(ctx.names.fresh(f"next_{name}"))
    around = [value for value in ctx.values if value != name]
    outside, ctx.lines, ctx.in_parallel = ctx.lines, [], True
    ctx.exits.append(own)
    with ctx.deeper():
        body()
    ctx.exits.pop()
    inside, ctx.lines, ctx.in_parallel = ctx.lines, outside, False
    if own.used:
        ctx.line(f"int32_t {failed} = 0;")
    ctx.lines.append(
        "#pragma omp parallel for num_threads(halo_threads(ctx)) "
        f"schedule(dynamic, halo_chunk(ctx, {count})){copied(around, inside)}"
    )
    ctx.line(head)
    before, after = profiled_iteration(ctx)
    with ctx.deeper():
        _iteration(ctx, inside, own, failed, before, after)
    ctx.line("}")
    if own.used:
        ctx.line(f"if ({failed}) {{")
        with ctx.deeper():
            ctx.line(f"err = {failed};")
            ctx.line(f"goto {ctx.use_exit()};")
        ctx.line("}")


def _iteration(
    ctx: Context, inside: list[str], own: Exit, failed: str, before: str, after: str
) -> None:
    """Write the body of a parallel loop; after a failure the rest of the iterations do nothing."""
    if not own.used:
        _lines(ctx, before, inside)
        _lines(ctx, after, [])
        return
    ctx.line("int32_t err;")
    ctx.lines.append("#pragma omp atomic read")
    ctx.line(f"err = {failed};")
    ctx.line("if (err) continue;")
    _lines(ctx, before, inside)
    ctx.lines.append(f"{own.label}:")
    _lines(ctx, after, [])
    ctx.line("if (err) {")
    with ctx.deeper():
        ctx.lines.append("#pragma omp atomic write")
        ctx.line(f"{failed} = err;")
    ctx.line("}")


def _lines(ctx: Context, first: str, rest: list[str]) -> None:
    if first:
        ctx.line(first)
    ctx.lines += rest


_FEW = """\
/* Before a loop over too few cells for vectors: clang would gather them. */
#if defined(__clang__)
#define HALO_FEW _Pragma("clang loop vectorize(disable) interleave(disable)")
#else
#define HALO_FEW
#endif
"""
