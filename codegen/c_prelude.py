"""What stands in front of the functions of a C file: only what they use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from codegen.c_types import vector_name, vector_typedef

_RUNTIME = Path(__file__).parent / "runtime"


@cache
def runtime_text(name: str) -> str:
    """Return the text of a file of `codegen/runtime`."""
    return (_RUNTIME / name).read_text(encoding="utf-8")


class Prelude:
    """Collects the vector types and helper functions that emitted code uses."""

    def __init__(self) -> None:
        self._typedefs: dict[str, str] = {}
        self._helpers: dict[str, str] = {}
        self._files: dict[str, None] = {}
        self.uses_intrinsics = False

    def vector(self, letter: str, bits: int, lanes: int) -> str:
        """Return the name of a vector type, declared from now on."""
        name = vector_name(letter, bits, lanes)
        if name not in self._typedefs:
            self._typedefs[name] = vector_typedef(letter, bits, lanes)
        return name

    def helper(self, name: str, text: Callable[[], str]) -> str:
        """Return `name`, the helper function that `text` (called at most once) defines."""
        if name not in self._helpers:
            made = text()  # may itself ask for helpers, which must come first
            self._helpers.setdefault(name, made)
        return name

    def file(self, name: str) -> None:
        """Include the runtime file `name`."""
        self._files[name] = None

    def text(self) -> str:
        """Return the prelude as C."""
        parts = [_FIRST, runtime_text("halo_abi.h"), runtime_text("halo_runtime.h")]
        if self.uses_intrinsics:
            parts.append(_INTRINSICS)
        parts += [runtime_text(name) for name in self._files]
        if self._typedefs:
            parts.append("\n".join(self._typedefs[n] for n in sorted(self._typedefs)) + "\n")
        parts += self._helpers.values()
        return "\n".join(parts)


_FIRST = """\
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200112L
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang diagnostic ignored "-Wtautological-compare"
/* Before a loop over the lanes of a vector, which gcc unrolls by itself. */
#define HALO_LANES _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off", "no-math-errno", "no-trapping-math")
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC diagnostic ignored "-Wtype-limits"
#endif
#ifndef HALO_LANES
#define HALO_LANES
#endif
"""

_INTRINSICS = """\
#if defined(__SSE2__)
#include <immintrin.h>
#endif
"""
