"""Methods that say where a Func is computed and stored."""

from __future__ import annotations

from typing import Any, Self

from halo.errors import ScheduleError, user_location
from halo.schedule.directives import ComputeAt, ComputeInline, ComputeRoot, StoreAt, StoreRoot
from halo.schedule.loop_level import LoopLevel
from halo.schedule.methods.base import Recorder, var_name


class LevelMethods(Recorder):
    """Directives for the place of a whole Func."""

    __slots__ = ()

    def compute_root(self) -> Self:
        """Compute all of the Func that is needed before anything that uses it."""
        return self._record(ComputeRoot())

    def compute_inline(self) -> Self:
        """Substitute the definition wherever the Func is used."""
        return self._record(ComputeInline())

    def compute_at(self, func: Any, var: Any = None) -> Self:
        """Compute what is needed in each iteration of the loop over `var` of `func`.

        `func` is a Func or update stage; or a `LoopLevel` alone.
        """
        site = site_of(func, var)
        if not site.is_at:
            return self._record(ComputeRoot() if site.is_root else ComputeInline())
        return self._record(ComputeAt(str(site.func), str(site.var), site.stage))

    def store_root(self) -> Self:
        """Keep the storage outside all loops."""
        return self._record(StoreRoot())

    def store_at(self, func: Any, var: Any = None) -> Self:
        """Keep the storage for one iteration of the loop over `var` of `func`."""
        site = site_of(func, var)
        if site.is_root:
            return self._record(StoreRoot())
        return self._record(StoreAt(str(site.func), str(site.var), site.stage))


def site_of(func: Any, var: Any) -> LoopLevel:
    """Return the level meant by ``compute_at(func, var)``; a Func means whichever stage uses it."""
    if isinstance(func, LoopLevel):
        return func
    if isinstance(func, str):
        return LoopLevel.at(func, var_name(var))
    if not isinstance(func, Recorder):
        raise ScheduleError(
            f"compute_at takes a Func, not {func!r}",
            where=user_location(),
            hint="g.compute_at(f, x)",
        )
    function, stage, _ = func._schedule_target()
    return LoopLevel.at(function.name, var_name(var), stage or None)
