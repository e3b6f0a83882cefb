"""A pipeline whose Funcs are being given random directives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from random_pipelines import Chooser, RandomPipeline

import halo as hl
from halo.lowering.program import producers_of


class Misfit(Exception):
    """A directive that was drawn has nothing here that it could be for."""


@dataclass
class Draft:
    """A pipeline whose Funcs are being given directives, and the handles they may go to."""

    choose: Chooser
    pipeline: RandomPipeline
    handles: list[Any] = field(default_factory=list)
    fresh: int = 0

    def __post_init__(self) -> None:
        for f in self.pipeline.stages:
            self.handles.extend(all_stages(f))

    def name(self, base: str) -> str:
        """Return a loop name that nothing has."""
        self.fresh += 1
        return f"{base.split('_')[0]}_{self.fresh}"

    def func(self) -> hl.Func:
        """Return one of the Funcs."""
        return self.choose.pick([h for h in self.handles if isinstance(h, hl.Func)])

    def inner(self) -> hl.Func:
        """Return a Func that is no output, which is computed somewhere."""
        outputs = self.pipeline.outputs
        found = [h for h in self.handles if isinstance(h, hl.Func) and h not in outputs]
        f: hl.Func = self.picked(found)
        if f.schedule_log.state.compute_level.is_inlined:
            f.compute_root()
        return f

    def whole(self) -> Any:
        """Return a definition, not a specialisation of one."""
        return self.choose.pick([h for h in self.handles if not h._branch()])

    def picked(self, found: list[Any]) -> Any:
        """Return one of `found`."""
        if not found:
            raise Misfit
        return self.choose.pick(found)

    def loops(self, handle: Any) -> list[str]:
        """Return the loops of a handle, outermost first."""
        _, stage, log = handle._schedule_target()
        return [d.name for d in log.state.stages[stage].at(handle._branch()).dims]

    def loop(self, handle: Any) -> str:
        """Return one of the loops of a handle."""
        name: str = self.picked(self.loops(handle))
        return name

    def factor(self) -> int:
        """Return a factor for splits and the like."""
        return self.choose.pick([1, 2, 3, 4, 5, 8, 16])

    def tail(self) -> hl.TailStrategy:
        """Return a tail strategy."""
        return self.choose.pick(list(hl.TailStrategy))

    def dimension(self, f: hl.Func) -> str:
        """Return a dimension of `f`."""
        return self.choose.pick(list(f.function.args))

    def used(self) -> tuple[hl.Func, Any]:
        """Return a Func and a definition that may use it."""
        f = self.func()
        users = [h for h in self.handles if not h._branch() and reads(h, f)]
        return f, self.picked([h for h in users if h._schedule_target()[0].name != f.name()])


Maker = Callable[[Draft, Any], object]


def all_stages(f: hl.Func) -> list[Any]:
    """Return `f` and the handles of its updates."""
    return [f, *(f.update(i) for i in range(f.num_update_definitions()))]


def reads(handle: Any, f: hl.Func) -> bool:
    """Whether the definition behind `handle` uses `f`."""
    function, stage, _ = handle._schedule_target()
    return any(p.name == f.name() for p in producers_of(function.definitions[stage]))
