"""LLVM types of values and of memory, and constants as LLVM text.

As in the C back end a bool takes one byte of memory, and float16 and bfloat16 are carried in a
float that holds a representable number and are 16 bits in memory.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from codegen.c_types import is_half
from halo.ir.types import Type


class Value(NamedTuple):
    """An operand: its LLVM type, its text, and the function whose register it is (0: any)."""

    type: str
    text: str
    owner: int = 0

    @property
    def typed(self) -> str:
        """The operand with its type in front."""
        return f"{self.type} {self.text}"


def lanes_type(element: str, lanes: int) -> str:
    """Return the type of `lanes` values of LLVM type `element`."""
    return element if lanes == 1 else f"<{lanes} x {element}>"


def element_type(t: Type) -> str:
    """Return the LLVM type of one value of element type `t`."""
    if t.is_handle():
        return "ptr"
    if t.is_float():
        return "double" if t.bits() == 64 else "float"
    return f"i{t.bits()}"


def memory_element(t: Type) -> str:
    """Return the LLVM type of one element of `t` in memory."""
    if t.is_bool():
        return "i8"
    return "i16" if is_half(t) else element_type(t)


def value_type(t: Type) -> str:
    """Return the LLVM type of a value of type `t`."""
    return lanes_type(element_type(t), t.lanes())


def memory_type(t: Type) -> str:
    """Return the LLVM type of `t` in memory, lanes included."""
    return lanes_type(memory_element(t), t.lanes())


def width_of(t: Type) -> int:
    """Return the bits of a lane of a value of `t`."""
    return 32 if is_half(t) else t.bits()


def float_text(value: float) -> str:
    """Return a float constant: the bits of its double, which LLVM takes for float too."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def int_text(bits: int, value: int) -> str:
    """Return an integer constant of `bits`."""
    return ("true" if value else "false") if bits == 1 else str(value)


def filled(element: str, text: str, lanes: int) -> Value:
    """Return the constant all of whose lanes are `text`."""
    if lanes == 1:
        return Value(element, text)
    return vector_constant(element, [text] * lanes)


def vector_constant(element: str, texts: Sequence[str]) -> Value:
    """Return the vector constant of the lanes `texts`."""
    body = ", ".join(f"{element} {text}" for text in texts)
    return Value(lanes_type(element, len(texts)), f"<{body}>")


def int_constant(t: Type, value: int) -> Value:
    """Return `value` in every lane of the integral type `t`."""
    return filled(element_type(t), int_text(t.bits(), value), t.lanes())


def bits_constant(bits: int, lanes: int, value: int) -> Value:
    """Return `value` in every lane of integers of `bits`."""
    return filled(f"i{bits}", int_text(bits, value), lanes)


def float_constant(t: Type, value: float) -> Value:
    """Return `value` in every lane of the float type `t`."""
    return filled(element_type(t), float_text(value), t.lanes())


def zero(type: str) -> Value:
    """Return the zero of an LLVM type."""
    return Value(type, "zeroinitializer")


def suffix(t: Type) -> str:
    """Return what the names of LLVM's intrinsics on values of `t` end with."""
    return suffix_of(value_type(t))


def suffix_of(type: str) -> str:
    """Return what the names of LLVM's intrinsics on `type` end with: v4f32, i64."""
    short = type.strip("<>").replace("float", "f32").replace("double", "f64")
    return "v" + short.replace(" x ", "") if type.startswith("<") else short
