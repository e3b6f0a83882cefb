"""Directives that tell what happens while a Func is computed; they change none of its values."""

from __future__ import annotations

from dataclasses import dataclass

from halo.schedule.directives.base import Directive


@dataclass(frozen=True, slots=True)
class TraceLoads(Directive):
    """Report each cell of the Func or image that is read."""

    method = "trace_loads"


@dataclass(frozen=True, slots=True)
class TraceStores(Directive):
    """Report each cell of the Func that is written."""

    method = "trace_stores"


@dataclass(frozen=True, slots=True)
class TraceRealizations(Directive):
    """Report where the Func's memory begins and ends, and where it is produced and consumed."""

    method = "trace_realizations"


@dataclass(frozen=True, slots=True)
class AddTraceTag(Directive):
    """Report `tag` when the pipeline begins, if anything of the Func is traced."""

    tag: str
    method = "add_trace_tag"

    def source(self) -> str:
        return f"{self.method}({self.tag!r})"


@dataclass(frozen=True, slots=True)
class TracePipeline(Directive):
    """Report the begin and the end of the pipeline whose output the Func is."""

    method = "trace_pipeline"
