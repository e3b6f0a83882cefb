"""Floats that become integers and are clamped at once: no need to saturate before."""

from __future__ import annotations

from codegen.c_context import Code, Context
from codegen.c_lanes import cast_lanes, lane_helper
from codegen.c_masked import choose
from codegen.c_types import INTRINSIC, carrier, padded
from codegen.c_walk import expression
from halo.ir.expr import Broadcast, Cast, Expr, Max, Min, as_const
from halo.ir.types import Float, Int, Type


def clamped_cast(ctx: Context, e: Max) -> Code | None:
    """Return max(min(int32(x), high), low) of floats, if that is `e` and low >= 0; else None."""
    t, low = e.type, as_const(e.b.value) if isinstance(e.b, Broadcast) else None
    if t != Int(32, t.lanes()) or 32 * padded(t.lanes()) not in INTRINSIC:
        return None
    if not isinstance(low, int) or low < 0 or not isinstance(e.a, Min) or _has_name(ctx, e.a):
        return None
    value, high = e.a.a, e.a.b
    if not isinstance(value, Cast) or value.value.type != Float(32, t.lanes()):
        return None
    if _has_name(ctx, value):
        return None
    x, end = expression(ctx, value.value), expression(ctx, high)
    text = f"{_helper(ctx, t)}({x.text}, {end.text})"
    if low:
        return Code(f"{lane_helper(ctx.prelude, 'max', t)}({text}, {expression(ctx, e.b).text})")
    return Code(text)


def _has_name(ctx: Context, e: Expr) -> bool:
    return id(e) in ctx.shared or id(e) in ctx.temporaries


def _helper(ctx: Context, t: Type) -> str:
    """Return the function that gives max(min(int32(x), high), 0).

    An instruction makes unsigned integers of floats, the largest of those that are too large; a
    maximum before it makes 0 of what is negative or no number.
    """
    prelude, lanes = ctx.prelude, padded(t.lanes())
    name = f"halo_clamped_i32_f32x{lanes}"

    def text() -> str:
        vector = prelude.vector(*carrier(t), t.lanes())
        floats = prelude.vector("f", 32, t.lanes())
        low = f"({vector}){{0}}"
        smaller, larger = (lane_helper(prelude, op, t) for op in ("min", "max"))
        cast = cast_lanes(prelude, t, Float(32, t.lanes()))
        otherwise = f"return {larger}({smaller}({cast}(x), high), {low});"
        body = choose(prelude, _instructions(vector, 32 * lanes), otherwise)
        return f"HALO_INLINE {vector} {name}({floats} x, {vector} high) {{\n{body}\n}}\n"

    return prelude.helper(name, text)


def _instructions(vector: str, width: int) -> list[tuple[str, str]]:
    p = INTRINSIC[width]
    real, whole = f"__m{width}", f"__m{width}i"
    zero = f"{p}_setzero_si{width}()"
    positive = f"{p}_cvttps_epu32({p}_max_ps(({real})x, {p}_setzero_ps()))"
    end = f"{p}_max_epi32(({whole})high, {zero})"
    needs = "defined(__AVX512F__)" + ("" if width == 512 else " && defined(__AVX512VL__)")
    return [(needs, f"return ({vector}){p}_min_epu32({positive}, {end});")]
