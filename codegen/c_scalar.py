"""Helper functions on scalars: the operations whose C is more than an operator.

`BODIES` maps (operation) to a function that writes the body for an element type; the vector form
of each is a loop over lanes, which compilers turn into vector instructions.
"""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_prelude import Prelude
from codegen.c_types import is_half, memory_type, scalar_type, tag
from halo.ir.types import Type, UInt


def _unsigned(t: Type) -> str:
    return f"uint{t.bits()}_t"


def lowest(t: Type) -> str:
    """Return the C spelling of the smallest value of an integral type."""
    return f"INT{t.bits()}_MIN" if t.is_int() else "0"


def highest(t: Type) -> str:
    """Return the C spelling of the largest value of an integral type."""
    return f"INT{t.bits()}_MAX" if t.is_int() else f"UINT{t.bits()}_MAX"


def _wrapping(symbol: str) -> Callable[[Type], str]:
    def body(t: Type) -> str:
        if t.is_float():
            return f"return {rounded(t, f'a {symbol} b')};"
        u = "uint64_t" if t.bits() == 64 else "uint32_t"
        return f"return ({scalar_type(t)})(({u})a {symbol} ({u})b);"

    return body


def _saturating_add(t: Type) -> str:
    c = scalar_type(t)
    return f"const {c} sum = ({c})(a + b);\n    return sum < a ? {highest(t)} : sum;"


def _div(t: Type) -> str:
    c = scalar_type(t)
    if t.is_float():
        return f"return {rounded(t, 'a / b')};"
    if t.is_uint():
        return f"return b ? ({c})(a / b) : 0;"
    u = _unsigned(t)
    return (
        f"if (b == 0) return 0;\n    if (b == -1) return ({c})(0u - ({u})a);\n"
        f"    const {c} q = ({c})(a / b), r = ({c})(a % b);\n"
        f"    return ({c})(r >= 0 ? q : b > 0 ? q - 1 : q + 1);"
    )


def _mod(t: Type) -> str:
    c = scalar_type(t)
    if t.is_float():
        f = "floor" if t.bits() == 64 else "floorf"
        if is_half(t):
            quotient = f"__builtin_{f}({rounded(t, 'a / b')})"
            return f"return {rounded(t, 'a - ' + rounded(t, 'b * ' + quotient))};"
        return f"return a - b * __builtin_{f}(a / b);"
    if t.is_uint():
        return f"return b ? ({c})(a % b) : 0;"
    return (
        f"if (b == 0 || b == -1) return 0;\n    const {c} r = ({c})(a % b);\n"
        f"    return ({c})(r >= 0 ? r : b > 0 ? r + b : r - b);"
    )


def _abs(t: Type) -> str:
    if t.is_float():
        return f"return __builtin_fabs{'' if t.bits() == 64 else 'f'}(a);"
    u = _unsigned(t)
    return f"return ({u})(a < 0 ? 0u - ({u})a : ({u})a);" if t.is_int() else "return a;"


def _absd(t: Type) -> str:
    if t.is_float():
        return f"return __builtin_fabs{'' if t.bits() == 64 else 'f'}({rounded(t, 'a - b')});"
    u = _unsigned(t)
    return f"return ({u})(a > b ? ({u})a - ({u})b : ({u})b - ({u})a);"


def _mean(t: Type) -> str:
    return f"return ({scalar_type(t)})((a | b) - ((a ^ b) >> 1));"


def _shift_left(t: Type) -> str:
    u, c = _unsigned(t), scalar_type(t)
    wide = "uint64_t" if t.bits() == 64 else "uint32_t"
    return f"return ({u})b < {t.bits()} ? ({c})(({wide})({u})a << b) : 0;"


def _shift_right(t: Type) -> str:
    u, c = _unsigned(t), scalar_type(t)
    inside = f"({u})b < {t.bits()}"
    if t.is_uint():
        return f"return ({c})({inside} ? a >> b : 0);"
    return f"return ({c})({inside} ? a >> b : b < 0 || a >= 0 ? 0 : -1);"


def _count(builtin: str, from_top: bool) -> Callable[[Type], str]:
    def body(t: Type) -> str:
        u, c = _unsigned(t), scalar_type(t)
        wide = 64 if t.bits() == 64 else 32
        suffix = "ll" if wide == 64 else ""
        extra = f" - {wide - t.bits()}" if from_top and wide != t.bits() else ""
        return f"return ({c})(({u})a ? __builtin_{builtin}{suffix}(({u})a){extra} : {t.bits()});"

    return body


def _popcount(t: Type) -> str:
    suffix = "ll" if t.bits() == 64 else ""
    return f"return ({scalar_type(t)})__builtin_popcount{suffix}(({_unsigned(t)})a);"


def _libm(name: str) -> Callable[[Type], str]:
    def body(t: Type) -> str:
        suffix = "" if t.bits() == 64 else "f"
        return f"return {rounded(t, f'__builtin_{name}{suffix}(a)', exact=name != 'sqrt')};"

    return body


def _fma(t: Type) -> str:
    suffix = "" if t.bits() == 64 else "f"
    return f"return {rounded(t, f'__builtin_fma{suffix}(a, b, c)')};"


def _dot4(t: Type) -> str:
    terms = [f"((b >> {i}) & 255) * ((((c >> {i}) & 255) ^ 128) - 128)" for i in range(0, 32, 8)]
    return f"return (int32_t)((uint32_t)a + (uint32_t)({' + '.join(terms)}));"


def rounded(t: Type, text: str, exact: bool = False) -> str:
    """Return `text`, a float32 expression, rounded to `t` when that is a 16-bit type."""
    return f"halo_nearest_{tag(t)}({text})" if is_half(t) and not exact else text


BODIES: dict[str, Callable[[Type], str]] = {
    "add": _wrapping("+"),
    "sub": _wrapping("-"),
    "mul": _wrapping("*"),
    "div": _div,
    "mod": _mod,
    "saturating_add": _saturating_add,
    "min": lambda t: "return a < b ? a : b;",
    "max": lambda t: "return a > b ? a : b;",
    "abs": _abs,
    "absd": _absd,
    "mean": _mean,
    "shift_left": _shift_left,
    "shift_right": _shift_right,
    "count_leading_zeros": _count("clz", True),
    "count_trailing_zeros": _count("ctz", False),
    "popcount": _popcount,
    "sqrt": _libm("sqrt"),
    "floor": _libm("floor"),
    "ceil": _libm("ceil"),
    "trunc": _libm("trunc"),
    "round": _libm("rint"),
    "fma": _fma,
    "dot4": _dot4,
}
"""Operation -> body of its scalar helper, whose parameters are a, b, c."""

ARITY = {
    **dict.fromkeys(BODIES, 1),
    **dict.fromkeys(("add", "sub", "mul", "div", "mod", "min", "max", "absd", "mean"), 2),
    **dict.fromkeys(("shift_left", "shift_right"), 2),
    "saturating_add": 2,
    "fma": 3,
    "dot4": 3,
}


def result_type(op: str, t: Type) -> Type:
    """Return the type of operation `op` on operands of type `t`."""
    return UInt(t.bits(), t.lanes()) if op in ("abs", "absd") and t.is_int() else t


def scalar_helper(prelude: Prelude, op: str, t: Type) -> str:
    """Return the name of the C function that computes `op` on scalars of type `t`."""
    t = t.element
    if is_half(t):
        prelude.file("halo_half.h")

    def text() -> str:
        c = scalar_type(t)
        params = ", ".join(f"{c} {p}" for p in "abc"[: ARITY[op]])
        name = f"halo_{op}_{tag(t)}"
        result = scalar_type(result_type(op, t))
        return f"HALO_INLINE {result} {name}({params}) {{\n    {BODIES[op](t)}\n}}\n"

    return prelude.helper(f"halo_{op}_{tag(t)}", text)


def cast_helper(prelude: Prelude, to: Type, source: Type) -> str:
    """Return the C function that converts a scalar where C's own cast would not do."""
    to, source = to.element, source.element
    name = f"halo_cast_{tag(to)}_{tag(source)}"
    if is_half(to):
        prelude.file("halo_half.h")
        body = f"return halo_nearest_{tag(to)}({_to_float(source)});"
    else:
        body = _saturate(to, source)
    head = f"HALO_INLINE {scalar_type(to)} {name}({scalar_type(source)} x)"
    return prelude.helper(name, lambda: f"{head} {{\n    {body}\n}}\n")


def _to_float(source: Type) -> str:
    if source.is_float():
        return "halo_odd_f32(x)" if source.bits() == 64 else "x"
    if source.bits() <= 16:
        return "(float)x"
    return f"halo_odd_f32({f'halo_odd_f64_{tag(source)}(x)' if source.bits() == 64 else 'x'})"


def _saturate(to: Type, source: Type) -> str:
    suffix = "" if source.bits() == 64 else "f"
    top = f"0x1p{to.bits() - (1 if to.is_int() else 0)}{suffix}"
    bottom = f"-0x1p{to.bits() - 1}{suffix}" if to.is_int() else f"0.0{suffix}"
    c = scalar_type(to)
    inside = f"(x < {top} ? ({c})x : {highest(to)})"
    return f"return x > {bottom} ? {inside} : ({c})(x != x ? 0 : {lowest(to)});"


def memory_helper(prelude: Prelude, t: Type) -> None:
    """Make the conversions of a 16-bit float's memory available."""
    if memory_type(t) == "uint16_t" and is_half(t):
        prelude.file("halo_half.h")
