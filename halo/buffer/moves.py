"""Other views of a Buffer's memory: cropped, sliced, embedded, transposed, moved on the grid.

Each has two forms: ``cropped`` returns another Buffer on the same memory, ``crop`` changes this
one. A Buffer that expressions read keeps its number of dimensions.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from halo.buffer.arrays import Array
from halo.buffer.base import BufferBase
from halo.errors import BoundsError, BufferError, user_location
from halo.synonyms import also_named

Placed = tuple[Array, list[int]]
"""An array and the coordinates of its first cell."""


class MoveMethods(BufferBase):
    """The methods of Buffer that change what is seen of its memory, and where."""

    __slots__ = ()

    def set_min(self, mins: Sequence[int]) -> None:
        """Place the buffer so that the first coordinates of the first dimensions are `mins`.

        Raises
        ------
        BufferError
            There are fewer dimensions, or one is no integer.
        """
        new = self._integers("mins", mins)
        self._become(self._view, [*new, *self._mins[len(new) :]])

    @also_named(rect="dimension")
    def crop(self, dimension: Any, min: int | None = None, extent: int | None = None) -> None:
        """Keep a part of each dimension; see `cropped`."""
        self._become(*self._cropped(dimension, min, extent))

    @also_named(rect="dimension")
    def cropped(self, dimension: Any, min: int | None = None, extent: int | None = None) -> Self:
        """Return a Buffer on a part of the memory.

        ``b.cropped(d, min, extent)`` has the coordinates min, ..., min + extent - 1 of dimension
        `d`, ``b.cropped([(min, extent), ...])`` those of the first dimensions.

        Raises
        ------
        BoundsError
            They are not inside.
        """
        return self._derived(*self._cropped(dimension, min, extent))

    def slice(self, dimension: int, pos: int | None = None) -> None:
        """Keep the cells at `pos` of a dimension, and drop it; see `sliced`."""
        self._become(*self._sliced(dimension, pos))

    def sliced(self, dimension: int, pos: int | None = None) -> Self:
        """Return a Buffer on the cells at `pos` (the first) of a dimension, without it.

        Raises
        ------
        BoundsError
            `pos` is not inside.
        """
        return self._derived(*self._sliced(dimension, pos))

    def embed(self, dimension: int, pos: int = 0) -> None:
        """Add a dimension of one coordinate; see `embedded`."""
        self._become(*self._embedded(dimension, pos))

    def embedded(self, dimension: int, pos: int = 0) -> Self:
        """Return a Buffer with one more dimension, number `dimension`, of one coordinate, `pos`.

        Raises
        ------
        BoundsError
            It would not stand beside the dimensions there are.
        """
        return self._derived(*self._embedded(dimension, pos))

    def add_dimension(self) -> None:
        """Add a last dimension of one coordinate, 0."""
        self.embed(self._view.ndim)

    @also_named(order="d1")
    def transpose(self, d1: Any, d2: int | None = None) -> None:
        """Change the order of the dimensions; see `transposed`."""
        self._become(*self._transposed(d1, d2))

    @also_named(order="d1")
    def transposed(self, d1: Any, d2: int | None = None) -> Self:
        """Return a Buffer on the same memory with its dimensions in another order.

        ``b.transposed(d1, d2)`` exchanges two; of ``b.transposed(order)`` dimension i is
        ``order[i]`` of this one.

        Raises
        ------
        BufferError
            `order` does not name each dimension once.
        """
        return self._derived(*self._transposed(d1, d2))

    def reverse_axes(self) -> Self:
        """Return a Buffer on the same memory with its dimensions in reverse order."""
        return self.transposed(list(range(self._view.ndim))[::-1])

    @also_named(delta="dimension")
    def translate(self, dimension: Any, dx: int | None = None) -> None:
        """Move the buffer on the grid; see `translated`."""
        self._become(*self._translated(dimension, dx))

    @also_named(delta="dimension")
    def translated(self, dimension: Any, dx: int | None = None) -> Self:
        """Return a Buffer on the same memory, moved on the grid.

        ``b.translated(d, dx)`` moves one dimension, ``b.translated([dx, dy, ...])`` the first.
        """
        return self._derived(*self._translated(dimension, dx))

    def _cropped(self, dimension: Any, min: int | None, extent: int | None) -> Placed:
        if min is None or extent is None:
            rect = list(dimension) if isinstance(dimension, Sequence) else []
            pairs = all(isinstance(r, Sequence) and len(r) == 2 for r in rect)
            if not rect or not pairs or len(rect) > self._view.ndim:
                raise BufferError(
                    "a crop is a dimension, a min and an extent, or a list of (min, extent) for "
                    f"the first of {self._view.ndim} dimensions",
                    where=user_location(),
                )
        else:
            dims = [(m, n) for m, n, _ in self.place()]
            self.dim(dimension)
            rect = [*dims[:dimension], (min, extent)]
        index, mins = [], list(self._mins)
        for d, (first, count) in enumerate(rect):
            index.append(self._part(d, operator.index(first), operator.index(count)))
            mins[d] = first
        return self._view[tuple(index)], mins

    def _part(self, d: int, min: int, extent: int) -> Any:
        low, end = self._mins[d], self._mins[d] + self._view.shape[d]
        if extent < 0 or min < low or min + extent > end:
            raise BoundsError(
                f"[{min}, {min + extent}) is not inside dimension {d}, [{low}, {end})",
                where=user_location(),
            )
        return np.s_[min - low : min - low + extent]

    def _sliced(self, dimension: int, pos: int | None) -> Placed:
        at = self.dim(dimension).min() if pos is None else pos
        view, _ = self._cropped(dimension, at, 1)
        mins = [m for d, m in enumerate(self._mins) if d != dimension]
        return view.squeeze(dimension), mins

    def _embedded(self, dimension: int, pos: int) -> Placed:
        if not 0 <= dimension <= self._view.ndim:
            raise BoundsError(
                f"a Buffer of {self._view.ndim} dimensions gets no new one with number {dimension}",
                where=user_location(),
                hint=f"0 to {self._view.ndim} are possible",
            )
        mins = [*self._mins[:dimension], operator.index(pos), *self._mins[dimension:]]
        # The stride of the new dimension is never used, but it shall look like one.
        reach = max((n * s for _, n, s in self.place()), default=1)
        shape = (*self._view.shape[:dimension], 1, *self._view.shape[dimension:])
        strides = list(self._view.strides)
        strides.insert(dimension, max(reach, 1) * self._view.itemsize)
        flags = self._view.flags.writeable
        return np.lib.stride_tricks.as_strided(self._view, shape, strides, writeable=flags), mins

    def _transposed(self, d1: Any, d2: int | None) -> Placed:
        order = list(range(self._view.ndim))
        if d2 is not None:
            self.dim(d1), self.dim(d2)
            order[d1], order[d2] = d2, d1
        else:
            wanted = list(d1) if isinstance(d1, Sequence) else [d1]
            if sorted(wanted) != order:
                raise BufferError(
                    f"the order {wanted} is no permutation of {len(order)} dimensions",
                    where=user_location(),
                )
            order = wanted
        return self._view.transpose(order), [self._mins[d] for d in order]

    def _translated(self, dimension: Any, dx: int | None) -> Placed:
        if dx is None:
            deltas = self._integers("offsets", dimension)
        else:
            self.dim(dimension)
            deltas = [0] * dimension + self._integers("offsets", [dx])
        moved = [m + d for m, d in zip(self._mins, deltas, strict=False)]
        return self._view, [*moved, *self._mins[len(moved) :]]

    def _integers(self, what: str, values: Any) -> list[int]:
        listed = isinstance(values, Sequence) and not isinstance(values, str)
        if not listed or not all(isinstance(v, (int, np.integer)) for v in values):
            raise BufferError(
                f"{values!r} are no {what}: a list of integers is", where=user_location()
            )
        if len(values) > self._view.ndim:
            raise BufferError(
                f"{len(values)} {what} for a Buffer of {self._view.ndim} dimensions",
                where=user_location(),
            )
        return [int(v) for v in values]
