"""What directives add up to for the cells of a Func: the box computed, and its memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from halo.ir.memory import MemoryDim
from halo.ir.stmt import MemoryType
from halo.schedule.formula import Size
from halo.schedule.loop_level import LoopLevel
from halo.schedule.schedule import Entry


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is known of, or asked for, the cells computed along one variable.

    Attributes
    ----------
    min, extent
        As promised by the directive `promise`; None: as needed.
    modulus, remainder
        The extent is rounded up to a multiple of `modulus`; the first cell is moved back to one
        that leaves `remainder`, or stays where it is if that is None.
    """

    min: Size | None = None
    extent: Size | None = None
    promise: Entry | None = field(default=None, compare=False)
    modulus: int = 1
    remainder: int | None = None

    @property
    def grows(self) -> bool:
        """Whether cells are added behind those needed, wherever these begin."""
        return self.modulus > 1 and self.remainder is None

    def sizes(self, prefix: str) -> Iterator[tuple[str, Size, Entry]]:
        """Yield the sizes that are promised, with names for them and the directives."""
        for what, size in (("min", self.min), ("extent", self.extent)):
            if size is not None and self.promise is not None:
                yield f"{prefix}.{what}", size, self.promise


@dataclass(frozen=True, slots=True)
class Limit:
    """How many cells along a dimension are kept, by the directive `entry`."""

    extent: Size
    entry: Entry = field(compare=False)


@dataclass(frozen=True, slots=True)
class Fold:
    """A circular buffer of `factor` cells along a dimension, by the directive `entry`."""

    factor: int
    entry: Entry = field(compare=False)


@dataclass(frozen=True, slots=True)
class Hoist:
    """Where memory is taken that lies further out than the storage in it.

    Attributes
    ----------
    level
        None: where the storage is.
    entry
        The directive that says so.
    slots
        How many times over the memory is there, by the directive `ring` (``ring_buffer``).
    """

    level: LoopLevel | None
    entry: Entry = field(compare=False)
    slots: int = 1
    ring: Entry | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Storage:
    """How the cells of one Func lie in memory.

    Attributes
    ----------
    layout
        The dimensions of memory, innermost first.
    limits
        Dimension of the Func to the number of cells kept, as given by ``bound_storage``.
    folds
        Dimension of the Func to the circular buffer along it, as given by ``fold_storage``.
    hoist
        Where the memory is taken, if not where the storage is.
    streamed
        Whether stores to it go around the caches where they can.
    precompute
        The directive that makes it an array in the code, which `layout` alone is about then.
    memory
        Where the memory is taken from.
    """

    layout: tuple[MemoryDim, ...] = ()
    limits: dict[str, Limit] = field(default_factory=dict)
    folds: dict[str, Fold] = field(default_factory=dict)
    hoist: Hoist | None = None
    precompute: Entry | None = field(default=None, compare=False)
    streamed: bool = False
    memory: MemoryType = MemoryType.Auto

    def sizes(self, func: str) -> Iterator[tuple[str, Size, Entry]]:
        """Yield the sizes that directives give, with names for them and the directives."""
        for arg, limit in self.limits.items():
            yield f"{func}.storage.{arg}.extent", limit.extent, limit.entry
