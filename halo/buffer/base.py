"""What a Buffer is made of, and the questions about its type, its size and its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from halo.buffer.arrays import Array, element_strides, element_type
from halo.errors import BoundsError, BufferError, TypeMismatch, user_location
from halo.ir.expr import i32, i64
from halo.ir.function import Dimension, Image
from halo.ir.types import Type
from halo.lang.names import fresh_name, unique_name

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BufferDimension:
    """One dimension of a buffer: coordinates from min on, `stride` elements apart in memory."""

    _min: int
    _extent: int
    _stride: int

    def min(self) -> int:
        """Return the first coordinate."""
        return self._min

    def extent(self) -> int:
        """Return the number of coordinates."""
        return self._extent

    def max(self) -> int:
        """Return the last coordinate."""
        return self._min + self._extent - 1

    def stride(self) -> int:
        """Return the distance in memory, in elements, from one coordinate to the next."""
        return self._stride


class BufferBase:
    """An array, the coordinates of its first cell, and the type of its elements."""

    __slots__ = ("_image", "_kept", "_mins", "_name", "_reverse", "_strides", "_type", "_view")

    def _set(
        self, view: Array, type: Type | None, mins: tuple[int, ...] | None, reverse: bool
    ) -> None:
        found = element_type(view)
        if type is not None and type.dtype != view.dtype:
            raise TypeMismatch(
                f"an array of {view.dtype} cannot be a Buffer of {type}", where=user_location()
            )
        self._view = view
        self._strides = element_strides(view)
        self._type = type if type is not None else found
        self._mins = mins if mins is not None else (0,) * view.ndim
        self._reverse = reverse
        self._name = ""
        self._image: Image | None = None
        self._kept: Any = None

    def _derived(self, view: Array, mins: Sequence[int]) -> Self:
        """Return a buffer of the same type on `view`."""
        made = type(self).__new__(type(self))
        made._set(view, self._type, tuple(mins), self._reverse)
        return made

    def _become(self, view: Array, mins: Sequence[int]) -> None:
        """Make this the buffer on `view`."""
        if self._image is not None and view.ndim != self._view.ndim:
            raise BufferError(
                f"{self.name()} is read by expressions, which have {self._view.ndim} coordinates: "
                f"it cannot get {view.ndim} dimensions",
                where=user_location(),
                hint="make another Buffer instead: sliced(...), embedded(...)",
            )
        self._view, self._mins = view, tuple(mins)
        self._strides = element_strides(view)
        self._kept = None
        if self._image is not None:
            self._image.dims[:] = self._dimensions()

    def image(self) -> Image:
        """Return what expressions call this buffer: an image all of whose dimensions are known."""
        if self._image is None:
            self._image = Image(self.name(), self._type, self._dimensions(), self, fixed=True)
        return self._image

    def _dimensions(self) -> list[Dimension]:
        return [Dimension(i32(m), i32(n), i64(s)) for m, n, s in self.place()]

    def type(self) -> Type:
        """Return the type of the elements."""
        return self._type

    def name(self) -> str:
        """Return the name; one is made up when there is none."""
        if not self._name:
            self._name = fresh_name("b")
        return self._name

    def set_name(self, name: str) -> None:
        """Give it a name for the generated code.

        Raises
        ------
        BufferError
            Expressions read it by the name it has.
        """
        if self._image is not None:
            raise BufferError(
                f"{self.name()} is read by expressions under this name",
                where=user_location(),
                hint="name it before its first use",
            )
        self._name = unique_name(name)

    def defined(self) -> bool:
        """Whether there is an array: always."""
        return True

    def dimensions(self) -> int:
        """Return the number of dimensions."""
        return self._view.ndim

    def dim(self, dimension: int) -> BufferDimension:
        """Return dimension `i`."""
        if not 0 <= dimension < self._view.ndim:
            raise BoundsError(
                f"a Buffer of {self._view.ndim} dimensions has none with number {dimension}",
                where=user_location(),
            )
        return BufferDimension(
            self._mins[dimension], self._view.shape[dimension], self._strides[dimension]
        )

    def width(self) -> int:
        """Return the extent of dimension 0."""
        return self._extent(0)

    def height(self) -> int:
        """Return the extent of dimension 1, 1 if there is none."""
        return self._extent(1)

    def channels(self) -> int:
        """Return the extent of dimension 2, 1 if there is none."""
        return self._extent(2)

    def _extent(self, i: int) -> int:
        return self._view.shape[i] if i < self._view.ndim else 1

    def left(self) -> int:
        """Return the first coordinate of dimension 0."""
        return self.dim(0).min()

    def right(self) -> int:
        """Return the last coordinate of dimension 0."""
        return self.dim(0).max()

    def top(self) -> int:
        """Return the first coordinate of dimension 1."""
        return self.dim(1).min()

    def bottom(self) -> int:
        """Return the last coordinate of dimension 1."""
        return self.dim(1).max()

    def number_of_elements(self) -> int:
        """Return the number of elements."""
        return self._view.size

    def size_in_bytes(self) -> int:
        """Return the number of bytes of all elements."""
        return self._view.nbytes

    def same_as(self, other: BufferBase) -> bool:
        """Whether both are the same cells of memory at the same coordinates."""
        same = (self.address, self._type, self.place()) == (
            other.address,
            other._type,
            other.place(),
        )
        return self is other or same

    @property
    def writable(self) -> bool:
        """Whether elements may be written: the memory allows it and no two share a place."""
        dims = zip(self._view.shape, self._strides, strict=True)
        return self._view.flags.writeable and all(n < 2 or s for n, s in dims)

    @property
    def mins(self) -> tuple[int, ...]:
        """The first coordinate of each dimension."""
        return self._mins

    @property
    def shape(self) -> tuple[int, ...]:
        """The extent of each dimension, dimension 0 first."""
        return tuple(self._view.shape)

    @property
    def strides(self) -> tuple[int, ...]:
        """The stride of each dimension, in elements."""
        return self._strides

    def place(self) -> list[tuple[int, int, int]]:
        """Return the (min, extent, stride) of each dimension."""
        return list(zip(self._mins, self._view.shape, self._strides, strict=True))

    def __getstate__(self) -> tuple[Any, dict[str, Any]]:
        """Leave out what is `kept`: it holds an address, and a copy has its own."""
        state: Any = super().__getstate__()
        return state[0], {**state[1], "_kept": None}

    @property
    def address(self) -> int:
        """The address of the element at the mins."""
        return int(self._view.ctypes.data)

    def view(self) -> Array:
        """Return the elements as a numpy array whose axis i is dimension i; no copy."""
        return self._view


def kept(buffer: BufferBase, make: Callable[[Any], T]) -> T:
    """Return what `make` made of `buffer`, as long as that does not move; it has one `make`."""
    if buffer._kept is None:
        buffer._kept = make(buffer)
    found: T = buffer._kept
    return found
