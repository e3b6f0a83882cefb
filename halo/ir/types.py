"""Scalar and vector types of halo's IR."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from halo.ir.expr import Expr


class TypeCode(Enum):
    """What the bits of an element mean."""

    INT = "int"
    UINT = "uint"
    FLOAT = "float"
    BFLOAT = "bfloat"
    HANDLE = "handle"

    # Halide's names.
    Int = "int"
    UInt = "uint"
    Float = "float"
    BFloat = "bfloat"
    Handle = "handle"


_LIMITS: dict[str, Callable[[Type], Expr]] = {}
"""What makes the smallest and the largest value; expressions stand above types."""


def set_limits(smallest: Callable[[Type], Expr], largest: Callable[[Type], Expr]) -> None:
    """Have `Type.min` and `Type.max` give what these return."""
    _LIMITS.update(min=smallest, max=largest)


class Type:
    """An element type with a number of vector lanes.

    Parameters
    ----------
    code
        Meaning of the bits.
    bits
        Width of one element; a bool is ``uint1``.
    lanes
        Number of vector lanes, 1 for a scalar.

    Notes
    -----
    Without arguments it is the type of nothing, a handle of no bits and no lanes.
    """

    __slots__ = ("_bits", "_code", "_lanes")

    def __init__(
        self, code: TypeCode = TypeCode.HANDLE, bits: int = 0, lanes: int | None = None
    ) -> None:
        self._code: Final = code
        self._bits: Final = bits
        self._lanes: Final = min(bits, 1) if lanes is None else lanes

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Type):
            return NotImplemented
        return (
            self._code is other._code and self._bits == other._bits and self._lanes == other._lanes
        )

    def __hash__(self) -> int:
        # Without that of the code: every node that is made may ask.
        return self._bits << 16 | self._lanes

    def __reduce__(self) -> tuple[type[Type], tuple[TypeCode, int, int]]:
        return Type, (self._code, self._bits, self._lanes)

    def code(self) -> TypeCode:
        """Return the meaning of the bits."""
        return self._code

    def bits(self) -> int:
        """Return the width of one element."""
        return self._bits

    def lanes(self) -> int:
        """Return the number of vector lanes."""
        return self._lanes

    def bytes(self) -> int:
        """Return the size of one element in memory, in bytes (a bool takes one)."""
        return (self._bits + 7) // 8

    def min(self) -> Expr:
        """Return the smallest value; of a float type the smallest finite one."""
        return _LIMITS["min"](self)

    def max(self) -> Expr:
        """Return the largest value; of a float type the largest finite one."""
        return _LIMITS["max"](self)

    def __call__(self) -> Type:
        """Return this type: ``e.type()`` is Halide's spelling of ``e.type``."""
        return self

    def element_of(self) -> Type:
        """Return the scalar type of one lane, as `element`."""
        return self.element

    def with_bits(self, bits: int) -> Type:
        """Return the type of the same kind with `bits` bits."""
        return Type(self._code, bits, self._lanes)

    def with_code(self, code: TypeCode) -> Type:
        """Return the type of another kind with as many bits."""
        return Type(code, self._bits, self._lanes)

    def is_min(self, value: int) -> bool:
        """Whether `value` is the smallest one of an integral type."""
        return self.is_integral and value == self.min_value

    def is_max(self, value: int) -> bool:
        """Whether `value` is the largest one of an integral type."""
        return self.is_integral and value == self.max_value

    def with_lanes(self, lanes: int) -> Type:
        """Return the same element type with `lanes` lanes."""
        return self if lanes == self._lanes else Type(self._code, self._bits, lanes)

    @property
    def element(self) -> Type:
        """The scalar type of one lane."""
        return self.with_lanes(1)

    def is_scalar(self) -> bool:
        """One lane."""
        return self._lanes == 1

    def is_vector(self) -> bool:
        """Several lanes."""
        return self._lanes != 1

    def is_bool(self) -> bool:
        """The bool type, of any number of lanes."""
        return self._bits == 1 and self._code is TypeCode.UINT

    def is_int(self) -> bool:
        """Signed integer."""
        return self._code is TypeCode.INT

    def is_uint(self) -> bool:
        """Unsigned integer or bool."""
        return self._code is TypeCode.UINT

    @property
    def is_integral(self) -> bool:
        """Signed or unsigned integer, or bool."""
        return self._code is TypeCode.INT or self._code is TypeCode.UINT

    def is_float(self) -> bool:
        """float16, bfloat16, float32 or float64."""
        return self._code is TypeCode.FLOAT or self._code is TypeCode.BFLOAT

    def is_bfloat(self) -> bool:
        """bfloat16."""
        return self._code is TypeCode.BFLOAT

    def is_handle(self) -> bool:
        """An address."""
        return self._code is TypeCode.HANDLE

    def same_handle_type(self, other: Type) -> bool:
        """Whether both are handles or neither is: halo does not tell addresses apart."""
        return self.is_handle() == other.is_handle()

    @property
    def min_value(self) -> int:
        """Smallest value of an integral type."""
        return -(1 << (self._bits - 1)) if self.is_int() else 0

    @property
    def max_value(self) -> int:
        """Largest value of an integral type."""
        return (1 << (self._bits - 1)) - 1 if self.is_int() else (1 << self._bits) - 1

    def can_represent(self, other: int | Type) -> bool:
        """Whether this type holds a value, or every value of another type, exactly."""
        if isinstance(other, Type):
            return _includes(self, other)
        return self.min_value <= other <= self.max_value

    def wrap(self, value: int) -> int:
        """Reduce a Python int modulo 2**bits into the range of an integral type."""
        value &= (1 << self._bits) - 1
        return value - (1 << self._bits) if self.is_int() and value > self.max_value else value

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy dtype of one element (bfloat16 is stored as uint16)."""
        return _DTYPES[self.element]

    def __str__(self) -> str:
        if self._code is TypeCode.HANDLE:
            name = "handle"
        elif self.is_bool():
            name = "bool"
        else:
            name = f"{self._code.value}{self._bits}"
        return name if self._lanes == 1 else f"{name}x{self._lanes}"

    def __repr__(self) -> str:
        return f"<halo.Type {self}>"


_DIGITS = {(TypeCode.FLOAT, 16): 11, (TypeCode.FLOAT, 32): 24, (TypeCode.FLOAT, 64): 53}
"""Bits of the significand of a float, the hidden one included."""


def _includes(a: Type, b: Type) -> bool:
    """Whether every value of `b` is one of `a`."""
    if a.element == b.element:
        return True
    digits = _DIGITS.get((a.code(), a.bits()), 8)
    if a.is_float() and b.is_float():
        return a.bits() > b.bits() and not a.is_bfloat()
    if a.is_float():
        return b.is_integral and b.max_value <= 1 << digits
    return (
        a.is_integral
        and b.is_integral
        and a.min_value <= b.min_value
        and b.max_value <= a.max_value
    )


def Int(bits: int, lanes: int = 1) -> Type:
    """Signed integer type of 8, 16, 32 or 64 bits."""
    return Type(TypeCode.INT, bits, lanes)


def UInt(bits: int, lanes: int = 1) -> Type:
    """Unsigned integer type of 1 (bool), 8, 16, 32 or 64 bits."""
    return Type(TypeCode.UINT, bits, lanes)


def Float(bits: int, lanes: int = 1) -> Type:
    """IEEE 754 binary type of 16, 32 or 64 bits."""
    return Type(TypeCode.FLOAT, bits, lanes)


def BFloat(bits: int = 16, lanes: int = 1) -> Type:
    """The bfloat16 type: the upper half of a float32."""
    return Type(TypeCode.BFLOAT, bits, lanes)


def Bool(lanes: int = 1) -> Type:
    """The bool type, ``uint1``."""
    return Type(TypeCode.UINT, 1, lanes)


def Handle(lanes: int = 1) -> Type:
    """The type of an address."""
    return Type(TypeCode.HANDLE, 64, lanes)


HANDLE = Handle()
"""An address; only ``address_of`` makes one and only a call takes one."""

_DTYPES: dict[Type, np.dtype[Any]] = {
    Bool(): np.dtype(np.bool_),
    Float(16): np.dtype(np.float16),
    Float(32): np.dtype(np.float32),
    Float(64): np.dtype(np.float64),
    BFloat(16): np.dtype(np.uint16),
    **{Int(b): np.dtype(f"int{b}") for b in (8, 16, 32, 64)},
    **{UInt(b): np.dtype(f"uint{b}") for b in (8, 16, 32, 64)},
}

_FROM_DTYPE: dict[np.dtype[Any], Type] = {d: t for t, d in _DTYPES.items() if not t.is_bfloat()}


def type_of_dtype(dtype: np.dtype[Any]) -> Type | None:
    """Return the halo type of a numpy dtype, or None when there is none."""
    if dtype.name == "bfloat16":
        return BFloat(16)
    return _FROM_DTYPE.get(dtype.newbyteorder("="))
