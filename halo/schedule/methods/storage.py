"""Methods that say what is known of a Func's bounds and how its cells lie in memory."""

from __future__ import annotations

from typing import Any, Self

from halo.ir.stmt import MemoryType
from halo.schedule.directives import (
    AlignStorage,
    Bound,
    ReorderStorage,
    SplitStorage,
    StoreIn,
)
from halo.schedule.methods.base import Recorder, integer, names_of, var_name


class StorageMethods(Recorder):
    """Directives for the bounds and the storage of a whole Func."""

    __slots__ = ()

    def bound(self, var: Any, min: Any, extent: Any) -> Self:
        """Promise that the Func is computed over exactly `extent` cells from `min` along `var`."""
        return self._record(Bound(var_name(var), integer(min), integer(extent)))

    def reorder_storage(self, *vars: Any) -> Self:
        """Lay out memory with the dimensions in the order given, innermost first.

        Dimensions made by `split_storage` go by the names given there.
        """
        return self._record(ReorderStorage(names_of(vars)))

    def align_storage(self, dim: Any, alignment: Any) -> Self:
        """Round the number of places along `dim` in memory up to a multiple of `alignment`."""
        return self._record(AlignStorage(var_name(dim), integer(alignment)))

    def split_storage(self, dim: Any, outer: Any, inner: Any, factor: Any) -> Self:
        """Split `dim` in memory: ``place along dim == outer*factor + inner``.

        `inner` then lies directly inside `outer`; `reorder_storage` puts them elsewhere. What is
        computed, and in what order, does not change.

        >>> f.split_storage(c, co, ci, 16).reorder_storage(ci, x, y, co)  # NCHW as NCHW16c
        """
        return self._record(
            SplitStorage(var_name(dim), var_name(outer), var_name(inner), integer(factor))
        )

    def store_in(self, memory: MemoryType) -> Self:
        """Take the memory from the heap, the stack of the thread, or registers.

        The stack needs a size that is a constant, registers places that are constants once loops
        are unrolled and vectorized.
        """
        return self._record(StoreIn(memory))
