"""Texts of others (names, notes, messages) made safe to stand in C."""

from __future__ import annotations

from halo.ir.expr import Expr
from halo.ir.types import Type, UInt


def comment(text: str) -> str:
    """Return `text` fit for the inside of a C comment."""
    safe = text.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/")
    return "".join(c if c.isprintable() else " " for c in safe).replace("??/", "")


def c_string(text: str) -> str:
    """Return a C string literal with the UTF-8 bytes of `text`."""
    out: list[str] = []
    for byte in text.encode("utf-8", "replace"):
        c = chr(byte)
        if c in '"\\?':
            out.append("\\" + c)
        elif not 32 <= byte < 127:
            out.append(f"\\{byte:03o}")
        else:
            out.append(c)
    return f'"{"".join(out)}"'


def _conversion(t: Type) -> str:
    if t.is_bool():
        return "%s"
    if t.is_float():
        return "%e" if t.bits() == 64 else "%f"
    return "%llu" if t == UInt(64) else "%lld"


def longest(message: tuple[str | Expr, ...]) -> int:
    """Return a number of bytes that the text of `message` and its end fit into."""
    return 1 + sum(len(p.encode()) if isinstance(p, str) else 48 for p in message)


def format_text(message: tuple[str | Expr, ...]) -> str:
    """Return the printf format of a message of texts and numbers."""
    parts: list[str] = []
    for p in message:
        if isinstance(p, str):
            parts.append(p.replace("%", "%%"))
        else:
            parts.append(_conversion(p.type))
    return "".join(parts)
