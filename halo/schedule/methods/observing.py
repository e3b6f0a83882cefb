"""Methods that tell what happens while a Func is computed."""

from __future__ import annotations

from typing import Self

from halo.schedule.directives import AddTraceTag, TraceLoads, TraceRealizations, TraceStores
from halo.schedule.methods.base import Recorder


class ObservingMethods(Recorder):
    """Directives about tracing."""

    __slots__ = ()

    def trace_loads(self) -> Self:
        """Report each cell that is read, to `JITHandlers.custom_trace` or as a line of text."""
        return self._record(TraceLoads())

    def trace_stores(self) -> Self:
        """Report each cell that is written."""
        return self._record(TraceStores())

    def trace_realizations(self) -> Self:
        """Report where the memory begins and ends, and where it is produced and consumed."""
        return self._record(TraceRealizations())

    def add_trace_tag(self, trace_tag: str) -> Self:
        """Report `trace_tag` when the pipeline begins, if anything here is traced."""
        return self._record(AddTraceTag(str(trace_tag)))
