"""Schedules as values: the methods that Func and Pipeline share."""

from __future__ import annotations

from collections.abc import Sequence

from halo.errors import TypeMismatch, user_location
from halo.ir.function import Function
from halo.lang.driver import get_driver
from halo.lang.realization import check_defined
from halo.schedule.receipts import Receipts
from halo.schedule.schedule import Schedule
from halo.schedule.stories import Explanation
from halo.target import Target


class ScheduleValueMethods:
    """Ways to read a schedule, to try one and to replay one."""

    __slots__ = ()

    def _outputs(self) -> list[Function]:
        """Return the Functions to compute."""
        raise NotImplementedError

    def _checked(self) -> list[Function]:
        outputs = self._outputs()
        check_defined(outputs)
        return outputs

    def print_loop_nest(self, target: Target | None = None) -> None:
        """Print the loops of the schedule, without the arithmetic."""
        print(get_driver().print_loop_nest(self._checked(), target).rstrip("\n"))

    def explain(self) -> Explanation:
        """Return in words where each Func is computed, what is kept of it, and its loops.

        Printed, it also shows each directive with what became of it.

        Raises
        ------
        ScheduleError
            A directive is refused.

        Examples
        --------
        >>> print(blur.explain())
        blur  (blur.py:9)
          an output: computed into the caller's buffer
          loops: parallel blur.s0.y > blur.s0.x
          applied: blur.parallel(y)  (blur.py:11)
        """
        return get_driver().explain(self._checked())

    def schedule(self) -> Schedule:
        """Return the directives given for this and all Funcs it uses, as a value."""
        return get_driver().schedule(self._checked())

    def receipts(self, target: Target | None = None, *, strict: bool = False) -> Receipts:
        """Return what becomes of each directive: applied, or without effect and why.

        Parameters
        ----------
        strict
            Whether a directive without effect is an error.

        Raises
        ------
        ScheduleError
            A directive is refused.
        """
        return get_driver().receipts(self._checked(), target, strict)

    def check_schedule(self, schedule: Schedule | None = None) -> Receipts:
        """Return what would become of each directive of `schedule`, refused ones included.

        Nothing is given to any Func. Names are matched as by `apply_schedule`.

        Parameters
        ----------
        schedule
            The schedule to try; that which this has, by default.
        """
        if schedule is not None:
            _need_schedule(schedule)
        return get_driver().check_schedule(self._checked(), schedule)

    def apply_schedule(self, schedule: Schedule, *, strict: bool = False) -> None:
        """Give the directives of `schedule` to this and all Funcs it uses: all or none.

        A Func that the schedule names and that is not here stands for the only one here whose
        name is the same up to the number that sets Funcs of one name apart: ``f`` for ``f$2``.

        Parameters
        ----------
        schedule
            For example what another Pipeline's `schedule` returned, or `Schedule.from_json`.
        strict
            Whether a directive without effect is an error.

        Raises
        ------
        ScheduleError
            A directive names what is not there, or is refused.
        """
        _need_schedule(schedule)
        get_driver().apply_schedule(self._checked(), schedule, strict)

    def auto_schedule(
        self, target: Target | None = None, estimates: Sequence[int] | None = None
    ) -> Schedule:
        """Schedule this and all Funcs it uses by simple rules; return the directives given.

        Funcs that have directives, or are named in some, keep theirs and get no others; promises
        such as `bound` are made use of. No value changes, and it does not fail: what is not known
        to be legal is left out. The reason of each decision stands in `explain`.

        Parameters
        ----------
        target
            The machine to schedule for; this one, by default.
        estimates
            About how many cells of each output will be asked for, along each dimension; by
            default what is promised or estimated of the output (`set_estimates`), and of inputs.

        Raises
        ------
        ScheduleError
            `estimates` are not as many as an output has dimensions.

        Examples
        --------
        >>> print(blur_y.auto_schedule())
        blur_y.split(y, y, yi, 32)
        ...
        """
        return get_driver().auto_schedule(self._checked(), target, estimates)


def _need_schedule(schedule: object) -> None:
    if not isinstance(schedule, Schedule):
        raise TypeMismatch(
            f"a Schedule is asked for, not {schedule!r}",
            where=user_location(),
            hint="halo.Schedule.load(path), halo.Schedule.from_json(text), or f.schedule()",
        )
