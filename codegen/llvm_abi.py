"""How C passes numbers, and the structs of ``halo_abi.h``."""

from __future__ import annotations

from codegen.llvm_context import Context
from codegen.llvm_types import Value, element_type
from halo.ir.types import Type, TypeCode

TYPE_CODES = {TypeCode.INT: 0, TypeCode.UINT: 1, TypeCode.FLOAT: 2, TypeCode.BFLOAT: 4}
"""What ``halo_type.code`` is."""

EXTERNS = 64
"""Offset of the field of that name in ``halo_context``."""


def parameter(t: Type) -> str:
    """Return the type of a scalar parameter, with what its register holds beyond the value."""
    own = element_type(t)
    if t.is_integral and t.bits() < 32:
        return f"{own} {'signext' if t.is_int() else 'zeroext'}"
    return own


def argument(t: Type, value: Value) -> str:
    """Return `value` as an argument for `parameter`."""
    return f"{parameter(t)} {value.text}"


def number(bits: int, value: int) -> Value:
    """Return an integer of `bits`."""
    return Value(f"i{bits}", str(value))


def store_type(ctx: Context, address: Value, offset: int, t: Type) -> None:
    """Write a ``halo_type`` into a struct."""
    ctx.store_field(address, offset, number(8, TYPE_CODES[t.code()]))
    ctx.store_field(address, offset + 1, number(8, t.bits()))


def array_of(ctx: Context, type: str, values: list[Value]) -> Value:
    """Return the address of `values`, of one LLVM type, in the frame of the function."""
    size = 4 if type == "i32" else 8
    made = ctx.place(type, max(1, len(values)))
    for i, value in enumerate(values):
        ctx.store_field(made, i * size, value)
    return made


def runtime(ctx: Context, result: str, name: str, *args: Value) -> Value:
    """Write a call of a function of the runtime."""
    return ctx.call(result, f"halo_rt_{name}", *args)


def fail(ctx: Context, code: int, text: str, *args: Value) -> Value:
    """Write the record of an error, told by a format of printf; return its code."""
    target = ctx.module.declare("halo_rt_fail", "i32", "ptr, i32, ptr, ...", " cold")
    given = (ctx.ctx, number(32, code), ctx.module.string(text), *args)
    listed = ", ".join(a.typed for a in given)
    return ctx.emit("i32", f"call i32 (ptr, i32, ptr, ...) {target}({listed})")


_QUOTED = [chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:02X}" for b in range(256)]


def quoted(data: bytes) -> str:
    """Return bytes as an LLVM string."""
    return 'c"' + "".join([_QUOTED[b] for b in data]) + '"'
