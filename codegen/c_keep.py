"""Loaded vectors that stay in registers.

GCC forgets that it has loaded a vector which it can load again, and does so for each use: where all
fit into registers, it is not to know where they came from.
"""

from __future__ import annotations

from codegen.c_context import Code, Context
from codegen.c_types import carrier, is_half, padded
from halo.ir.expr import Expr, Load, Ramp, as_const
from halo.ir.stmt import LetStmt, Stmt

MOST = 24
"""How many of the 32 vector registers of AVX-512 such vectors may take."""


def kept(ctx: Context, e: Expr, code: Code) -> Code:
    """Return C for the loaded vector `e`, printed as `code`, so that it is loaded once."""
    if not is_kept(e) or ctx.loaded > MOST:
        return code
    t = e.type
    letter, bits = carrier(t)
    vector = ctx.prelude.vector(letter, bits, t.lanes())
    name = f"halo_keep_{letter}{bits}x{padded(t.lanes())}"

    def text() -> str:
        return (
            f"HALO_INLINE {vector} {name}({vector} v) {{\n"
            f"#if defined(__GNUC__) && !defined(__clang__) && defined(__AVX512F__)\n"
            f'    __asm__("" : "+v"(v));\n'
            f"#endif\n    return v;\n}}\n"
        )

    return Code(f"{ctx.prelude.helper(name, text)}({code.text})")


def loads_of_lets(ctx: Context, s: LetStmt) -> int:
    """Return how many vectors the lets load that are right inside one another, `s` one of them."""
    known, count = ctx.lets
    if known is not s:
        count = 0
        inner: Stmt = s
        while isinstance(inner, LetStmt):
            count += is_kept(inner.value)
            inner = inner.body
    ctx.lets = s.body, count
    return count


def is_kept(e: Expr) -> bool:
    """Whether `e` is a vector register of what lies side by side in memory."""
    if not isinstance(e, Load) or e.predicate is not None or not isinstance(e.index, Ramp):
        return False
    t = e.type
    if t.is_bool() or is_half(t) or as_const(e.index.stride) != 1:
        return False
    return t.bits() * t.lanes() in (128, 256, 512)
