"""Constant arrays: small ones as C initialisers, large ones as a file the assembler includes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from codegen.c_literals import float_literal, int_literal
from codegen.c_text import c_string
from codegen.c_types import is_half, memory_type
from halo.ir.lowered import Constant
from halo.ir.types import UInt

SMALL_BYTES = 4096
"""Constants up to this size are written out as C."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Large constants: the C that defines them, and the file `name` it includes."""

    text: str
    name: str
    data: bytes = field(repr=False)


def is_large(c: Constant) -> bool:
    """Whether `c` goes into the blob."""
    return c.data.nbytes > SMALL_BYTES


def constant_declaration(name: str, c: Constant) -> str:
    """Return the C that makes a large constant known."""
    element = memory_type(c.type)
    return f"extern const {element} {name}[{c.data.size}] HALO_HIDDEN;\n"


def constant_definition(name: str, c: Constant) -> str:
    """Return a small constant as a C array."""
    element = memory_type(c.type)
    values = np.ascontiguousarray(c.data).ravel()
    size = max(1, values.size)
    head = f"static const {element} {name}[{size}] __attribute__((aligned(64), unused)) = {{"
    if c.type.is_float() and not is_half(c.type):
        texts = [float_literal(c.type, float(v)).text for v in values]
    else:
        t = UInt(16) if is_half(c.type) else UInt(8) if c.type.is_bool() else c.type
        whole = values.view(np.uint16) if is_half(c.type) else values
        texts = [int_literal(t, int(v)).text for v in whole]
    lines = [", ".join(texts[i : i + 8]) for i in range(0, len(texts), 8)] or ["0"]
    return "\n".join([head, *[f"    {line}," for line in lines], "};", ""])


def make_blob(constants: Sequence[tuple[str, Constant]], name: str) -> Blob:
    """Return the blob of `constants`, each aligned to 64 bytes, and the C that includes it."""
    pieces: list[bytes] = []
    offset = 0
    lines = [_CHECK.format(name=name)]
    for c_name, c in constants:
        data = np.ascontiguousarray(c.data).tobytes()
        lines.append(_SYMBOL.format(symbol=c_name, file=_quoted(name), at=offset, n=len(data)))
        padding = -len(data) % 64
        pieces.append(data + bytes(padding))
        offset += len(data) + padding
    return Blob("".join(lines), name, b"".join(pieces))


def _quoted(name: str) -> str:
    inner = c_string(name)[1:-1]
    return f'\\"{inner}\\"'


_CHECK = """\
#if defined(__has_include)
#if !__has_include("{name}")
#error "{name}, which holds the large constants, must lie beside this file"
#endif
#endif
"""

_SYMBOL = """\
__asm__(".pushsection .rodata\\n.balign 64\\n.globl {symbol}\\n.hidden {symbol}\\n"
        ".type {symbol}, @object\\n.size {symbol}, {n}\\n{symbol}:\\n"
        ".incbin {file}, {at}, {n}\\n.popsection\\n");
"""
