"""The method that lets definitions share loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from halo.errors import ScheduleError, user_location
from halo.schedule.align import LoopAlignStrategy
from halo.schedule.directives import ComputeWith
from halo.schedule.methods.base import Recorder, var_name
from halo.schedule.methods.loop_level import LoopLevel, level_of
from halo.synonyms import also_named


class CompanionMethods(Recorder):
    """`compute_with`, for pure definitions and updates."""

    __slots__ = ()

    @also_named(loop_level="stage")
    def compute_with(
        self,
        stage: Any,
        var: Any = None,
        align: LoopAlignStrategy | Sequence[tuple[Any, LoopAlignStrategy]] = LoopAlignStrategy.Auto,
    ) -> Self:
        """Run the loops from the outermost to `var` together with those of `stage`.

        ``for var in union of both ranges: theirs where in its range; ours where in its range``.
        Both are computed at one place, and have the same loops down to `var`.

        Parameters
        ----------
        stage
            A Func or update stage; or a `LoopLevel` alone, without `var`.
        var
            The innermost loop that is shared.
        align
            How iterations are matched where the ranges differ: one strategy for all shared
            loops, or pairs of a loop and its strategy.

        Raises
        ------
        ScheduleError
            There is no such loop; or, when the pipeline is compiled: the loops differ, or a
            dependence between the two would not be kept, with two iterations that show it.
        """
        if isinstance(stage, LoopLevel) and not isinstance(var, (str, type(None))):
            var, align = None, var if align is LoopAlignStrategy.Auto else align
        site = level_of(stage, var)
        if not site.is_at:
            raise ScheduleError(
                "compute_with needs a loop of another definition",
                where=user_location(),
                hint="f.compute_with(g, y)",
            )
        aligns = _aligns(align)
        return self._record(ComputeWith(str(site.func), str(site.var), site.stage or 0, aligns))


def _aligns(align: Any) -> tuple[str, ...]:
    if isinstance(align, LoopAlignStrategy):
        return () if align is LoopAlignStrategy.Auto else (f"={align.name}",)
    made: list[str] = []
    for pair in align:
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise _bad(pair)
        if not isinstance(pair[1], LoopAlignStrategy):
            raise _bad(pair)
        made.append(f"{var_name(pair[0])}={pair[1].name}")
    return tuple(made)


def _bad(pair: Any) -> ScheduleError:
    return ScheduleError(
        f"{pair!r} does not say how a loop is aligned",
        where=user_location(),
        hint="compute_with(g, y, [(y, halo.LoopAlignStrategy.AlignStart)])",
    )
