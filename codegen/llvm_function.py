"""Whole functions: parameters, entry checks, the fields of buffers, the body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from codegen import llvm_arithmetic, llvm_calls, llvm_memory, llvm_vectors
from codegen.c_context import Exit
from codegen.c_index import names_in_indices
from codegen.forks import holds_fork
from codegen.llvm_abi import TYPE_CODES, number, parameter, runtime
from codegen.llvm_context import Context, Memory, ModuleState
from codegen.llvm_effects import profile_switch
from codegen.llvm_effort import loops_left_alone, only_directs
from codegen.llvm_loops import finish_part
from codegen.llvm_stmt import statement
from codegen.llvm_types import Value, element_type
from codegen.llvm_walk import index_expression, let
from halo.ir.expr import Let
from halo.ir.lowered import BufferArg, Field, LoweredFunc, ScalarArg, buffer_field

PRINTERS: dict[type, Callable[[Context, Any], Value]] = {
    **llvm_arithmetic.PRINTERS,
    **llvm_vectors.PRINTERS,
    **llvm_memory.PRINTERS,
    **llvm_calls.PRINTERS,
    Let: let,
}
"""Expression class -> function that writes it."""

_OFFSETS = {Field.MIN: 0, Field.EXTENT: 8, Field.STRIDE: 16}
_DIM_BYTES = 24


class ConstantMemory(NamedTuple):
    """A constant; of one that `is_outside` the address is that of a pointer to it."""

    memory: Memory
    is_outside: bool


def function_text(
    module: ModuleState, f: LoweredFunc, name: str, constants: dict[str, ConstantMemory]
) -> str:
    """Return `f` as an LLVM function called `name`."""
    ctx = Context(module, PRINTERS, module.number())
    ctx.index_used = names_in_indices(f.body)
    ctx.has_scopes = not holds_fork(f.body)
    ctx.loops_left_alone = loops_left_alone(f.body)
    ctx.exits = [Exit("leave")]
    ctx.entry += ["  %err = alloca i32", "  store i32 0, ptr %err"]
    ctx.begin("start")
    for constant, (memory, is_outside) in constants.items():
        if is_outside:
            at = ctx.emit("ptr", f"load ptr, {memory.address.typed}, align 8")
            memory = memory._replace(address=at)
        ctx.arrays[constant] = memory
    params = ["ptr %ctx", *(_enter(ctx, a, f.trusted, i) for i, a in enumerate(f.args))]
    if f.trusted:
        _known_fields(ctx, f)
    else:
        runtime(ctx, "void", "enter", ctx.ctx)
        for i, a in enumerate(f.args):
            if isinstance(a, BufferArg):
                _check(ctx, a, Value("ptr", f"%a{i}", ctx.number))
        for i, a in enumerate(f.args):
            if isinstance(a, BufferArg):
                _open(ctx, a, Value("ptr", f"%a{i}", ctx.number))
    _body(ctx, f)
    lines = "\n".join(["entry:", *ctx.entry, "  br label %start", *ctx.lines])
    linkage = "internal " if f.trusted else module.public
    effort = " noinline optnone" if only_directs(f.body, module.threads) else ""
    return f"define {linkage}i32 @{name}({', '.join(params)}) nounwind{effort} {{\n{lines}\n}}"


def _body(ctx: Context, f: LoweredFunc) -> None:
    if f.profiled is not None:
        ctx.profiled = dict(f.profiled.numbers)
        profile_switch(ctx, 0, True)
        ctx.producers.append(0)
    statement(ctx, f.body)
    ctx.go("leave")
    ctx.begin("leave")
    finish_part(ctx)


def _enter(ctx: Context, a: BufferArg | ScalarArg, trusted: bool, i: int) -> str:
    """Bring an argument into scope; return its parameter."""
    if isinstance(a, ScalarArg):
        ctx.variables[a.name] = Value(element_type(a.type), f"%a{i}", ctx.number)
        if a.type.is_int() and a.type.bits() >= 32:
            ctx.index_like.add(a.name)
        return f"{parameter(a.type)} %a{i}"
    if not trusted:
        return f"ptr %a{i}"
    ctx.arrays[a.name] = Memory(Value("ptr", f"%a{i}", ctx.number), a.type)
    return f"ptr noalias{'' if a.is_output else ' readonly'} %a{i}"


def _known_fields(ctx: Context, f: LoweredFunc) -> None:
    """Bring into scope what is known of the buffers of a trusted function."""
    for a in f.args:
        for d, dim in enumerate(a.dims if isinstance(a, BufferArg) else ()):
            for field, value in zip(Field, (dim.min, dim.extent, dim.stride), strict=True):
                v = buffer_field(a.name, field, d)
                if value is not None and v.name not in ctx.variables:
                    ctx.variables[v.name] = index_expression(ctx, value)
                    ctx.index_like.add(v.name)


def _check(ctx: Context, a: BufferArg, buffer: Value) -> None:
    """Write the checks of a buffer that a public function is given."""
    what = ctx.module.string(f"{'output' if a.is_output else 'input'} '{a.name}'")
    numbers = (TYPE_CODES[a.type.code()], a.type.bits(), a.dimensions)
    wanted = [number(32, n) for n in numbers]
    ctx.leave_if(runtime(ctx, "i32", "check_buffer", ctx.ctx, buffer, what, *wanted))
    if a.alignment:
        bytes_ = number(32, a.alignment)
        ctx.leave_if(runtime(ctx, "i32", "check_alignment", ctx.ctx, buffer, what, bytes_))


def _open(ctx: Context, a: BufferArg, buffer: Value) -> None:
    """Bring the memory and the fields of a buffer into scope."""
    host = ctx.load_field(buffer, 0, "ptr")
    if a.alignment:
        yes = Value("i1", "true")
        ctx.line(
            f'call void @llvm.assume({yes.typed}) [ "align"({host.typed}, i64 {a.alignment}) ]'
        )
        ctx.module.declare("llvm.assume", "void", "i1")
    ctx.arrays[a.name] = Memory(host, a.type)
    if not a.dimensions:
        return
    dims = ctx.load_field(buffer, 16, "ptr")
    for d in range(a.dimensions):
        for field in Field:
            v = buffer_field(a.name, field, d)
            value = ctx.load_field(dims, _DIM_BYTES * d + _OFFSETS[field], "i64")
            if field is not Field.STRIDE:
                value = ctx.emit("i32", f"trunc {value.typed} to i32")
            ctx.variables[v.name] = value
            ctx.index_like.add(v.name)
