"""What a running pipeline calls back for, and who takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from halo.ir.trace import TraceEvent


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
    """

    custom_print: Callable[[str], Any] | None = None
    custom_trace: Callable[[TraceEvent], Any] | None = None
