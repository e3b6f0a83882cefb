"""Reductions in two: the Func that keeps apart what is combined later."""

from __future__ import annotations

from typing import Any

from halo.errors import ScheduleError, user_location
from halo.ir.function import Function
from halo.lang.names import unique_name
from halo.schedule.directives import RFactor
from halo.schedule.methods import ScheduleLog
from halo.schedule.methods.base import var_name
from halo.schedule.schedule import Entry


def rfactor(function: Function, stage: int, preserved: Any, var: Any) -> Function:
    """Part the reduction of definition `stage`; return the Function that it makes."""
    rvars, vars = _pairs(preserved, var)
    directive = RFactor(rvars, vars, unique_name(f"{function.name}_intm"))
    log: ScheduleLog = function.schedule_log
    return log.factor(stage, directive, user_location())


def rfactor_again(function: Function, entry: Entry) -> Function:
    """Carry out a stored ``rfactor``, by the name it has there."""
    directive = entry.directive
    assert isinstance(directive, RFactor)
    log: ScheduleLog = function.schedule_log
    return log.factor(entry.stage, directive, entry.where)


def _pairs(preserved: Any, var: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if var is not None:
        return (var_name(preserved),), (var_name(var),)
    pairs = list(preserved) if isinstance(preserved, (list, tuple)) else [preserved]
    if any(not isinstance(p, (list, tuple)) or len(p) != 2 for p in pairs):
        raise ScheduleError(
            f"rfactor takes an RVar and a Var, or a list of such pairs, not {preserved!r}",
            where=user_location(),
            hint="rfactor(r.y, u), rfactor([(r.x, u), (r.y, v)])",
        )
    return tuple(var_name(r) for r, _ in pairs), tuple(var_name(v) for _, v in pairs)
