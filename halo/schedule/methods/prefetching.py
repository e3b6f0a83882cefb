"""The method that reads ahead."""

from __future__ import annotations

from typing import Any, Self

from halo.schedule.directives import Prefetch, PrefetchBoundStrategy
from halo.schedule.methods.base import Recorder, integer, var_name
from halo.synonyms import also_named

_GUARD = PrefetchBoundStrategy.GuardWithIf


class PrefetchMethods(Recorder):
    """`prefetch`, for a Func's pure definition or an update stage."""

    __slots__ = ()

    @also_named(func="data", image="data", **{"from": "from_"})
    def prefetch(
        self,
        data: Any,
        at: Any,
        from_: Any,
        offset: Any = 1,
        strategy: PrefetchBoundStrategy = _GUARD,
    ) -> Self:
        """In each iteration of `at`, prefetch what it reads of `data` `offset` iterations later.

        The box is the one that the inside of the loop over `at` reads with ``from_ + offset`` in
        place of `from_`; each cache line of it is prefetched. It changes no value.

        Parameters
        ----------
        data
            A Func that is stored outside the loop over `at`, an ImageParam or a Buffer, which the
            definition itself reads.
        at, from_
            Loops of the definition: `from_` is `at` or around it.
        strategy
            What to do where such cells do not exist.
        """
        made = Prefetch(var_name(data), var_name(at), var_name(from_), integer(offset), strategy)
        return self._record(made)
