"""Methods that say where a Func is computed and stored."""

from __future__ import annotations

from typing import Any, Self

from halo.errors import user_location
from halo.schedule.directives import (
    Async,
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    Directive,
    EagerInline,
    HoistStorage,
    HoistStorageRoot,
    RingBuffer,
    StoreAt,
    StoreRoot,
)
from halo.schedule.loop_level import LoopLevel as Level
from halo.schedule.methods.base import Recorder, integer
from halo.schedule.methods.loop_level import LoopLevel, level_of
from halo.synonyms import also_named

_COMPUTE, _STORE, _HOIST = "compute", "store", "hoist"


class LevelMethods(Recorder):
    """Directives for the place of a whole Func.

    A place is a loop of a Func or update stage, or a `LoopLevel` alone, which may be set later.
    Whether it is around all that uses the Func is known when the pipeline is compiled; if it is
    not, that raises `ScheduleError` with the places there are.
    """

    __slots__ = ()

    def compute_root(self) -> Self:
        """Compute all of the Func that is needed before anything that uses it."""
        return self._place(_COMPUTE, ComputeRoot())

    def compute_inline(self) -> Self:
        """Substitute the definition wherever the Func is used."""
        return self._place(_COMPUTE, ComputeInline())

    def eager_inline(self) -> Self:
        """Substitute the definition wherever the Func is used, and refuse what hinders it.

        A Func with updates, for which `compute_inline` means the innermost loop of each use, and
        an output cannot be substituted.
        """
        return self._place(_COMPUTE, EagerInline())

    @also_named(f="func", rvar="var", loop_level="func")
    def compute_at(self, func: Any, var: Any = None) -> Self:
        """Compute what is needed in each iteration of the loop over `var` of `func`.

        `func` is a Func or update stage; or a `LoopLevel` alone, which may be set later.
        """
        if isinstance(func, LoopLevel):
            return self._follow(_COMPUTE, func)
        return self._place(_COMPUTE, _compute(level_of(func, var)))

    def store_root(self) -> Self:
        """Keep the storage outside all loops.

        Where the Func is computed further in and its box moves one way with a serial loop, only
        what is new is computed, and the storage is a circular buffer if its width is bounded.
        """
        return self._place(_STORE, StoreRoot())

    @also_named(f="func", rvar="var", loop_level="func")
    def store_at(self, func: Any, var: Any = None) -> Self:
        """Keep the storage for one iteration of the loop over `var` of `func`; see `store_root`.

        It is the loop that the Func is computed at, or one around it.
        `func` is a Func or update stage; or a `LoopLevel` alone, which may be set later.
        """
        if isinstance(func, LoopLevel):
            return self._follow(_STORE, func)
        return self._place(_STORE, _store(level_of(func, var)))

    def hoist_storage_root(self) -> Self:
        """Take the memory once, outside all loops, and use it again each time."""
        return self._place(_HOIST, HoistStorageRoot())

    @also_named(f="func", rvar="var", loop_level="func")
    def hoist_storage(self, func: Any, var: Any = None) -> Self:
        """Take the memory once for an iteration of the loop over `var` of `func`.

        That loop is around the storage; the memory is as large as the largest use in it needs.
        Where the Func is stored and computed does not change, nor what is computed again. Inside
        a parallel loop each iteration of it takes its own memory.

        `func` is a Func or update stage; or a `LoopLevel` alone, which may be set later.
        """
        if isinstance(func, LoopLevel):
            return self._follow(_HOIST, func)
        return self._place(_HOIST, _hoist(level_of(func, var)))

    def ring_buffer(self, extent: Any) -> Self:
        """Have the memory `extent` times over: each use of the storage takes the next of them.

        It needs `hoist_storage` or `hoist_storage_root`: the parts take turns over the iterations
        between the memory and the storage, so that one may be filled while another is read.
        """
        return self._record(RingBuffer(integer(extent)))

    def async_(self) -> Self:
        """Compute the Func on a thread of its own, beside what does not wait for its cells.

        Where it is stored outside the loop in which it is computed (`store_at`, `store_root`), it
        runs ahead of its users by as many iterations as the storage holds: all of them, or as many
        as `fold_storage` leaves room for; with `ring_buffer(n)` by n. Where it is stored where it
        is computed, what does not need it runs beside it. The cells are the same ones. With too
        few threads, and in C built without OpenMP, the loops run one after the other.

        Raises
        ------
        ScheduleError
            When the pipeline is compiled: the Func has no loops of its own, is an output, shares
            its loops, or is computed inside a vectorized one.
        """
        return self._record(Async())

    def _place(self, what: str, directive: Directive) -> Self:
        self._record(directive)
        self._schedule_target()[2].follows.pop(what, None)
        return self

    def _follow(self, what: str, level: LoopLevel) -> Self:
        log = self._schedule_target()[2]
        log.follows[what] = level, user_location()

        def move(to: Level) -> None:
            if log.follows.get(what, (None,))[0] is level:  # no later directive moved it away
                self._record(_DIRECTIVES[what](to))

        level.follow(move)
        return self


def _compute(level: Level) -> Directive:
    if level.is_at:
        return ComputeAt(str(level.func), str(level.var), level.stage)
    return ComputeRoot() if level.is_root else ComputeInline()


def _store(level: Level) -> Directive:
    if level.is_at:
        return StoreAt(str(level.func), str(level.var), level.stage)
    return StoreRoot()


def _hoist(level: Level) -> Directive:
    if level.is_at:
        return HoistStorage(str(level.func), str(level.var), level.stage)
    return HoistStorageRoot()


_DIRECTIVES = {_COMPUTE: _compute, _STORE: _store, _HOIST: _hoist}
