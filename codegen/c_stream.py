"""Stores that go around the caches, by x86 instructions or clang's builtin."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.c_prelude import Prelude
from halo.ir.types import Type


@dataclass(frozen=True, slots=True)
class _Form:
    """An instruction that streams `width` bytes, where the compiler defines `has`."""

    width: int
    has: str
    word: str
    store: str


_FORMS = (
    _Form(64, "__AVX512F__", "__m512i", "_mm512_stream_si512"),
    _Form(32, "__AVX__", "__m256i", "_mm256_stream_si256"),
    _Form(16, "__SSE2__", "__m128i", "_mm_stream_si128"),
)
_LEAST = _FORMS[-1]
"""What arrays of numpy allow: they begin 16 bytes past a multiple of 64, where they are large."""


def can_stream(t: Type) -> bool:
    """Whether there are instructions that stream a vector of type `t`."""
    return not t.is_bool() and t.lanes() * t.bytes() % 16 == 0


def stream_text(prelude: Prelude, t: Type, source: str, vector: str) -> str:
    """Return C that stores all lanes of `source` at p: streamed where the address is aligned.

    Where it is so for the least instruction only, several of these fill a cache line as fast.

    Parameters
    ----------
    vector
        The type of `source`.
    """
    prelude.uses_intrinsics = True
    size = t.lanes() * t.bytes()
    lines: list[str] = []
    for form in _FORMS:
        if size % form.width:
            continue
        lines.append(f"#{'elif' if lines else 'if'} defined({form.has})")
        lines += _parts(form, size, source)
        if form is not _LEAST:
            lines += _parts(_LEAST, size, source)
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


def _parts(form: _Form, size: int, source: str) -> list[str]:
    """Return C that streams `size` bytes of `source` by `form`, if p is aligned for it."""
    width, word = form.width, form.word
    return [
        f"    if (((uintptr_t)p & {width - 1}) == 0) {{",
        f"        for (int i = 0; i < {size // width}; ++i) {{",
        f"            {word} part;",
        f"            memcpy(&part, (const char *)&{source} + {width} * i, {width});",
        f"            {form.store}(({word} *)p + i, part);",
        "        }",
        "        return;",
        "    }",
    ]


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
