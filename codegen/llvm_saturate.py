"""Floats become integers that stop at the limits of their type; NaN becomes 0.

LLVM has an intrinsic for it, which x86-64 gets as branches for each lane of a vector. There it is a
maximum, a conversion and two choices of lanes instead.
"""

from __future__ import annotations

from codegen.llvm_context import Context
from codegen.llvm_types import (
    Value,
    bits_constant,
    filled,
    float_text,
    lanes_type,
    suffix_of,
    value_type,
)
from halo.ir.types import Type


def saturated(ctx: Context, to: Type, x: Value) -> Value:
    """Return the float or vector of floats `x` as integers of type `to`."""
    if to.is_scalar() or ctx.module.machine != "x86-64":
        name = f"llvm.fpto{'s' if to.is_int() else 'u'}i.sat"
        result = value_type(to)
        return ctx.call(result, f"{name}.{suffix_of(result)}.{suffix_of(x.type)}", x)
    lanes, bits = to.lanes(), to.bits()
    low, high = to.min_value, to.max_value
    floats, truth = x.type.split(" x ")[1].rstrip(">"), lanes_type("i1", lanes)

    def limit(value: int) -> Value:
        return filled(floats, float_text(float(value)), lanes)

    def compared(how: str, value: int) -> Value:
        return ctx.emit(truth, f"fcmp {how} {x.typed}, {limit(value).text}")

    def chosen(condition: Value, yes: Value, no: Value) -> Value:
        return ctx.emit(yes.type, f"select {condition.typed}, {yes.typed}, {no.typed}")

    # NaN becomes the limit as well; what is too large is converted to nobody knows what, below.
    above = chosen(compared("ogt", low), x, limit(low))
    width = max(bits, 32)
    how = "fptosi" if to.is_int() or bits < 32 else "fptoui"
    wide = lanes_type(f"i{width}", lanes)
    made = ctx.emit(wide, f"{how} {above.typed} to {wide}")
    made = chosen(compared("oge", high + 1), bits_constant(width, lanes, high), made)
    if low:
        made = chosen(compared("uno", 0), bits_constant(width, lanes, 0), made)
    return (
        made
        if width == bits
        else ctx.emit(value_type(to), f"trunc {made.typed} to {value_type(to)}")
    )
