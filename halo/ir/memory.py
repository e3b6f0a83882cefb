"""Dimensions of memory: which part of which coordinate each of them counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemoryDim:
    """One dimension of the memory that holds a Func's cells.

    Where coordinate `dimension` of a cell is the p-th one kept, the cell's place along this
    dimension is ``p / divisor % modulus``; modulus 0 means ``p / divisor``, of a dimension that is
    not split simply p.

    Attributes
    ----------
    name
        Of the Func's dimension, or what `split_storage` calls it.
    align
        The number of places is rounded up to a multiple of this.
    """

    name: str
    dimension: int
    divisor: int = 1
    modulus: int = 0
    align: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether it counts the coordinate itself, not a part of it."""
        return self.divisor == 1 and not self.modulus

    def __str__(self) -> str:
        text = self.name
        if not self.is_whole:
            text += f" = d{self.dimension}"
            text += f"/{self.divisor}" if self.divisor != 1 else ""
            text += f"%{self.modulus}" if self.modulus else ""
        return text if self.align == 1 else f"{text} align {self.align}"


def plain_layout(args: Sequence[str]) -> tuple[MemoryDim, ...]:
    """Return the layout of a Func with the dimensions `args` in the order they are given in."""
    return tuple(MemoryDim(name, d) for d, name in enumerate(args))


def is_plain(layout: Sequence[MemoryDim]) -> bool:
    """Whether the dimensions of memory are those of the Func, in order."""
    return all(
        dim.is_whole and dim.align == 1 and dim.dimension == d for d, dim in enumerate(layout)
    )
