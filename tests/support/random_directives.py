"""Random schedules over every directive: each is tried on the pipeline, and kept where legal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from random_drafts import Draft, Maker, Misfit
from random_makers import MAKERS, THREADING, siblings
from random_pipelines import Chooser, RandomPipeline

import halo as hl
from halo.lowering import Lowered, lower
from halo.pipeline.request import make_request
from halo.schedule.receipts import Status

MOST = 14
"""Directives that are tried for one schedule."""

USUAL = tuple(make for weight, make in MAKERS for _ in range(weight))
"""What is picked from."""
WITH_THREADS = (*USUAL, *THREADING)
"""The same, so that most schedules have parallel loops."""


@dataclass
class Drawn:
    """Directives that are legal together, and what becomes of the pipeline under them."""

    schedule: hl.Schedule
    lowered: Lowered


def random_directives(
    choose: Chooser, p: RandomPipeline, bag: Sequence[Maker] = USUAL
) -> hl.Schedule:
    """Give random directives of `bag` to the stages of `p`; return those legal together."""
    return draw_directives(choose, p, "p", bag).schedule


def draw_directives(
    choose: Chooser, p: RandomPipeline, name: str, bag: Sequence[Maker] = USUAL
) -> Drawn:
    """Give random directives to the stages of `p`; lower it with those that are legal together.

    A directive that is refused when it is given leaves no trace; what is refused only when the
    whole pipeline is known is left out of the result. Each refusal says why.
    """
    draft = Draft(choose, p)
    for f in p.stages:  # else most would be inlined, where little is to be scheduled
        if f not in p.outputs and choose.integer(0, 2):
            f.compute_root()
    first = [siblings] if choose.integer(0, 3) == 0 else []
    for make in [*first, *(choose.pick(bag) for _ in range(choose.integer(3, MOST)))]:
        try:
            make(draft, choose.pick(draft.handles))
        except Misfit:
            continue
        except hl.ScheduleError as error:
            _need_reason(error)
    left = p.pipeline().schedule()
    while True:
        try:
            lowered = lowered_as(name, p, left)
            break
        except hl.ScheduleError as error:
            _need_reason(error)
            assert error.entry in left.entries, f"{error} is about no directive"
            left = hl.Schedule(tuple(e for e in left.entries if e is not error.entry))
    for r in lowered.receipts:
        assert r.reason or r.status is Status.APPLIED, str(r)
    return Drawn(left, lowered)


def _need_reason(error: hl.ScheduleError) -> None:
    reason = error.message.partition(": ")[2]
    assert reason.strip(), f"a refusal without a reason: {error}"


def lowered_as(name: str, p: RandomPipeline, schedule: hl.Schedule | None = None) -> Lowered:
    """Lower `p` as a function `name`, with another schedule than its own if one is given."""
    outputs = [f.function for f in p.outputs]
    request = make_request(outputs, name, list(p.buffers()), None)
    return lower(request if schedule is None else replace(request, schedule=schedule))
