"""What the fluent methods share: where they record, and how their arguments are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from halo.errors import ScheduleError, user_location
from halo.ir.expr import Expr, Variable, as_const
from halo.ir.function import Function
from halo.schedule.directives import Directive
from halo.schedule.formula import Formula
from halo.schedule.methods.log import ScheduleLog


class Recorder:
    """Base of the handles that directives are methods of: Funcs and their update stages."""

    __slots__ = ()

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        """Return the Func, the index of the definition meant, and where to record."""
        raise NotImplementedError

    def _record(self, *directives: Directive) -> Self:
        _, stage, log = self._schedule_target()
        log.add(stage, *directives, branch=self._branch())
        return self

    def _branch(self) -> tuple[Formula, ...]:
        """Return the conditions of the specialisation meant, none for the loops without."""
        return ()

    def _fresh(self, base: str, suffix: str) -> str:
        """Return a loop name for the inner part of `base` that the stage does not use."""
        function, stage, log = self._schedule_target()
        used: set[str] = set(function.args)
        if stage < len(log.state.stages):
            s = log.state.stages[stage].at(self._branch())
            used.update(d.name for d in s.dims)
            for x in s.splits:
                used.update((*x.made, *x.consumed))
        names = (f"{base}{suffix}{n or ''}" for n in range(len(used) + 1))
        return next(n for n in names if n not in used)


def var_name(v: Any) -> str:
    """Return the name of a Var or RVar handle, or of a variable given by name."""
    if isinstance(v, str):
        return v
    name = getattr(v, "name", None)
    name = name() if callable(name) else name
    if isinstance(name, str):
        return name
    e = v._as_expr() if hasattr(v, "_as_expr") else None  # an RDom of one dimension
    if isinstance(e, Variable):
        return e.name
    raise ScheduleError(
        f"a directive takes Vars and RVars, not {v!r}",
        where=user_location(),
        hint="pass a Var, an RVar or the name of one",
    )


def names_of(vars: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of `vars`, which may be one list."""
    if len(vars) == 1 and isinstance(vars[0], (list, tuple)):
        vars = vars[0]
    return tuple(var_name(v) for v in vars)


def integer(value: Any) -> Any:
    """Return constants as int; anything else as it is, for `apply` to refuse."""
    if isinstance(value, Expr):
        return as_const(value)
    return int(value) if hasattr(value, "__index__") and not isinstance(value, bool) else value
