"""Directives that say where a Func is computed and stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from halo.schedule.align import LoopAlignStrategy
from halo.schedule.directives.base import Directive, Site, handle_source


@dataclass(frozen=True, slots=True)
class ComputeInline(Directive):
    """Substitute the Func's definition wherever it is used; nothing is stored."""

    method = "compute_inline"


@dataclass(frozen=True, slots=True)
class EagerInline(Directive):
    """Substitute the definition wherever the Func is used; refused where that cannot be."""

    method = "eager_inline"


@dataclass(frozen=True, slots=True)
class ComputeRoot(Directive):
    """Compute all of the Func that is needed before anything that uses it."""

    method = "compute_root"


@dataclass(frozen=True, slots=True)
class StoreRoot(Directive):
    """Keep the Func's storage outside all loops."""

    method = "store_root"


@dataclass(frozen=True, slots=True)
class HoistStorageRoot(Directive):
    """Take the memory once, outside all loops; the storage in it begins and ends as before."""

    method = "hoist_storage_root"


@dataclass(frozen=True, slots=True)
class RingBuffer(Directive):
    """Have the memory `extent` times over; each use of the storage takes the next of them.

    ``part == iteration % extent``, counted over the loops between the memory and the storage.
    """

    extent: int
    method = "ring_buffer"


@dataclass(frozen=True, slots=True)
class Async(Directive):
    """Compute the Func on a thread of its own, beside what does not wait for its cells.

    Where it is stored outside the loop it is computed in, it runs ahead of its users by as many
    iterations as its storage holds.
    """

    method = "async_"


@dataclass(frozen=True, slots=True)
class ComputeAt(Site):
    """In each iteration of the loop over `var` of `func`, compute what that iteration needs."""

    method = "compute_at"


@dataclass(frozen=True, slots=True)
class StoreAt(Site):
    """Keep the storage for one iteration of the loop over `var` of `func`."""

    method = "store_at"


@dataclass(frozen=True, slots=True)
class ComputeWith(Site):
    """Run the loops of a definition from the outermost to `var` together with those of another.

    ``for var in union of both ranges: theirs where in its range; ours where in its range``.
    `aligns` are texts ``var=AlignStart``, or ``=AlignStart`` for all loops.
    """

    aligns: tuple[str, ...] = ()
    method = "compute_with"

    def source(self) -> str:
        each = dict(a.split("=") for a in self.aligns)
        if "" in each:
            more = f", LoopAlignStrategy.{each['']}"
        elif each:
            pairs = ", ".join(f"({v}, LoopAlignStrategy.{how})" for v, how in each.items())
            more = f", [{pairs}]"
        else:
            more = ""
        return f"compute_with({handle_source(self.func, self.stage)}, {self.var}{more})"

    def with_loops(self, names: Mapping[str, str]) -> Self:
        each = (a.split("=") for a in self.aligns)
        aligns = tuple(f"{names.get(var, var)}={how}" for var, how in each)
        return dataclasses.replace(self, var=names.get(self.var, self.var), aligns=aligns)

    def align(self, var: str) -> LoopAlignStrategy:
        """Return how the iterations of the shared loop over `var` are matched."""
        each = dict(a.split("=") for a in self.aligns)
        return LoopAlignStrategy[each.get(var, each.get("", "NoAlign"))]


@dataclass(frozen=True, slots=True)
class HoistStorage(Site):
    """Take the memory once for an iteration of the loop over `var` of `func`."""

    method = "hoist_storage"
