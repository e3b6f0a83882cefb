"""Boxes of the integer grid: what is needed of a Function, and what there is of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from halo.interpret.arithmetic import Array


@dataclass(frozen=True, slots=True)
class Box:
    """The cells with ``mins[i] <= coordinate i <= maxs[i]``."""

    mins: tuple[int, ...]
    maxs: tuple[int, ...]

    @staticmethod
    def of_extents(mins: Sequence[int], extents: Sequence[int]) -> Box:
        """Return the box of `extents` cells from `mins` on."""
        return Box(tuple(mins), tuple(m + n - 1 for m, n in zip(mins, extents, strict=True)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each dimension."""
        return tuple(max(b - a + 1, 0) for a, b in zip(self.mins, self.maxs, strict=True))

    @property
    def is_empty(self) -> bool:
        return any(b < a for a, b in zip(self.mins, self.maxs, strict=True))

    def contains(self, other: Box) -> bool:
        """Whether every cell of `other` is in this box."""
        low = all(a <= b for a, b in zip(self.mins, other.mins, strict=True))
        return low and all(a >= b for a, b in zip(self.maxs, other.maxs, strict=True))

    def union(self, other: Box | None) -> Box:
        """Return the smallest box around both."""
        if other is None or other.is_empty:
            return self
        if self.is_empty:
            return other
        return Box(
            tuple(map(min, self.mins, other.mins)),
            tuple(map(max, self.maxs, other.maxs)),
        )


def box_around(coordinates: Sequence[Array], mask: Array | None) -> Box | None:
    """Return the smallest box around points, of those where `mask` holds; None for no points."""
    mins: list[int] = []
    maxs: list[int] = []
    for c in coordinates:
        chosen = c
        if mask is not None:
            whole, keep = np.broadcast_arrays(c, mask)
            chosen = whole[keep]
        if chosen.size == 0:
            return None
        mins.append(int(chosen.min()))
        maxs.append(int(chosen.max()))
    if mask is not None and not mask.any():
        return None
    return Box(tuple(mins), tuple(maxs))
