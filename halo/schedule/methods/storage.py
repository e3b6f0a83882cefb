"""Methods that say what is known of a Func's bounds and how its cells lie in memory."""

from __future__ import annotations

from typing import Any, Self

from halo.schedule.directives import Bound, ReorderStorage
from halo.schedule.methods.base import Recorder, integer, names_of, var_name


class StorageMethods(Recorder):
    """Directives for the bounds and the storage of a whole Func."""

    __slots__ = ()

    def bound(self, var: Any, min: Any, extent: Any) -> Self:
        """Promise that the Func is computed over exactly `extent` cells from `min` along `var`."""
        return self._record(Bound(var_name(var), integer(min), integer(extent)))

    def reorder_storage(self, *vars: Any) -> Self:
        """Lay out memory with the dimensions in the order given, innermost first."""
        return self._record(ReorderStorage(names_of(vars)))
