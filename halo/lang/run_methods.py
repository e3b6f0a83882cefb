"""What runs of a pipeline call back and leave behind: the methods that Func and Pipeline share."""

from __future__ import annotations

from halo.errors import DefinitionError, user_location
from halo.ir.function import Function
from halo.lang.handlers import JITHandlers
from halo.lang.profile import ProfileReport
from halo.lang.times import RealizeTimes


class RunMethods:
    """Handlers of what compiled code calls back, and what it took."""

    __slots__ = ()

    def _outputs(self) -> list[Function]:
        """Return the Functions to compute."""
        raise NotImplementedError

    def jit_handlers(self) -> JITHandlers:
        """Return the functions that `realize` calls back, to be set.

        Those of a Pipeline are its first output's.
        ``f.jit_handlers().custom_print = lines.append`` collects what `halo.print` prints.
        """
        first = self._outputs()[0]
        if first.handlers is None:
            first.handlers = JITHandlers()
        handlers: JITHandlers = first.handlers
        return handlers

    def realize_times(self) -> RealizeTimes:
        """Return the seconds that the last call of `realize` took: compiling and running apart.

        Raises
        ------
        DefinitionError
            It has not been realized.
        """
        first = self._outputs()[0]
        times: RealizeTimes | None = first.times
        if times is None:
            raise DefinitionError(
                f"{first.name} has not been realized yet",
                where=user_location(),
                hint="realize it, then ask what that took",
            )
        return times

    def profile_report(self) -> ProfileReport:
        """Return what the calls of `realize` with a profiled target took, all together.

        For a target with the feature profile (``host-profile``) each Func's time, calls and memory
        are measured, and `realize` prints the table. The clock is read where a Func begins and
        ends, and at each iteration of a parallel loop.

        Raises
        ------
        DefinitionError
            It has not been realized for such a target.
        """
        first = self._outputs()[0]
        report: ProfileReport | None = first.profile
        if report is None:
            raise DefinitionError(
                f"{first.name} has no profile yet",
                where=user_location(),
                hint='realize it with a target that has one: halo.Target("host-profile")',
            )
        return report

    def reset_profile(self) -> None:
        """Forget what calls so far took."""
        self._outputs()[0].profile = None
