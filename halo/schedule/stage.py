"""The fluent methods of Funcs and update stages, which record directives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from halo.errors import ScheduleError, user_location
from halo.ir.expr import Expr, as_const
from halo.ir.function import Function
from halo.schedule.apply import apply
from halo.schedule.directives import (
    Bound,
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    Directive,
    Fuse,
    Parallel,
    Reorder,
    ReorderStorage,
    Split,
    StoreAt,
    StoreRoot,
    Unroll,
    Vectorize,
)
from halo.schedule.loop_level import LoopLevel
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.state import FuncSchedule, complete
from halo.schedule.tail import TailStrategy


@dataclass(slots=True)
class ScheduleLog:
    """The directives given for one Func so far, and what they add up to."""

    function: Function
    entries: list[Entry] = field(default_factory=list)
    _state: FuncSchedule = field(default_factory=FuncSchedule)

    @property
    def state(self) -> FuncSchedule:
        """What the directives so far give for the definitions so far."""
        return complete(self._state, self.function)

    def add(self, stage: int, *directives: Directive) -> None:
        """Carry out `directives` for definition `stage`, all of them or none.

        Raises
        ------
        ScheduleError
            One cannot be applied; it carries the user's line.
        """
        where = user_location()
        entries = [Entry(self.function.name, stage, d, where) for d in directives]
        state = self.state
        for entry in entries:
            state = apply(state, self.function, entry)
        self._state = state
        self.entries.extend(entries)

    def schedule(self) -> Schedule:
        """Return the directives as a value."""
        return Schedule(tuple(self.entries))


class ScheduleMethods:
    """Directives as methods of a Func (its pure definition) or of an update stage.

    Each returns the handle it was called on. Variables are given as handles or by name.
    """

    __slots__ = ()

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        """Return the Func, the index of the definition meant, and where to record."""
        raise NotImplementedError

    def _record(self, *directives: Directive) -> Self:
        _, stage, log = self._schedule_target()
        log.add(stage, *directives)
        return self

    def _fresh(self, base: str, suffix: str) -> str:
        """Return a loop name for the inner part of `base` that the stage does not use."""
        function, stage, log = self._schedule_target()
        used: set[str] = set(function.args)
        if stage < len(log.state.stages):
            s = log.state.stages[stage]
            used.update(d.name for d in s.dims)
            for x in s.splits:
                used.update((x.inner, x.outer))
                used.add(x.fused if isinstance(x, Fuse) else x.old)
        names = (f"{base}{suffix}{n or ''}" for n in range(len(used) + 1))
        return next(n for n in names if n not in used)

    def split(
        self,
        old: Any,
        outer: Any,
        inner: Any,
        factor: Any,
        tail: TailStrategy = TailStrategy.Auto,
    ) -> Self:
        """Split the loop over `old`: ``old == outer*factor + inner``."""
        return self._record(_split(old, outer, inner, factor, tail))

    def fuse(self, inner: Any, outer: Any, fused: Any) -> Self:
        """Fuse two neighbouring loops: ``fused == outer*extent(inner) + inner``."""
        return self._record(Fuse(_var_name(inner), _var_name(outer), _var_name(fused)))

    def reorder(self, *vars: Any) -> Self:
        """Put loops into the order given, innermost first."""
        return self._record(Reorder(_names(vars)))

    def tile(self, x: Any, y: Any, *rest: Any, tail: TailStrategy = TailStrategy.Auto) -> Self:
        """Split two loops and put both inner ones inside.

        ``tile(x, y, xo, yo, xi, yi, xfactor, yfactor[, tail])``, or without `xo, yo`, which then
        are `x, y`. The same as two splits and ``reorder(xi, yi, xo, yo)``.
        """
        args = list(rest)
        if args and isinstance(args[-1], TailStrategy):
            tail = args.pop()
        if len(args) not in (4, 6):
            raise ScheduleError(
                f"tile takes 6 or 8 arguments, not {len(args) + 2}",
                where=user_location(),
                hint="tile(x, y, xo, yo, xi, yi, xfactor, yfactor) or "
                "tile(x, y, xi, yi, xfactor, yfactor)",
            )
        xo, yo = args[:2] if len(args) == 6 else (x, y)
        xi, yi, xfactor, yfactor = args[-4:]
        order = Reorder(_names((xi, yi, xo, yo)))
        return self._record(
            _split(x, xo, xi, xfactor, tail), _split(y, yo, yi, yfactor, tail), order
        )

    def vectorize(
        self, var: Any, factor: Any = None, tail: TailStrategy = TailStrategy.Auto
    ) -> Self:
        """Run the loop over `var` as vector lanes; with `factor`, that many of it at a time."""
        return self._part(var, factor, tail, ".v", Vectorize)

    def unroll(self, var: Any, factor: Any = None, tail: TailStrategy = TailStrategy.Auto) -> Self:
        """Unroll the loop over `var`; with `factor`, that many iterations at a time."""
        return self._part(var, factor, tail, ".u", Unroll)

    def _part(
        self, var: Any, factor: Any, tail: TailStrategy, suffix: str, kind: type[Directive]
    ) -> Self:
        name = _var_name(var)
        if factor is None:
            return self._record(kind(name))  # type: ignore[call-arg]
        inner = self._fresh(name, suffix)
        split = _split(name, name, inner, factor, tail)
        return self._record(split, kind(inner))  # type: ignore[call-arg]

    def parallel(
        self, var: Any, task_size: Any = None, tail: TailStrategy = TailStrategy.Auto
    ) -> Self:
        """Share the loop over `var` among threads; with `task_size`, that many in one task."""
        name = _var_name(var)
        if task_size is None:
            return self._record(Parallel(name))
        inner = self._fresh(name, ".t")
        return self._record(_split(name, name, inner, task_size, tail), Parallel(name))


class FuncScheduleMethods(ScheduleMethods):
    """Directives that concern a Func as a whole."""

    __slots__ = ()

    def compute_root(self) -> Self:
        """Compute all of the Func that is needed before anything that uses it."""
        return self._record(ComputeRoot())

    def compute_inline(self) -> Self:
        """Substitute the definition wherever the Func is used."""
        return self._record(ComputeInline())

    def compute_at(self, func: Any, var: Any = None) -> Self:
        """Compute what is needed in each iteration of the loop over `var` of `func`.

        `func` is a Func or update stage; or a `LoopLevel` alone.
        """
        site = _site(func, var)
        if not site.is_at:
            return self._record(ComputeRoot() if site.is_root else ComputeInline())
        return self._record(ComputeAt(str(site.func), str(site.var), site.stage))

    def store_root(self) -> Self:
        """Keep the storage outside all loops."""
        return self._record(StoreRoot())

    def store_at(self, func: Any, var: Any = None) -> Self:
        """Keep the storage for one iteration of the loop over `var` of `func`."""
        site = _site(func, var)
        if site.is_root:
            return self._record(StoreRoot())
        return self._record(StoreAt(str(site.func), str(site.var), site.stage))

    def bound(self, var: Any, min: Any, extent: Any) -> Self:
        """Promise that the Func is computed over exactly `extent` cells from `min` along `var`."""
        return self._record(Bound(_var_name(var), _integer(min), _integer(extent)))

    def reorder_storage(self, *vars: Any) -> Self:
        """Lay out memory with the dimensions in the order given, innermost first."""
        return self._record(ReorderStorage(_names(vars)))


def _split(old: Any, outer: Any, inner: Any, factor: Any, tail: TailStrategy) -> Split:
    return Split(_var_name(old), _var_name(outer), _var_name(inner), _integer(factor), tail)


def _var_name(v: Any) -> str:
    """Return the name of a Var or RVar handle, or of a variable given by name."""
    if isinstance(v, str):
        return v
    name = getattr(v, "name", None)
    name = name() if callable(name) else name
    if isinstance(name, str):
        return name
    raise ScheduleError(
        f"a directive takes Vars and RVars, not {v!r}",
        where=user_location(),
        hint="pass a Var, an RVar or the name of one",
    )


def _names(vars: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of `vars`, which may be one list."""
    if len(vars) == 1 and isinstance(vars[0], (list, tuple)):
        vars = vars[0]
    return tuple(_var_name(v) for v in vars)


def _integer(value: Any) -> Any:
    """Return constants as int; anything else as it is, for `apply` to refuse."""
    if isinstance(value, Expr):
        return as_const(value)
    return int(value) if hasattr(value, "__index__") and not isinstance(value, bool) else value


def _site(func: Any, var: Any) -> LoopLevel:
    """Return the level meant by ``compute_at(func, var)``; a Func means whichever stage uses it."""
    if isinstance(func, LoopLevel):
        return func
    if isinstance(func, str):
        return LoopLevel.at(func, _var_name(var))
    if not isinstance(func, ScheduleMethods):
        raise ScheduleError(
            f"compute_at takes a Func, not {func!r}",
            where=user_location(),
            hint="g.compute_at(f, x)",
        )
    function, stage, _ = func._schedule_target()
    return LoopLevel.at(function.name, _var_name(var), stage or None)
