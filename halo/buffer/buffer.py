"""Buffer: how one is made of an array, and how an array is had of one."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from halo.buffer.arrays import MOST_DIMENSIONS, Array, as_array, like, zeros
from halo.buffer.cells import CellMethods
from halo.buffer.device import DeviceMethods
from halo.buffer.moves import MoveMethods
from halo.errors import BufferError, user_location
from halo.ir.types import BFloat, Type
from halo.lang.names import unique_name
from halo.synonyms import also_named


class Buffer(MoveMethods, CellMethods, DeviceMethods):
    """An array in memory, read and written in place.

    ``Buffer(array)``, ``Buffer(array, name)``, ``Buffer(type, sizes)``,
    ``Buffer(type, sizes, storage_order)``, each with a name at the end if you like.

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

    __slots__ = ()

    @also_named(buffer="source")
    def __init__(
        self,
        source: Any = None,
        sizes: Sequence[int] | str | None = None,
        *more: Any,
        name: str = "",
        reverse_axes: bool = True,
        storage_order: Sequence[int] | None = None,
        type: Type | None = None,
    ) -> None:
        if isinstance(sizes, str):
            sizes, more = None, (sizes, *more)
        for value in more:  # told apart by what they are, as Halide's overloads are
            if isinstance(value, str):
                name = value
            elif isinstance(value, bool):
                reverse_axes = value
            else:
                storage_order = value
        if source is None and type is not None:
            source = type
        mins: tuple[int, ...] | None = None
        if isinstance(source, Type):
            view = _allocate(source, sizes, storage_order)
            type = source
        elif isinstance(source, Buffer):
            view, mins, type = source._view, source._mins, type or source._type
        elif source is None:
            raise BufferError(
                "a Buffer needs an array, or a type and sizes",
                where=user_location(),
                hint="Buffer(array), Buffer(UInt(8), [640, 480])",
            )
        else:
            view, type = _view_of(source, reverse_axes, type)
        self._set(view, type, mins, reverse_axes)
        self._name = unique_name(name) if name else ""

    @staticmethod
    def make_scalar(type: Type, name: str = "") -> Buffer:
        """Return a new Buffer without dimensions: one element, zero."""
        return Buffer(type, (), name)

    @staticmethod
    def make_interleaved(
        type: Type, width: int, height: int, channels: int, name: str = ""
    ) -> Buffer:
        """Return a new Buffer of three dimensions, the channels of a pixel side by side."""
        return Buffer(type, (width, height, channels), (2, 0, 1), name)

    @staticmethod
    def make_with_shape_of(src: Buffer, name: str = "") -> Buffer:
        """Return a new Buffer of zeros with the type, place and storage order of `src`."""
        made = src._derived(like(src._type, src._view), src._mins)
        made._name = unique_name(name) if name else ""
        return made

    @staticmethod
    def make_bounds_query(type: Type, sizes: Sequence[int], name: str = "") -> NoReturn:
        """Refused: how much of an input is read is told by ``infer_input_bounds``."""
        raise BufferError(
            "halo's compiled functions answer no bounds queries",
            where=user_location(),
            hint="Func.infer_input_bounds(sizes) makes inputs as large as is read",
        )

    def numpy(self) -> Array:
        """Return the elements as a numpy array in numpy's axis order; no copy."""
        return self._view.T if self._reverse else self._view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.numpy().__array_interface__

    def __dlpack__(self, **options: Any) -> Any:
        if self._type.is_bfloat():
            raise BufferError("numpy cannot hand over bfloat16 by DLPack", where=user_location())
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.numpy().__dlpack_device__()

    def __buffer__(self, flags: int) -> memoryview:  # asked for from Python 3.12 on
        return self.numpy().data

    def __repr__(self) -> str:
        return f"Buffer({self._type}, {[list(d) for d in self.place()]})"


def _view_of(source: Any, reverse: bool, type: Type | None) -> tuple[Array, Type | None]:
    array = as_array(source)
    view = array.T if reverse else array
    if type is None and array.dtype.name == "bfloat16":
        type = BFloat(16)
    if type is not None and type.is_bfloat():
        view = view.view(np.uint16)
    return view, type


def _allocate(type: Type, sizes: Any, order: Any) -> Array:
    if sizes is None:
        raise BufferError(f"a new Buffer of {type} needs its sizes", where=user_location())
    try:
        extents = tuple(operator.index(n) for n in sizes)
    except TypeError:
        raise BufferError(
            f"{sizes!r} are no sizes: a list of integers is", where=user_location()
        ) from None
    if any(n < 0 for n in extents):
        raise BufferError(f"a Buffer of sizes {list(extents)}", where=user_location())
    if len(extents) > MOST_DIMENSIONS:
        raise BufferError(
            f"a Buffer of {len(extents)} dimensions: there are {MOST_DIMENSIONS} at most",
            where=user_location(),
        )
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
