"""Static libraries of ELF object files, written without ``ar``: the format of System V and GNU."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_MAGIC = b"!<arch>\n"
_SHORT = 15
"""Characters of a name that a member's head holds beside its slash."""


def is_elf(data: bytes) -> bool:
    """Whether `data` is an ELF object file of 64 bits, little end first."""
    return data[:6] == b"\x7fELF\x02\x01"


def elf_archive(members: Mapping[str, bytes]) -> bytes:
    """Return a static library of ELF object files, each under the name that is its key.

    It holds no times and owners, so that the same code gives the same file.
    """
    names, long_names = _member_names(members)
    symbols = [(i, s) for i, data in enumerate(members.values()) for s in _defined_symbols(data)]
    texts = b"".join(s + b"\0" for _, s in symbols)
    texts += bytes(len(texts) % 2)
    start = len(_MAGIC) + 60 + 4 + 4 * len(symbols) + len(texts)
    if long_names:
        start += 60 + len(long_names)
    places: list[int] = []
    for data in members.values():
        places.append(start)
        start += 60 + len(data) + len(data) % 2
    index = struct.pack(f">I{len(symbols)}I", len(symbols), *(places[i] for i, _ in symbols))
    parts = [_MAGIC, _member("/", index + texts, f"{_NOBODYS}0")]
    if long_names:
        parts.append(_member("//", long_names, ""))
    parts += [_member(name, data) for name, data in zip(names, members.values(), strict=True)]
    return b"".join(parts)


def archive_members(data: bytes) -> list[bytes]:
    """Return the object files in a static library that `elf_archive` made."""
    found: list[bytes] = []
    at = len(_MAGIC)
    while at < len(data):
        name, size = data[at : at + 16].rstrip(), int(data[at + 48 : at + 58])
        if name not in (b"/", b"//"):
            found.append(data[at + 60 : at + 60 + size])
        at += 60 + size + size % 2
    return found


def _member_names(members: Mapping[str, bytes]) -> tuple[list[str], bytes]:
    """Return what stands for each name in the heads of the members, and the long names."""
    names: list[str] = []
    table = b""
    for name in members:
        if len(name.encode()) <= _SHORT and name.isascii():
            names.append(f"{name}/")
        else:
            names.append(f"/{len(table)}")
            table += name.encode() + b"/\n"
    return names, table + b"\n" * (len(table) % 2)


_NOBODYS = f"{0:<12}{0:<6}{0:<6}"
"""Time, user and group of a member."""


def _member(name: str, data: bytes, about: str = f"{_NOBODYS}644") -> bytes:
    head = f"{name:<16}{about:<32}{len(data):<10}`\n"
    return head.encode("ascii") + data + b"\n" * (len(data) % 2)


def _defined_symbols(elf: bytes) -> list[bytes]:
    """Return the names that an object file defines for others."""
    (sections,) = struct.unpack_from("<Q", elf, 0x28)
    size, count = struct.unpack_from("<HH", elf, 0x3A)
    heads = [struct.unpack_from("<IIQQQQIIQQ", elf, sections + i * size) for i in range(count)]
    found: list[bytes] = []
    for _, kind, _, _, offset, length, link, _, _, entry in heads:
        if kind != 2:  # a table of symbols
            continue
        texts = heads[link][4]
        for at in range(offset, offset + length, entry):
            name, info, _, section = struct.unpack_from("<IBBH", elf, at)
            if info >> 4 in (1, 2) and section:  # global or weak, and defined here
                found.append(elf[texts + name : elf.index(b"\0", texts + name)])
    return found
