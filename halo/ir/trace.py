"""Events of a traced pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from halo.ir.types import Type


class TraceEventCode(IntEnum):
    """What happened."""

    load = 0
    store = 1
    begin_realization = 2
    end_realization = 3
    produce = 4
    end_produce = 5
    consume = 6
    end_consume = 7
    begin_pipeline = 8
    end_pipeline = 9
    tag = 10


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One event of a run.

    Attributes
    ----------
    func
        Name of the Func or image; of the pipeline's first output for those of the pipeline.
    event
        What happened.
    coordinates
        The cell; of a realization, production or consumption (min, extent) of each dimension.
    value
        What was loaded or stored, a number or a bool; None for other events.
    type
        The type of `value`.
    id, parent_id
        Numbers of this event and of what it happens in: the realization of the Func if that is
        traced, else the pipeline if that is, else 0.
    value_index
        Which of a cell's values.
    trace_tag
        The text of a tag.
    """

    func: str
    event: TraceEventCode
    coordinates: tuple[int, ...] = ()
    value: int | float | bool | None = None
    type: Type | None = None
    id: int = 0
    parent_id: int = 0
    value_index: int = 0
    trace_tag: str = ""
