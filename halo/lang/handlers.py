"""What a running pipeline calls back for, and who takes it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from halo.errors import DefinitionError, user_location
from halo.ir.function import Function
from halo.ir.trace import TraceEvent
from halo.lang.profile import ProfileReport


@dataclass(slots=True)
class JITHandlers:
    """The functions that take what a pipeline run by `realize` has to say.

    They are called by any of its threads, one at a time. What one raises ends the pipeline's
    callbacks, and the call of `realize` raises it when the pipeline has finished.

    Attributes
    ----------
    custom_print
        Takes each line of `halo.print`, its newline included; ``sys.stdout.write`` by default.
    custom_trace
        Takes each `TraceEvent` of what is traced; by default it is printed as a line.
    custom_error
        Takes the text of the error with which compiled code ended; `realize` then returns, and what
        it computes into is not complete. By default the error is raised.
    custom_malloc, custom_free
        Return the address of so many bytes, a multiple of 64 (0: there are none), and take it
        back; both or none. By default C's own.
    """

    custom_print: Callable[[str], Any] | None = None
    custom_trace: Callable[[TraceEvent], Any] | None = None
    custom_error: Callable[[str], Any] | None = None
    custom_malloc: Callable[[int], int] | None = None
    custom_free: Callable[[int], Any] | None = None

    def check(self) -> None:
        """Refuse half an allocator."""
        if (self.custom_malloc is None) != (self.custom_free is None):
            there, missing = ("custom_malloc", "custom_free")
            if self.custom_malloc is None:
                there, missing = missing, there
            raise DefinitionError(
                f"there is a {there} and no {missing}",
                where=user_location(),
                hint="what one of them gives only the other can take back: set both, or none",
            )


def keep_profile(function: Function, report: ProfileReport) -> None:
    """Add what a call took to what earlier ones did, and print the table of this one."""
    before: ProfileReport | None = function.profile
    function.profile = report if before is None else before.plus(report)
    handlers: JITHandlers | None = function.handlers
    take = handlers.custom_print if handlers else None
    (take or sys.stdout.write)(f"{report}\n")
