"""The elements of a Buffer: read, written, filled, compared, copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from halo.buffer.arrays import like
from halo.buffer.base import BufferBase
from halo.errors import BoundsError, BufferError, TypeMismatch, user_location
from halo.ir.expr import Call, CallKind
from halo.lang.coordinates import as_key, coordinates
from halo.lang.values import value_of_type
from halo.lang.wrap import wrapped
from halo.synonyms import also_named


class CellMethods(BufferBase):
    """The methods of Buffer that read and write elements."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        index = self._index(key)
        if index is None:
            image = self.image()
            args = coordinates(image.name, as_key(key), image.dimensions)
            return Call(image.type, image.name, args, CallKind.IMAGE, image)
        value = self._view[index].item()
        if self._type.is_bfloat():
            return float(np.uint32(value << 16).view(np.float32))
        return value

    def in_(self, consumers: Any = None) -> Any:
        """Return the Func that `consumers` (None: all) read instead of this; see `Func.in_`."""
        return wrapped(self.image(), consumers)

    def __setitem__(self, key: Any, value: Any) -> None:
        index = self._index(key)
        if index is None:
            raise BufferError(
                "elements of a Buffer are set at integer coordinates",
                where=user_location(),
                hint="expressions are assigned to Funcs, and a Func is realized into a Buffer",
            )
        stored = self._store(value)
        self._check_writable()
        self._view[index] = stored

    def __iter__(self) -> Iterator[Any]:
        """Go through the elements of a Buffer of one dimension."""
        if self._view.ndim != 1:
            raise BufferError(
                f"a Buffer of {self._view.ndim} dimensions has no order to go through it",
                where=user_location(),
                hint="for_each_element(f), or numpy.asarray(buffer)",
            )
        return (self[i + self._mins[0]] for i in range(self._view.shape[0]))

    @also_named(coords="*")
    def contains(self, *coordinates: Any) -> bool:
        """Whether there is an element at `coordinates`: a list of integers, or several."""
        single = len(coordinates) == 1 and not isinstance(coordinates[0], (int, np.integer))
        parts = tuple(coordinates[0]) if single else coordinates
        self._check_count(parts)
        return all(m <= c < m + n for c, (m, n, _) in zip(parts, self.place(), strict=True))

    def fill(self, value: float) -> None:
        """Set every element to `value`.

        Raises
        ------
        BufferError
            The type cannot hold it, or elements cannot be written.
        """
        stored = self._store(value)
        self._check_writable()
        self._view[...] = stored

    def all_equal(self, value: float) -> bool:
        """Whether every element is `value`."""
        return bool(np.all(self._view == self._store(value)))

    def for_each_element(self, f: Callable[[list[int]], Any]) -> None:
        """Call `f` with the coordinates of each element, those of dimension 0 fastest."""
        for index in np.ndindex(*reversed(self._view.shape)):
            f([i + m for i, m in zip(reversed(index), self._mins, strict=True)])

    def copy(self) -> Self:
        """Return a Buffer of the same values, in new memory with its dimensions in this order."""
        array = like(self._type, self._view)
        array[...] = self._view
        return self._derived(array, self._mins)

    def copy_from(self, source: BufferBase) -> None:
        """Take over the elements of `source` at the coordinates that both have.

        Raises
        ------
        TypeMismatch
            `source` has another type.
        BufferError
            It has another number of dimensions, or elements cannot be written.
        """
        if not isinstance(source, BufferBase):
            raise TypeMismatch(
                f"a {type(source).__name__} is no Buffer to copy from", where=user_location()
            )
        if source.type() != self._type:
            raise TypeMismatch(
                f"a Buffer of {self._type} is copied from one of {source.type()}",
                where=user_location(),
            )
        if source.dimensions() != self._view.ndim:
            raise BufferError(
                f"a Buffer of {self._view.ndim} dimensions is copied from one of "
                f"{source.dimensions()}",
                where=user_location(),
            )
        self._check_writable()
        mine, theirs = [], []
        for (m, n, _), (other, count, _) in zip(self.place(), source.place(), strict=True):
            low, end = max(m, other), min(m + n, other + count)
            mine.append(np.s_[low - m : max(end, low) - m])
            theirs.append(np.s_[low - other : max(end, low) - other])
        self._view[tuple(mine)] = source.view()[tuple(theirs)]

    def _store(self, value: Any) -> Any:
        held = value_of_type(self._type, value, "a Buffer")
        return np.float32(held).view(np.uint32) >> 16 if self._type.is_bfloat() else held

    def _check_writable(self) -> None:
        if not self._view.flags.writeable:
            raise BufferError(
                "the array of the Buffer is read-only",
                where=user_location(),
                hint="its copy() can be written",
            )

    def _index(self, key: Any) -> tuple[int, ...] | None:
        """Return the index into the view, or None where a coordinate is no integer."""
        parts = as_key(key)
        if not all(isinstance(p, (int, np.integer)) for p in parts):
            return None
        self._check_count(parts)
        for d, (p, (m, n, _)) in enumerate(zip(parts, self.place(), strict=True)):
            if not m <= p < m + n:
                raise BoundsError(
                    f"coordinate {p} of dimension {d} is outside [{m}, {m + n})",
                    where=user_location(),
                )
        return tuple(int(p) - m for p, m in zip(parts, self._mins, strict=True))

    def _check_count(self, parts: tuple[Any, ...]) -> None:
        if len(parts) != self._view.ndim:
            raise BufferError(
                f"{len(parts)} coordinates for a Buffer of {self._view.ndim} dimensions",
                where=user_location(),
            )
