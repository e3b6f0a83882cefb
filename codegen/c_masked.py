"""Masked loads and stores by x86 instructions: a loop over lanes would branch for each."""

from __future__ import annotations

from codegen.c_prelude import Prelude
from codegen.c_types import INTRINSIC, padded
from halo.ir.types import Type

_AVX512 = " && ".join(f"defined(__AVX512{part}__)" for part in ("F", "BW", "DQ", "VL"))


def _forms(t: Type, load: str, store: str) -> list[tuple[str, str, str]]:
    """Return (condition, load, store) for each instruction set that has masked accesses of `t`."""
    bits = 8 * t.bytes()
    width = bits * padded(t.lanes())
    if width not in INTRINSIC:
        return []
    p, i = INTRINSIC[width], f"__m{width}i"
    real = (1 << t.lanes()) - 1
    lanes = f"{p}_movepi{bits}_mask(({i})mask)"
    if t.lanes() != padded(t.lanes()):
        lanes += f" & 0x{real:x}"
    forms = [
        (
            _AVX512,
            f"v = ({load}){p}_maskz_loadu_epi{bits}({lanes}, p);",
            f"{p}_mask_storeu_epi{bits}(p, {lanes}, ({i}){store});",
        )
    ]
    if bits >= 32 and width <= 256 and t.lanes() == padded(t.lanes()):
        word = "int" if bits == 32 else "long long"
        forms.append(
            (
                "defined(__AVX2__)",
                f"v = ({load}){p}_maskload_epi{bits}((const {word} *)p, ({i})mask);",
                f"{p}_maskstore_epi{bits}(({word} *)p, ({i})mask, ({i}){store});",
            )
        )
    return forms


def masked_load(t: Type, vector: str) -> list[tuple[str, str]]:
    """Return (condition, statement that loads into v where mask is set)."""
    return [(c, load) for c, load, _ in _forms(t, vector, "v")]


def masked_store(t: Type, source: str) -> list[tuple[str, str]]:
    """Return (condition, statement that stores `source` where mask is set)."""
    return [(c, store) for c, _, store in _forms(t, "", source)]


def choose(prelude: Prelude, forms: list[tuple[str, str]], otherwise: str) -> str:
    """Return C that takes the first form whose condition holds, else `otherwise`."""
    if not forms:
        return otherwise
    prelude.uses_intrinsics = True
    lines = []
    for k, (condition, text) in enumerate(forms):
        lines.append(f"#{'if' if k == 0 else 'elif'} {condition}\n    {text}")
    return "\n".join([*lines, f"#else\n    {otherwise}\n#endif"])
