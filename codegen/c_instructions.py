"""Operations on vectors that are one or two instructions of x86.

A compiler turns a loop over lanes into the same instructions, but late: until then the loop hides
from it that two such values are equal, and in code that it takes for rarely run, or of more than
16 lanes, it leaves the loop or takes the lanes apart.
"""

from __future__ import annotations

from codegen.c_types import INTRINSIC, padded
from halo.ir.types import Type

_FLOAT_OPERATIONS = {"fma": "fmadd", "min": "min", "max": "max", "sqrt": "sqrt"}
_NEEDS = {128: "__SSE2__", 256: "__AVX__", 512: "__AVX512F__"}
_SUFFIX = {32: "ps", 64: "pd"}


def instruction(op: str, t: Type, vector: str) -> list[tuple[str, str]]:
    """Return (condition, statement that returns `op` of a, b, c), or nothing if there is none.

    ``min(a, b)`` and ``max(a, b)`` of floats are b if either is a NaN and where both are zeros, as
    in the language.
    """
    if t.bits() * padded(t.lanes()) not in INTRINSIC:
        return []
    if t.is_integral:
        return _of_integers(op, t, vector)
    if op not in _FLOAT_OPERATIONS or t.bits() not in _SUFFIX or not t.is_float():
        return []
    return _of_floats(op, t, vector)


def _of_floats(op: str, t: Type, vector: str) -> list[tuple[str, str]]:
    width = t.bits() * padded(t.lanes())
    needs = "__FMA__" if op == "fma" and width < 512 else _NEEDS[width]
    register = f"__m{width}{'d' if t.bits() == 64 else ''}"
    count = {"fma": 3, "sqrt": 1}.get(op, 2)
    args = ", ".join(f"({register}){name}" for name in "abc"[:count])
    call = f"{INTRINSIC[width]}_{_FLOAT_OPERATIONS[op]}_{_SUFFIX[t.bits()]}({args})"
    return [(f"defined({needs})", f"return ({vector}){call};")]


def _of_integers(op: str, t: Type, vector: str) -> list[tuple[str, str]]:
    """Minima, maxima, and distances: the greater less the smaller, modulo 2**bits; others apart."""
    if op == "dot4":
        return _dot4(t, vector)
    if op == "mean":
        return _mean(t, vector)
    if op not in ("min", "max", "absd") or t.bits() not in (8, 16, 32):
        return []
    width = t.bits() * padded(t.lanes())
    register, kind = f"__m{width}i", f"ep{'i' if t.is_int() else 'u'}{t.bits()}"

    def call(name: str) -> str:
        return f"{INTRINSIC[width]}_{name}_{kind}(({register})a, ({register})b)"

    value = call(op)
    if op == "absd":
        value = f"{INTRINSIC[width]}_sub_epi{t.bits()}({call('max')}, {call('min')})"
    return [(f"defined({_needs_of_integers(t, width)})", f"return ({vector}){value};")]


def _mean(t: Type, vector: str) -> list[tuple[str, str]]:
    """The mean of unsigned integers of 8 or 16 bits, halves upwards."""
    width = t.bits() * padded(t.lanes())
    needs = {128: "__SSE2__", 256: "__AVX2__", 512: "__AVX512BW__"}[width]
    args = f"(__m{width}i)a, (__m{width}i)b"
    value = f"{INTRINSIC[width]}_avg_epu{t.bits()}({args})"
    return [(f"defined({needs})", f"return ({vector}){value};")]


def _dot4(t: Type, vector: str) -> list[tuple[str, str]]:
    """The instructions of VNNI: of AVX-512, or of their own."""
    width = 32 * padded(t.lanes())
    register, prefix = f"__m{width}i", INTRINSIC[width]
    args = ", ".join(f"({register}){name}" for name in "abc")
    late = "defined(__AVX512VNNI__)"
    if width == 512:
        return [(late, f"return ({vector}){prefix}_dpbusd_epi32({args});")]
    return [
        (f"{late} && defined(__AVX512VL__)", f"return ({vector}){prefix}_dpbusd_epi32({args});"),
        ("defined(__AVXVNNI__)", f"return ({vector}){prefix}_dpbusd_avx_epi32({args});"),
    ]


def _needs_of_integers(t: Type, width: int) -> str:
    """Return the macro of the instructions that compare such integers."""
    if width == 512:
        return "__AVX512F__" if t.bits() == 32 else "__AVX512BW__"
    if width == 256:
        return "__AVX2__"
    early = (t.is_uint() and t.bits() == 8) or (t.is_int() and t.bits() == 16)
    return "__SSE2__" if early else "__SSE4_1__"
