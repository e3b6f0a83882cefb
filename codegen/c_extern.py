"""Calls of C functions that are no part of the module: extern stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codegen.c_context import Context
from codegen.c_names import identifier
from codegen.c_text import c_string
from codegen.c_types import scalar_type, type_value
from codegen.c_walk import expression, index_expression
from halo.errors import CodegenError
from halo.ir.expr import Call, Expr, Load
from halo.ir.intrinsics import is_intrinsic
from halo.ir.lowered import LoweredFunc
from halo.ir.stmt import CallExtern, Stmt
from halo.ir.types import Type


def extern_signature(name: str, params: tuple[Type | None, ...]) -> str:
    """Return the C signature of a function that takes `params`; None stands for a buffer."""
    types = ["const halo_buffer *" if t is None else scalar_type(t) for t in params]
    return f"int32_t {name}({', '.join(['halo_context *', *types])})"


def extern_functions(functions: Iterable[LoweredFunc]) -> dict[str, tuple[Type | None, ...]]:
    """Return the C functions outside the module that `functions` call, by name, in order.

    Raises
    ------
    CodegenError
        A name means two functions, or something else in C.
    """
    found: dict[str, tuple[Type | None, ...]] = {}
    for f in functions:
        for s in _calls(f.body):
            params = parameters(s)
            known = found.setdefault(s.name, params)
            if known != params:
                raise CodegenError(
                    f"the C function {s.name} is called with different arguments: "
                    f"{extern_signature(s.name, known)} and {extern_signature(s.name, params)}",
                    hint="give one of the extern stages a function of another name",
                )
            if identifier(s.name) != s.name:
                raise CodegenError(
                    f"{s.message}: {s.name} has another meaning in C",
                    hint="give the function of the extern stage another name",
                )
    return dict(sorted(found.items()))


def _calls(s: Stmt) -> Iterator[CallExtern]:
    if isinstance(s, CallExtern):
        yield s
    for child in s.children():
        if isinstance(child, Stmt):
            yield from _calls(child)


def forward(name: str, params: tuple[Type | None, ...], index: int) -> str:
    """Return C that calls function `index` of ``ctx->externs`` under the name `name`."""
    types = ["const halo_buffer *" if t is None else scalar_type(t) for t in params]
    named = [f"{t} a{i}" for i, t in enumerate(types)]
    head = f"int32_t {name}({', '.join(['halo_context *ctx', *named])})"
    pointer = f"int32_t (*)({', '.join(['halo_context *', *types])})"
    args = ", ".join(["ctx", *(f"a{i}" for i in range(len(types)))])
    return f"HALO_HIDDEN {head} {{ return (({pointer})ctx->externs[{index}])({args}); }}\n"


def parameters(s: CallExtern) -> tuple[Type | None, ...]:
    """Return the types of the arguments, None for a buffer."""
    return tuple(None if is_intrinsic(a, "buffer") else a.type for a in s.args)


def print_call(ctx: Context, s: CallExtern) -> str:
    """Write the buffers of the arguments; return the call."""
    ctx.prelude.file("halo_extern.h")
    args = [_buffer(ctx, a) if is_intrinsic(a, "buffer") else _number(ctx, a) for a in s.args]
    return f"{s.name}({', '.join(['ctx', *args])})"


def failure(s: CallExtern) -> str:
    """Return the code of the error when the call `s` returned ``err``."""
    return f"halo_extern_failed(ctx, {c_string(s.message)}, err)"


def _number(ctx: Context, e: Expr) -> str:
    return f"({scalar_type(e.type)}){expression(ctx, e).within(0)}"


def _buffer(ctx: Context, e: Expr) -> str:
    """Write a ``halo_buffer``; return its address."""
    assert isinstance(e, Call)
    address, *ends = e.args
    load = address.children()[0]
    assert isinstance(load, Load)
    name = ctx.names.fresh(f"{load.name}_buffer")
    dims = "NULL"
    if ends:
        dims = ctx.names.fresh(f"{load.name}_dims")
        texts = [index_expression(ctx, x).text for x in ends]
        triples = zip(texts[::3], texts[1::3], texts[2::3], strict=True)
        rows = ", ".join("{" + ", ".join(t) + "}" for t in triples)
        ctx.line(f"halo_dim {dims}[{len(texts) // 3}] = {{{rows}}};")
    host = f"(void *){index_expression(ctx, address).within(0)}"
    fields = f"{host}, {type_value(load.type)}, {len(ends) // 3}, {dims}"
    ctx.line(f"const halo_buffer {name} = {{{fields}}};")
    return f"&{name}"
