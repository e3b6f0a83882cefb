"""Directives that say how the cells of a Func lie in memory."""

from __future__ import annotations

from dataclasses import dataclass

from halo.ir.stmt import MemoryType
from halo.schedule.directives.base import Directive
from halo.schedule.formula import Size


@dataclass(frozen=True, slots=True)
class ReorderStorage(Directive):
    """Lay out memory with the dimensions `vars` in the order given, innermost first.

    Dimensions that are not named keep their places.
    """

    vars: tuple[str, ...]
    method = "reorder_storage"


@dataclass(frozen=True, slots=True)
class AlignStorage(Directive):
    """Round the number of places along `dim` in memory up to a multiple of `alignment`.

    What lies further out in memory then begins at a multiple.
    """

    dim: str
    alignment: int
    method = "align_storage"


@dataclass(frozen=True, slots=True)
class SplitStorage(Directive):
    """Replace `dim` in memory by `outer` around `inner`; what is computed does not change.

    ``place along dim == outer*factor + inner`` with `inner` in [0, factor), counted from the first
    cell kept. `outer` or `inner` may take over the name of `dim`.
    """

    dim: str
    outer: str
    inner: str
    factor: int
    method = "split_storage"


@dataclass(frozen=True, slots=True)
class BoundStorage(Directive):
    """Keep `extent` cells along `dim`, however many are computed: it must hold them all."""

    dim: str
    extent: Size
    method = "bound_storage"


@dataclass(frozen=True, slots=True)
class FoldStorage(Directive):
    """Keep `factor` cells along `dim`, in a circular buffer: ``place along dim == dim % factor``.

    `fold_forward` says which way the cells needed move as loops go on.
    """

    dim: str
    factor: int
    fold_forward: bool = True
    method = "fold_storage"

    def source(self) -> str:
        back = "" if self.fold_forward else ", fold_forward=False"
        return f"{self.method}({self.dim}, {self.factor}{back})"


@dataclass(frozen=True, slots=True)
class Memoize(Directive):
    """Keep the cells from one call to the next, for as long as nothing that they depend on changes.

    ``cells == cache[definitions, parameters, box]``. `eviction_key` names what is kept, to have it
    dropped.
    """

    eviction_key: int = 0
    method = "memoize"

    def source(self) -> str:
        return f"{self.method}({self.eviction_key or ''})"


@dataclass(frozen=True, slots=True)
class StoreIn(Directive):
    """Take the memory from `memory`."""

    memory: MemoryType
    method = "store_in"


@dataclass(frozen=True, slots=True)
class Precompute(Directive):
    """Evaluate the Func when the code is made; its cells are an array in the code."""

    method = "precompute"


@dataclass(frozen=True, slots=True)
class StreamStores(Directive):
    """Store around the caches, where the machine can: what is written is not read again soon."""

    method = "stream_stores"
