"""Buffer: an array in memory with a place on the integer grid.

Axis order: dimension 0 is the first coordinate, x, and the *last* axis of the numpy array, so
that ``Buffer(a)[x, y]`` is ``a[y, x]`` and a C-ordered array has stride 1 in dimension 0. This is
what Halide's Python binding does; ``reverse_axes=False`` keeps numpy's order instead.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from halo.array_interchange import Array, as_array, element_strides, element_type, zeros
from halo.errors import BoundsError, BufferError, TypeMismatch, user_location
from halo.ir.expr import Call, CallKind, as_const, const, i32, i64
from halo.ir.function import Dimension, Image
from halo.ir.types import BFloat, Type
from halo.lang.coordinates import as_key, coordinates
from halo.lang.names import fresh_name, unique_name


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


class Buffer:
    """An array in memory, read and written in place.

    Parameters
    ----------
    source
        An array (numpy, DLPack, ``__array_interface__``, buffer protocol; any strides), another
        Buffer, or a Type: then new memory is made, filled with zeros.
    sizes
        With a Type: the extents, dimension 0 first.
    name
        A name for the generated code.
    reverse_axes
        Whether dimension 0 is the array's last axis (the default) or its first.
    storage_order
        With a Type: the dimensions from the innermost in memory outwards.
    type
        The type of the elements, where it is not that of the array: ``BFloat(16)`` for an array
        of uint16.
    """

    __slots__ = ("_image", "_mins", "_name", "_reverse", "_strides", "_type", "_view")

    def __init__(
        self,
        source: Any,
        sizes: Sequence[int] | str | None = None,
        name: str = "",
        *,
        reverse_axes: bool = True,
        storage_order: Sequence[int] | None = None,
        type: Type | None = None,
    ) -> None:
        if isinstance(sizes, str):
            name, sizes = sizes, None
        mins: tuple[int, ...] | None = None
        if isinstance(source, Type):
            view = _allocate(source, sizes, storage_order)
            type = source
        elif isinstance(source, Buffer):
            view, mins, type = source._view, source._mins, type or source._type
        else:
            array = as_array(source)
            view = array.T if reverse_axes else array
            if type is None and array.dtype.name == "bfloat16":
                type = BFloat(16)
            if type is not None and type.is_bfloat:
                view = view.view(np.uint16)
        self._set(view, type, mins, reverse_axes)
        self._name = unique_name(name) if name else ""

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

    def _derived(self, view: Array, mins: Sequence[int]) -> Buffer:
        made = Buffer.__new__(Buffer)
        made._set(view, self._type, tuple(mins), self._reverse)
        return made

    @staticmethod
    def make_scalar(type: Type, name: str = "") -> Buffer:
        """Return a new Buffer without dimensions: one element, zero."""
        return Buffer(type, (), name)

    def type(self) -> Type:
        """Return the type of the elements."""
        return self._type

    def name(self) -> str:
        """Return the name; one is made up when there is none."""
        if not self._name:
            self._name = fresh_name("b")
        return self._name

    def dimensions(self) -> int:
        """Return the number of dimensions."""
        return self._view.ndim

    def dim(self, i: int) -> BufferDimension:
        """Return dimension `i`."""
        if not 0 <= i < self._view.ndim:
            raise BoundsError(
                f"a Buffer of {self._view.ndim} dimensions has none with number {i}",
                where=user_location(),
            )
        return BufferDimension(self._mins[i], self._view.shape[i], self._strides[i])

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

    @property
    def address(self) -> int:
        """The address of the element at the mins."""
        return int(self._view.ctypes.data)

    def view(self) -> Array:
        """Return the elements as a numpy array whose axis i is dimension i; no copy."""
        return self._view

    def set_min(self, mins: Sequence[int]) -> None:
        """Place the buffer so that its first coordinates are `mins`."""
        if len(mins) != self._view.ndim:
            raise BufferError(
                f"{len(mins)} mins for a Buffer of {self._view.ndim} dimensions",
                where=user_location(),
            )
        self._mins = tuple(operator.index(m) for m in mins)
        if self._image is not None:
            self._image.dims[:] = self._dimensions()

    def translate(self, offsets: Sequence[int]) -> None:
        """Move the buffer by `offsets` on the grid."""
        self.set_min([m + o for m, o in zip(self._mins, offsets, strict=True)])

    def translated(self, offsets: Sequence[int]) -> Buffer:
        """Return a Buffer on the same memory, moved by `offsets` on the grid."""
        mins = [m + o for m, o in zip(self._mins, offsets, strict=True)]
        return self._derived(self._view, mins)

    def transposed(self, *order: int) -> Buffer:
        """Return a Buffer on the same memory whose dimension i is this one's ``order[i]``."""
        view = self._view.transpose(order)
        return self._derived(view, [self._mins[d] for d in order])

    def cropped(self, d: int, min: int, extent: int) -> Buffer:
        """Return a Buffer on a part of the memory: min, ..., min + extent - 1 of dimension `d`."""
        low = self.dim(d).min()
        if extent < 0 or min < low or min + extent > low + self.dim(d).extent():
            raise BoundsError(
                f"[{min}, {min + extent}) is not inside dimension {d}, "
                f"[{low}, {low + self.dim(d).extent()})",
                where=user_location(),
            )
        index: list[slice] = [slice(None)] * self._view.ndim
        index[d] = slice(min - low, min - low + extent)
        mins = list(self._mins)
        mins[d] = min
        return self._derived(self._view[tuple(index)], mins)

    def sliced(self, d: int, position: int) -> Buffer:
        """Return a Buffer on the cells at `position` of dimension `d`, without that dimension."""
        view = self.cropped(d, position, 1)._view.squeeze(d)
        return self._derived(view, self._mins[:d] + self._mins[d + 1 :])

    def copy(self) -> Buffer:
        """Return a Buffer of the same values in new memory."""
        array = zeros(self._type, tuple(reversed(self._view.shape))).T
        array[...] = self._view
        return self._derived(array, self._mins)

    def fill(self, value: float) -> None:
        """Set every element to `value`."""
        self._view[...] = self._store(value)

    def contains(self, *coordinates: int) -> bool:
        """Whether the element at `coordinates` exists."""
        dims = zip(coordinates, self._mins, self._view.shape, strict=True)
        return all(m <= c < m + n for c, m, n in dims)

    def __getitem__(self, key: Any) -> Any:
        index = self._index(key)
        if index is None:
            image = self.image()
            args = coordinates(image.name, as_key(key), image.dimensions)
            return Call(image.type, image.name, args, CallKind.IMAGE, image)
        value = self._view[index].item()
        if self._type.is_bfloat:
            return float(np.uint32(value << 16).view(np.float32))
        return value

    def __setitem__(self, key: Any, value: Any) -> None:
        index = self._index(key)
        if index is None:
            raise BufferError(
                "elements of a Buffer are set at integer coordinates",
                where=user_location(),
                hint="expressions are assigned to Funcs, and a Func is realized into a Buffer",
            )
        self._view[index] = self._store(value)

    def _store(self, value: Any) -> Any:
        if not self._type.is_bfloat:
            return value
        rounded = np.float32(as_const(const(self._type, float(value))))
        return rounded.view(np.uint32) >> 16

    def _index(self, key: Any) -> tuple[int, ...] | None:
        """Return the index into the view, or None where a coordinate is no integer."""
        parts = as_key(key)
        if not all(isinstance(p, (int, np.integer)) for p in parts):
            return None
        if len(parts) != self._view.ndim:
            raise BufferError(
                f"{len(parts)} coordinates for a Buffer of {self._view.ndim} dimensions",
                where=user_location(),
            )
        for d, (p, m, n) in enumerate(zip(parts, self._mins, self._view.shape, strict=True)):
            if not m <= p < m + n:
                raise BoundsError(
                    f"coordinate {p} of dimension {d} is outside [{m}, {m + n})",
                    where=user_location(),
                )
        return tuple(int(p) - m for p, m in zip(parts, self._mins, strict=True))

    def image(self) -> Image:
        """Return what expressions call this buffer: an image all of whose dimensions are known."""
        if self._image is None:
            self._image = Image(self.name(), self._type, self._dimensions(), self, fixed=True)
        return self._image

    def _dimensions(self) -> list[Dimension]:
        dims = zip(self._mins, self._view.shape, self._strides, strict=True)
        return [Dimension(i32(m), i32(n), i64(s)) for m, n, s in dims]

    def numpy(self) -> Array:
        """Return the elements as a numpy array in numpy's axis order; no copy."""
        return self._view.T if self._reverse else self._view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.numpy().__array_interface__

    def __dlpack__(self, **options: Any) -> Any:
        if self._type.is_bfloat:
            raise BufferError("numpy cannot hand over bfloat16 by DLPack", where=user_location())
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.numpy().__dlpack_device__()

    def __buffer__(self, flags: int) -> memoryview:  # asked for from Python 3.12 on
        return self.numpy().data

    def __repr__(self) -> str:
        dims = zip(self._mins, self._view.shape, self._strides, strict=True)
        return f"Buffer({self._type}, {[list(d) for d in dims]})"


def _allocate(type: Type, sizes: Sequence[int] | None, order: Sequence[int] | None) -> Array:
    if sizes is None:
        raise BufferError(f"a new Buffer of {type} needs its sizes", where=user_location())
    extents = tuple(operator.index(n) for n in sizes)
    if any(n < 0 for n in extents):
        raise BufferError(f"a Buffer of sizes {list(extents)}", where=user_location())
    innermost_first = tuple(order) if order is not None else tuple(range(len(extents)))
    if sorted(innermost_first) != list(range(len(extents))):
        raise BufferError(
            f"the storage order {list(innermost_first)} is no permutation of "
            f"{len(extents)} dimensions",
            where=user_location(),
        )
    outermost_first = innermost_first[::-1]
    array = zeros(type, tuple(extents[d] for d in outermost_first))
    return array.transpose([outermost_first.index(d) for d in range(len(extents))])
