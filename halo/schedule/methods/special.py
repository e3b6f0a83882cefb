"""Methods that give a definition several loop nests."""

from __future__ import annotations

from typing import Any, Self

from halo.ir.function import Function
from halo.schedule.directives import Specialize, SpecializeFail
from halo.schedule.formula import Formula
from halo.schedule.methods.log import ScheduleLog
from halo.schedule.methods.loops import LoopMethods
from halo.schedule.methods.reductions import ReductionMethods


class SpecialMethods(LoopMethods, ReductionMethods):
    """`specialize` and `specialize_fail`, beside the directives for loops."""

    __slots__ = ()

    def specialize(self, condition: Any) -> Specialization:
        """Give the definition loops of their own for where `condition` holds.

        ``if condition: special loops; else: the loops without``. The special loops begin as the
        loops are now; what is given here later does not reach them.

        Parameters
        ----------
        condition
            A bool of Params and of sizes of ImageParams and outputs.

        Returns
        -------
        Specialization
            The handle of the special loops, with the directives for loops as its methods.

        Raises
        ------
        ScheduleError
            The condition reads cells or Vars, or is no bool.
        """
        made = Formula.of(condition)
        function, stage, log = self._schedule_target()
        self._record(Specialize(made))
        return Specialization(function, stage, log, (*self._branch(), made))

    def specialize_fail(self, message: str) -> Self:
        """Fail with `message`, a BufferError, where none of the conditions so far holds.

        Raises
        ------
        ScheduleError
            There is no `specialize` before it.
        """
        return self._record(SpecializeFail(str(message)))


class Specialization(SpecialMethods):
    """The loops of a definition for where a condition holds, to be scheduled."""

    __slots__ = ("_conditions", "_function", "_index", "_log")

    def __init__(
        self, function: Function, stage: int, log: ScheduleLog, conditions: tuple[Formula, ...]
    ) -> None:
        self._function, self._index, self._log = function, stage, log
        self._conditions = conditions

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        return self._function, self._index, self._log

    def _branch(self) -> tuple[Formula, ...]:
        return self._conditions
