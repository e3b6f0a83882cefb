"""C identifiers for the names of Funcs, Vars and buffers."""

from __future__ import annotations

import hashlib
import re

_KEYWORDS = """
alignas alignof asm auto bool break case char const constexpr continue default do double else enum
extern false float for fortran goto if inline int long nullptr register restrict return short
signed sizeof static static_assert struct switch thread_local true typedef typeof union unsigned
void volatile while and and_eq bitand bitor catch class compl concept const_cast consteval
constinit decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not
not_eq operator or or_eq private protected public reinterpret_cast requires static_cast template
this throw try typeid typename using virtual wchar_t xor xor_eq
"""
_LIBRARY = """
main ctx err NULL errno stdin stdout stderr linux unix i386 assert offsetof va_list va_start va_end
va_arg va_copy malloc calloc realloc free abort exit atexit system getenv posix_memalign madvise
memcpy memset memmove memcmp strlen printf sprintf snprintf fprintf vsnprintf puts putchar abs labs
llabs div ldiv lldiv exp exp2 expm1 log log2 log10 log1p logb pow sqrt cbrt hypot sin cos tan asin
acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc tgamma lgamma gamma floor ceil round trunc
rint nearbyint fabs fmod fmin fmax fma fdim remainder copysign nan ldexp frexp modf scalbn ilogb
j0 j1 jn y0 y1 yn index rindex time clock signal raise rand srand read write open close select
size_t ptrdiff_t uintptr_t intptr_t I
"""
RESERVED = frozenset((_KEYWORDS + _LIBRARY).split())
_RESERVED_FORMS = re.compile(
    r"_[A-Z_].*|halo_.*|HALO_.*|omp_.*|GOMP_.*|u?int(_least|_fast|ptr|max)?\d*_t|"
    r"U?INT\w*_(MIN|MAX|C)|(exp|log|pow|sqrt|sin|cos|tan|erf|floor|ceil|round|trunc|fabs|fma)[fl]"
)


def identifier(name: str) -> str:
    """Return a C identifier that reads like `name` and is neither reserved nor in libc."""
    text = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
    if text[0].isdigit():
        text = "v" + text
    if _RESERVED_FORMS.fullmatch(text):
        text = "v_" + text.lstrip("_")
    return text + "_" if text in RESERVED else text


def unique_identifiers(names: list[str]) -> dict[str, str]:
    """Return an identifier for each of `names`, all different.

    Of names that would read alike those that are no identifiers themselves get a suffix of their
    own hash, so that what a name becomes does not depend on its place in the list.
    """
    plain: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        plain.setdefault(identifier(name), []).append(name)
    table: dict[str, str] = {}
    for text, group in plain.items():
        for name in group:
            alone = len(group) == 1 or name == text
            tag = hashlib.sha256(name.encode()).hexdigest()[:8]
            table[name] = text if alone else f"{text}_{tag}"
    return table


class Names:
    """The identifiers of one C function: each asked-for name gets one not used before."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._used = set(taken)

    def fresh(self, name: str) -> str:
        """Return an unused identifier that reads like `name`."""
        base = identifier(name)
        text, count = base, 1
        while text in self._used:
            text = f"{base}_{count}"
            count += 1
        self._used.add(text)
        return text
