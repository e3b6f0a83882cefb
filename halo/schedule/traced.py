"""Which events of a Func or image are reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from halo.schedule.directives import (
    AddTraceTag,
    Directive,
    TraceLoads,
    TracePipeline,
    TraceRealizations,
    TraceStores,
)


@dataclass(frozen=True, slots=True)
class Traced:
    """Which events of a Func or image are reported, and the tags that go before them."""

    loads: bool = False
    stores: bool = False
    realizations: bool = False
    pipeline: bool = False
    tags: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether an event of the Func itself is."""
        return self.loads or self.stores or self.realizations

    def with_all(self, features: Iterable[str]) -> Traced:
        """Return this with the events of every Func that the target `features` ask for."""
        asked = set(features)
        return replace(
            self,
            loads=self.loads or "trace_loads" in asked,
            stores=self.stores or "trace_stores" in asked,
            realizations=self.realizations or "trace_realizations" in asked,
        )


def with_directive(traced: Traced, directive: Directive) -> Traced:
    """Return `traced` with the events that `directive` asks for."""
    match directive:
        case TraceLoads():
            return replace(traced, loads=True)
        case TraceStores():
            return replace(traced, stores=True)
        case TraceRealizations():
            return replace(traced, realizations=True)
        case TracePipeline():
            return replace(traced, pipeline=True)
        case AddTraceTag():
            return replace(traced, tags=(*traced.tags, directive.tag))
        case _:
            return traced
