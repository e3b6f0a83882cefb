"""LoopLevel: a place in the loop nest that may be named before it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.errors import ScheduleError, user_location
from halo.schedule.loop_level import INLINED, ROOT
from halo.schedule.loop_level import LoopLevel as Level
from halo.schedule.methods.base import Recorder, var_name


class LoopLevel:
    """A place to compute or store at: a loop of a Func, outside all loops, or nowhere.

    Without arguments it is to be `set` later; what was placed at it follows then.

    Parameters
    ----------
    func
        A Func or update stage.
    var
        The loop.
    stage_index
        The definition of `func`, 0 for the pure one; -1: the one that uses what is placed here.
    """

    __slots__ = ("_followers", "_level")

    def __init__(self, func: Any = None, var: Any = None, stage_index: int = -1) -> None:
        self._followers: list[Callable[[Level], None]] = []
        self._level: Level | None = None
        if func is not None:
            self._level = level_of(func, var, None if stage_index < 0 else stage_index)

    @classmethod
    def at(cls, func: Any, var: Any, stage: int | None = None) -> LoopLevel:
        """Return the loop over `var` of `func`."""
        return cls(func, var, -1 if stage is None else stage)

    @classmethod
    def root(cls) -> LoopLevel:
        """Return the place outside all loops."""
        return cls._of(ROOT)

    @classmethod
    def inlined(cls) -> LoopLevel:
        """Return the place of what is substituted where it is used."""
        return cls._of(INLINED)

    @classmethod
    def _of(cls, level: Level) -> LoopLevel:
        made = cls()
        made._level = level
        return made

    def set(self, level: LoopLevel) -> None:
        """Let this be the place that `level` is; what was placed here moves with it.

        Raises
        ------
        ScheduleError
            `level` is not set itself.
        """
        self._level = level.level()
        for follow in list(self._followers):
            follow(self._level)

    def defined(self) -> bool:
        """Whether the place is known."""
        return self._level is not None

    def level(self) -> Level:
        """Return the place.

        Raises
        ------
        ScheduleError
            It has not been set.
        """
        if self._level is None:
            raise ScheduleError(
                "this LoopLevel has not been set",
                where=user_location(),
                hint="level.set(halo.LoopLevel(g, y))",
            )
        return self._level

    def stage_index(self) -> int:
        """Return the definition whose loop it is, 0 for the pure one; -1 where none is named."""
        stage = self.level().stage
        return -1 if stage is None else stage

    def follow(self, action: Callable[[Level], None]) -> None:
        """Call `action` with the place: now if it is known, and whenever it is set."""
        self._followers.append(action)
        if self._level is not None:
            action(self._level)

    def __repr__(self) -> str:
        return f"LoopLevel({self._level.directive('compute') if self._level else 'not set'})"


def level_of(func: Any, var: Any, stage: int | None = None) -> Level:
    """Return the loop over `var` of `func`; of a Func, of whichever stage uses what is placed."""
    if isinstance(func, LoopLevel):
        return func.level()
    if isinstance(func, Level):
        return func
    if isinstance(func, str):
        return Level.at(func, var_name(var), stage)
    if not isinstance(func, Recorder):
        raise ScheduleError(
            f"{func!r} is neither a Func nor an update nor a LoopLevel",
            where=user_location(),
            hint="g.compute_at(f, x)",
        )
    function, own, _ = func._schedule_target()
    return Level.at(function.name, var_name(var), stage if stage is not None else own or None)
