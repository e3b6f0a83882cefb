"""Gathers of bytes: lanes put together in registers.

A loop would send both the places and the bytes through memory, where what was written in parts is
waited for when it is read as a whole; of an initializer gcc makes shifts and sums of scalars.
"""

from __future__ import annotations

from codegen.c_prelude import Prelude
from codegen.c_types import carrier, element_of, padded
from halo.ir.types import Type

_PART = 16
"""Bytes of a register in which a byte has an instruction that inserts it."""


def places_of_lanes(prelude: Prelude, index: Type, lanes: int) -> tuple[list[str], list[str]]:
    """Return lines, and the place of each lane in terms of `index` and what they define.

    Lanes of less than 64 bits are taken out of the vector by words.
    """
    letter, bits = carrier(index)
    count = bits * padded(lanes) // 64
    if bits == 64 or count < 2:
        return [], [f"index[{i}]" for i in range(lanes)]
    vector, each = prelude.vector("u", 64, count), 64 // bits
    used = -(-lanes // each)
    lines = [f"const {vector} words = ({vector})index;"]
    lines += [f"const uint64_t word{k} = words[{k}];" for k in range(used)]
    places = []
    for i in range(lanes):
        word, shift = f"word{i // each}", i % each * bits
        value = f"({word} >> {shift})" if shift else word
        places.append(f"({element_of(letter, bits)}){value}")
    return lines, places


def gathered_bytes(prelude: Prelude, letter: str, lanes: int, cells: list[str]) -> list[str]:
    """Return the lines that fill the lanes of `v`, bytes, with `cells`."""
    width = padded(lanes)
    if width <= _PART:
        return [f"v[{i}] = {cell};" for i, cell in enumerate(cells)]
    part = prelude.vector(letter, 8, _PART)
    parts = [f"part{k}" for k in range(width // _PART)]
    lines = [f"{part} {', '.join(f'{p} = {{0}}' for p in parts)};"]
    # In turn, so that no insertion waits for the one before.
    order = sorted(range(lanes), key=lambda i: (i % _PART, i))
    lines += [f"{parts[i // _PART]}[{i % _PART}] = {cells[i]};" for i in order]
    return [*lines, f"v = {joined(parts, _PART)};"]


def joined(parts: list[str], lanes: int) -> str:
    """Return the concatenation of a power of two of vectors of so many lanes."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    first, last = joined(parts[:half], lanes), joined(parts[half:], lanes)
    order = ", ".join(map(str, range(len(parts) * lanes)))
    return f"__builtin_shufflevector({first}, {last}, {order})"
