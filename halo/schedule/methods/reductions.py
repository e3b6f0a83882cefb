"""Methods for updates whose order is free."""

from __future__ import annotations

from typing import Self

from halo.schedule.directives import Atomic
from halo.schedule.methods.base import Recorder


class ReductionMethods(Recorder):
    """Directives for update stages that combine cells associatively."""

    __slots__ = ()

    def atomic(self, override_associativity_test: bool = False) -> Self:
        """Make each update one step, so that loops over the RDom may be parallel or vectorized.

        ``f[i] = f[i] op e`` for all points of the domain, in any order. A vectorized loop combines
        its lanes first, in a fixed order; threads combine with the cell in the order they come, by
        an atomic operation or, for a cell of several values, under a lock.

        Parameters
        ----------
        override_associativity_test
            Promise that the order does not matter where halo cannot see it.

        Raises
        ------
        ScheduleError
            The update is not known to be associative.
        """
        return self._record(Atomic(bool(override_associativity_test)))
