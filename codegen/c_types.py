"""C types of values and of memory.

A value and the memory it came from differ for three element types: a bool is `bool` (in a vector
a mask lane, 0 or -1) but takes one byte of memory; float16 and bfloat16 are carried in a float
that holds a representable number, and are `uint16_t` in memory.
"""

from __future__ import annotations

from halo.ir.types import Type, TypeCode

_LETTER = {TypeCode.INT: "i", TypeCode.UINT: "u", TypeCode.FLOAT: "f", TypeCode.BFLOAT: "bf"}


def tag(t: Type) -> str:
    """Return the short name of an element type, as in ``f32``, ``u8``, ``b1``."""
    return "b1" if t.is_bool() else f"{_LETTER[t.code()]}{t.bits()}"


def is_half(t: Type) -> bool:
    """Whether values of `t` are carried in float32."""
    return t.is_float() and t.bits() == 16


def scalar_type(t: Type) -> str:
    """Return the C type of a scalar value of element type `t`."""
    if t.is_bool():
        return "bool"
    if t.is_float():
        return "double" if t.bits() == 64 else "float"
    return f"{'u' if t.is_uint() else ''}int{t.bits()}_t"


_CODES = {
    TypeCode.INT: "halo_type_int",
    TypeCode.UINT: "halo_type_uint",
    TypeCode.FLOAT: "halo_type_float",
    TypeCode.BFLOAT: "halo_type_bfloat",
}


def type_value(t: Type) -> str:
    """Return the initializer of a ``halo_type``."""
    return f"{{{_CODES[t.code()]}, {t.bits()}}}"


def memory_type(t: Type) -> str:
    """Return the C type of an element of `t` in memory."""
    if t.is_bool():
        return "uint8_t"
    return "uint16_t" if is_half(t) else scalar_type(t.element)


INTRINSIC = {128: "_mm", 256: "_mm256", 512: "_mm512"}
"""Bits of a vector register of x86 -> how the names of its intrinsics begin."""


def padded(lanes: int) -> int:
    """Return the lanes of the C vector that holds `lanes` of them: the next power of two."""
    return 1 << (lanes - 1).bit_length()


def vector_name(letter: str, bits: int, lanes: int) -> str:
    """Return the name of the C vector type of `lanes` (not padded) elements."""
    return f"halo_{letter}{bits}x{padded(lanes)}"


def carrier(t: Type) -> tuple[str, int]:
    """Return letter and bits of the C vector elements that carry values of `t` (not a bool)."""
    if t.is_float():
        return "f", 32 if t.bits() == 16 else t.bits()
    return ("i" if t.is_int() else "u"), t.bits()


_ELEMENTS = {"i": "int{}_t", "u": "uint{}_t"}


def element_of(letter: str, bits: int) -> str:
    """Return the C type of one lane."""
    if letter == "f":
        return "double" if bits == 64 else "float"
    return _ELEMENTS[letter].format(bits)


def vector_typedef(letter: str, bits: int, lanes: int) -> str:
    """Return the typedef of the C vector type `vector_name` names."""
    size = bits // 8 * padded(lanes)
    name = vector_name(letter, bits, lanes)
    return f"typedef {element_of(letter, bits)} {name} __attribute__((vector_size({size})));"
