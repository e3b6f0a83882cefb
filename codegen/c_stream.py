"""Stores that go around the caches, by x86 instructions or clang's builtin."""

from __future__ import annotations

from codegen.c_prelude import Prelude
from halo.ir.types import Type

_FORMS = (
    (64, "__AVX512F__", "__m512i", "_mm512_stream_si512"),
    (32, "__AVX__", "__m256i", "_mm256_stream_si256"),
    (16, "__SSE2__", "__m128i", "_mm_stream_si128"),
)
"""Bytes, what the compiler defines where there is such an instruction, type, intrinsic."""


def can_stream(t: Type) -> bool:
    """Whether there are instructions that stream a vector of type `t`."""
    return not t.is_bool() and t.lanes() * t.bytes() % 16 == 0


def stream_text(prelude: Prelude, t: Type, source: str, vector: str) -> str:
    """Return C that stores all lanes of `source` at p: streamed where the address is aligned.

    Parameters
    ----------
    vector
        The type of `source`.
    """
    prelude.uses_intrinsics = True
    size = t.lanes() * t.bytes()
    lines: list[str] = []
    for width, has, word, store in _FORMS:
        if size % width:
            continue
        lines += [
            f"#{'elif' if lines else 'if'} defined({has})",
            f"    if (((uintptr_t)p & {width - 1}) == 0) {{",
            f"        for (int i = 0; i < {size // width}; ++i) {{",
            f"            {word} part;",
            f"            memcpy(&part, (const char *)&{source} + {width} * i, {width});",
            f"            {store}(({word} *)p + i, part);",
            "        }",
            "        return;",
            "    }",
        ]
    if t.lanes() & (t.lanes() - 1) == 0:
        lines += [
            "#elif defined(__clang__)",
            f"    if (((uintptr_t)p & {size - 1}) == 0) {{",
            f"        __builtin_nontemporal_store({source}, ({vector} *)p);",
            "        return;",
            "    }",
        ]
    lines += ["#endif", f"    memcpy(p, &{source}, {t.lanes()} * sizeof(*p));"]
    return "\n".join(lines)


def fence_helper(prelude: Prelude) -> str:
    """Return the function that has other threads see streamed stores before what comes after."""
    prelude.uses_intrinsics = True
    return prelude.helper("halo_stream_fence", lambda: _FENCE)


_FENCE = """\
HALO_INLINE void halo_stream_fence(void) {
#if defined(__SSE2__)
    _mm_sfence();
#elif defined(__GNUC__)
    __sync_synchronize();
#endif
}
"""
