"""Apply what tells what happens while a Func is computed."""

from __future__ import annotations

from dataclasses import replace

from halo.ir.function import Function
from halo.schedule.directives import Directive
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule
from halo.schedule.traced import with_directive


def apply_trace(
    state: FuncSchedule, function: Function, entry: Entry, directive: Directive
) -> FuncSchedule:
    """Return `state` with more events reported."""
    return replace(state, traced=with_directive(state.traced, directive))
