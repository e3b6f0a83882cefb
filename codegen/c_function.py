"""Whole C functions: signature, entry checks, the constants of the arguments, the body."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codegen.c_constants import is_large
from codegen.c_context import Array, Code, Context, Exit
from codegen.c_expr import PRINTERS
from codegen.c_extern import extern_functions
from codegen.c_index import names_in_indices
from codegen.c_names import Names, unique_identifiers
from codegen.c_places import casts_of_places
from codegen.c_prelude import Prelude
from codegen.c_profile import profiled_function
from codegen.c_split import split_wide_vectors
from codegen.c_stmt import statement
from codegen.c_text import c_string
from codegen.c_types import memory_type, scalar_type, type_value
from codegen.c_walk import index_expression
from codegen.forks import holds_fork
from codegen.llvm_effort import loops_for_few
from halo.ir.function import Dimension
from halo.ir.lowered import (
    BufferArg,
    Constant,
    Field,
    LoweredFunc,
    LoweredModule,
    ScalarArg,
    buffer_field,
)
from halo.ir.types import Type

_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class FunctionText:
    """A printed function: its signature, its text from the ``{`` on, and what it uses."""

    signature: str
    body: str
    called: tuple[str, ...]
    constants: tuple[str, ...]
    externs: tuple[str, ...]


def function_names(module: LoweredModule) -> dict[str, str]:
    """Return the C name of each function of `module`.

    Trusted ones, and constants, are in a namespace that no name of the user can be in, so that
    the text of a function does not depend on what else is in its module.
    """
    public = unique_identifiers([f.name for f in module.functions if not f.trusted])
    trusted = unique_identifiers([f.name for f in module.functions if f.trusted])
    after, before = (f"_{module.tag}", f"{module.tag}_") if module.tag else ("", "")
    return {
        **{name: c + after for name, c in public.items()},
        **{name: f"halo_kernel_{before}{c}" for name, c in trusted.items()},
    }


def constant_names(module: LoweredModule, *, shared: bool = False) -> dict[str, str]:
    """Return the C name of each constant of `module`.

    Where large ones are `shared`, those of several versions that are the same have one name.
    """
    names = unique_identifiers([c.name for c in module.constants])
    before = f"{module.tag}_" if module.tag else ""
    made = {name: f"halo_constant_{before}{c}" for name, c in names.items()}
    if module.tag and shared:
        for constant in filter(is_large, module.constants):
            content = hashlib.sha256(np.ascontiguousarray(constant.data).tobytes()).hexdigest()
            made[constant.name] = f"halo_constant_{names[constant.name]}_{content[:16]}"
    return made


def argument_names(f: LoweredFunc, taken: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the C name of each argument."""
    names = Names(taken)
    return {a.name: names.fresh(a.name) for a in f.args}


def signature(f: LoweredFunc, name: str) -> str:
    """Return the C signature of `f` without linkage, as ``int32_t NAME(...)``."""
    table = argument_names(f)
    params = ["halo_context *ctx"]
    for a in f.args:
        own = table[a.name]
        if isinstance(a, ScalarArg):
            params.append(f"{scalar_type(a.type)} {own}")
        elif f.trusted:
            const = "" if a.is_output else "const "
            params.append(f"{const}{memory_type(a.type)} *restrict {own}")
        else:
            params.append(f"const halo_buffer *{own}")
    return f"int32_t {name}({', '.join(params)})"


def print_function(
    f: LoweredFunc,
    name: str,
    prelude: Prelude,
    callees: Mapping[str, str],
    constants: Mapping[str, tuple[str, Constant]],
    vector_bits: int,
) -> FunctionText:
    """Print `f`; `constants` gives C names of the module's constants, `callees` of functions."""
    body = split_wide_vectors(f.body, vector_bits)
    externs = tuple(extern_functions([f]))
    table = argument_names(f, frozenset(externs))
    reserved = frozenset(table.values()) | frozenset(externs) | {c for c, _ in constants.values()}
    ctx = Context(prelude, Names(reserved | set(callees.values())), PRINTERS, callees=dict(callees))
    ctx.values = dict.fromkeys(["ctx", *table.values()])
    ctx.index_used = names_in_indices(body)
    ctx.forks = holds_fork(body)
    ctx.loops_for_few = loops_for_few(body)
    ctx.places = casts_of_places(body)
    for constant, (c_name, data) in constants.items():
        ctx.arrays[constant] = Array(c_name, data.type)
    ctx.exits.append(Exit(ctx.names.fresh("leave")))
    for a in f.args:
        if isinstance(a, ScalarArg):
            _enter_scalar(ctx, a, table[a.name])
    if f.trusted:
        _enter_trusted(ctx, f, table)
    else:
        _enter_public(ctx, f, table)
    ctx.profiled = dict(f.profiled.numbers) if f.profiled else {}
    profiled_function(ctx, lambda: statement(ctx, body))
    lines = _finish(ctx, [*table.values(), "ctx"])
    words = {w for line in lines for w in _WORD.findall(line)}
    used = tuple(n for n, (c, _) in constants.items() if c in words)
    return FunctionText(signature(f, name), "\n".join(lines), tuple(ctx.called), used, externs)


def _enter_scalar(ctx: Context, a: ScalarArg, name: str) -> None:
    ctx.variables[a.name] = Code(name)
    if a.type.is_int() and a.type.bits() >= 32:
        ctx.index_like.add(a.name)


def _enter_trusted(ctx: Context, f: LoweredFunc, table: Mapping[str, str]) -> None:
    for a in f.args:
        if isinstance(a, BufferArg):
            ctx.arrays[a.name] = Array(table[a.name], a.type)
            for i, d in enumerate(a.dims):
                _declare_dimension(ctx, a, i, d)


def _declare_dimension(ctx: Context, a: BufferArg, i: int, d: Dimension) -> None:
    for field, value in ((Field.MIN, d.min), (Field.EXTENT, d.extent), (Field.STRIDE, d.stride)):
        if value is not None:
            v = buffer_field(a.name, field, i)
            if v.name in ctx.variables:
                continue
            _declare(ctx, v.name, v.type, index_expression(ctx, value).text)


def _declare(ctx: Context, name: str, t: Type, value: str) -> None:
    own = ctx.value_name(name)
    ctx.line(f"const {scalar_type(t)} {own} = {value};")
    ctx.variables[name] = Code(own)
    ctx.index_like.add(name)


def _enter_public(ctx: Context, f: LoweredFunc, table: Mapping[str, str]) -> None:
    ctx.prelude.file("halo_checks.h")
    ctx.line("halo_enter(ctx);")
    buffers = [a for a in f.args if isinstance(a, BufferArg)]
    for a in buffers:
        kind = "output" if a.is_output else "input"
        what = c_string(f"{kind} '{a.name}'")
        c_type = f"(halo_type){type_value(a.type)}"
        check = f"halo_check_buffer(ctx, {table[a.name]}, {what}, {c_type}, {a.dimensions})"
        _check(ctx, check)
        if a.alignment:
            _check(ctx, f"halo_check_alignment(ctx, {table[a.name]}, {what}, {a.alignment})")
    ctx.line("{")
    ctx.depth += 1
    for a in buffers:
        own = ctx.value_name(f"{a.name}_data")
        const = "" if a.is_output else "const "
        ctx.line(f"{const}{memory_type(a.type)} *const {own} = {_host(a, table[a.name])};")
        ctx.arrays[a.name] = Array(own, a.type)
        for i in range(a.dimensions):
            for field in Field:
                v = buffer_field(a.name, field, i)
                cast = "" if field is Field.STRIDE else f"({scalar_type(v.type)})"
                _declare(ctx, v.name, v.type, f"{cast}{table[a.name]}->dim[{i}].{field.value}")


def _check(ctx: Context, call: str) -> None:
    """Leave the function with what `call` returns where that is not 0."""
    ctx.line(f"err = {call};")
    ctx.exits[-1].used = True
    ctx.line(f"if (err) goto {ctx.exits[-1].label};")


def _host(a: BufferArg, name: str) -> str:
    plain = f"{name}->host"
    return f"__builtin_assume_aligned({plain}, {a.alignment})" if a.alignment else plain


_DECLARATION = re.compile(r"\s*(?:const )?\w+ (?:\*?const )?(\w+) = .*;")


def _finish(ctx: Context, params: list[str]) -> list[str]:
    """Return the body with what nobody uses removed, and with its beginning and end."""
    lines = drop_unused(ctx.lines)
    last = ctx.exits[0]
    if ctx.depth > 1:
        ctx.depth = 1
        lines.append("    }")
    words = {w for line in lines for w in _WORD.findall(line)}
    head = ["{"]
    if "err" in words:
        head.append("    int32_t err = 0;")
    head += [f"    (void){p};" for p in params if p not in words]
    if last.used:
        lines.append(f"{last.label}:")
    lines.append("    return err;" if "err" in words else "    return 0;")
    return [*head, *lines, "}"]


def drop_unused(lines: list[str]) -> list[str]:
    """Return `lines` without declarations of constants that no other line mentions."""
    counts: Counter[str] = Counter(w for line in lines for w in _WORD.findall(line))
    kept: list[str] = []
    for line in reversed(lines):
        found = _DECLARATION.fullmatch(line) if "const " in line else None
        if found and counts[found.group(1)] == 1:
            counts.subtract(_WORD.findall(line))
        else:
            kept.append(line)
    return kept[::-1]
