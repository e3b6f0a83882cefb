"""Which dimensions of a region are computed at once, and which in parts, deeper inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.ir.substitute import free_variables
from halo.lowering.program import Program, calls_in
from halo.lowering.sites import Placement, Site
from halo.schedule.state import FuncSchedule, roots


class Parts:
    """Says along which dimensions the loops around a Function move its region."""

    def __init__(
        self, program: Program, schedules: Mapping[str, FuncSchedule], placement: Placement
    ) -> None:
        self._program, self._schedules, self._placement = program, schedules, placement

    def whole_along(self, name: str, site: Site) -> frozenset[str]:
        """Return the dimensions along which `name` is computed at once for all of `site`.

        Requires: `name` is computed at `site` or deeper. Dimensions are among them where it
        makes no difference, because no step of `name` runs over and no extent is aligned.

        Example: g(x, y), used as g(x, y + 1) by f and computed in f's loop over y -> ``{x}``.
        """
        args = self._program.functions[name].args
        path = self._placement.paths[name]
        between = path[path.index(site) + 1 :]
        if not between or not self._runs_over(name):
            return frozenset(args)
        if any(s.fused for f in self._schedules.values() for s in f.stages):
            return frozenset()  # a loop of one Function moves others too
        return frozenset(a for i, a in enumerate(args) if not self._moves(name, i, between))

    def _runs_over(self, name: str) -> bool:
        schedule = self._schedules[name]
        splits = (split for stage in schedule.stages for split in stage.all_splits())
        grows = any(b.grows for b in schedule.bounds.values())
        return grows or any(split.tail.runs_over for split in splits)

    def _moves(self, name: str, dimension: int, between: Sequence[Site]) -> bool:
        """Whether what is read of `name` along `dimension` changes with the loops `between`."""
        for user, stages in self._program.definitions.items():
            if user == name:
                continue
            for i, d in enumerate(stages):
                if any(c.name == name for c in d.whole_arguments()):
                    return True  # an extern stage reads what its C function says
                calls = [c for c in calls_in(d) if c.name == name]
                used = free_variables(tuple(c.args[dimension] for c in calls))
                if used and self._any_moves(user, i, used, between):
                    return True
        return False

    def _any_moves(
        self, user: str, stage: int, variables: frozenset[str], between: Sequence[Site]
    ) -> bool:
        schedule = self._schedules[user].stages[stage]
        for site in between:
            if (site.func, site.stage) == (user, stage) and any(
                variables & roots(variant, site.var) for variant in schedule.variants()
            ):
                return True
        if self._placement.computed.get(user) not in between:
            return False
        args = self._program.functions[user].args
        return any(self._moves(user, args.index(v), between) for v in variables if v in args)
