"""Places that are computed from floats: the conversion between a sum and the next.

No loop that stores at such places becomes vectors, so the form of the conversion need not be one
that a compiler can make vectors of, and may be the fastest for a single number.
"""

from __future__ import annotations

from codegen.c_masked import choose
from codegen.c_prelude import Prelude
from codegen.c_scalar import cast_helper
from codegen.c_types import scalar_type, tag
from halo.ir.expr import Cast, Expr, Variable
from halo.ir.stmt import LetStmt, Stmt, Store
from halo.ir.substitute import find
from halo.ir.types import Float, Int, Type


def casts_of_places(s: Stmt) -> frozenset[int]:
    """Return the ids of the conversions of floats to int32 that places of stores are made of."""
    lets = {let.name: let.value for let in find(s, LetStmt)}
    found: set[int] = set()
    seen: set[int] = set()

    def look(e: Expr) -> None:
        if id(e) in seen:
            return
        seen.add(id(e))
        if isinstance(e, Variable) and e.name in lets:
            look(lets[e.name])
        if isinstance(e, Cast) and e.type == Int(32) and e.value.type in (Float(32), Float(64)):
            found.add(id(e))
        for part in e.children():
            if isinstance(part, Expr):
                look(part)

    for store in find(s, Store):
        if store.index.type.is_scalar():
            look(store.index)
    return frozenset(found)


def place_helper(prelude: Prelude, source: Type) -> str:
    """Return the C function from a float to int32 that has one test, which seldom holds.

    The instruction gives the lowest integer for what does not fit.
    """
    c, suffix = scalar_type(source), "ss" if source.bits() == 32 else "sd"
    name = f"halo_place_i32_{tag(source)}"

    def text() -> str:
        usual = (
            f"const int32_t r = _mm_cvtt{suffix}_si32(_mm_set_{suffix}(x));\n"
            "    if (HALO_UNLIKELY(r == INT32_MIN))\n"
            "        return x != x ? 0 : x > 0 ? INT32_MAX : INT32_MIN;\n    return r;"
        )
        otherwise = f"return {cast_helper(prelude, Int(32), source)}(x);"
        body = choose(prelude, [("defined(__SSE2__)", usual)], otherwise)
        return f"HALO_INLINE int32_t {name}({c} x) {{\n{body}\n}}\n"

    return prelude.helper(name, text)
