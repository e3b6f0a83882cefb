"""Operations on vectors of floats that are one instruction of x86.

A compiler turns a loop over lanes into the same instruction, but late: until then the loop hides
from it that two such values are equal, and in code that it takes for rarely run it leaves the loop.
"""

from __future__ import annotations

from codegen.c_types import padded
from halo.ir.types import Type

_OPERATIONS = {"fma": "fmadd", "min": "min", "max": "max", "sqrt": "sqrt"}
_PREFIX = {128: "_mm", 256: "_mm256", 512: "_mm512"}
_NEEDS = {128: "__SSE2__", 256: "__AVX__", 512: "__AVX512F__"}
_SUFFIX = {32: "ps", 64: "pd"}


def instruction(op: str, t: Type, vector: str) -> list[tuple[str, str]]:
    """Return (condition, statement that returns `op` of a, b, c), or nothing if there is none.

    ``min(a, b)`` and ``max(a, b)`` are b if either is a NaN and where both are zeros, as in the
    language.
    """
    width = t.bits() * padded(t.lanes())
    if op not in _OPERATIONS or t.bits() not in _SUFFIX or width not in _PREFIX:
        return []
    if not t.is_float():
        return []
    needs = "__FMA__" if op == "fma" and width < 512 else _NEEDS[width]
    register = f"__m{width}{'d' if t.bits() == 64 else ''}"
    count = {"fma": 3, "sqrt": 1}.get(op, 2)
    args = ", ".join(f"({register}){name}" for name in "abc"[:count])
    call = f"{_PREFIX[width]}_{_OPERATIONS[op]}_{_SUFFIX[t.bits()]}({args})"
    return [(f"defined({needs})", f"return ({vector}){call};")]
