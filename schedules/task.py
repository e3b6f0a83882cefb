"""What the schedule library is asked for: one kernel of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from halo.ir.expr import Expr, as_const
from halo.ir.function import Function
from halo.ops.tensor import OpInfo
from halo.schedule.methods import FuncScheduleMethods, ScheduleLog, ScheduleMethods
from halo.schedule.schedule import Schedule
from halo.target import Target


class Stage(ScheduleMethods):
    """An update definition, to be scheduled."""

    __slots__ = ("_function", "_index", "_log")

    def __init__(self, log: ScheduleLog, index: int) -> None:
        self._function, self._log, self._index = log.function, log, index

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        return self._function, self._index, self._log


class Handle(FuncScheduleMethods):
    """A Function to be scheduled, as a Func is; it keeps the directives itself."""

    __slots__ = ("_log",)

    def __init__(self, function: Function) -> None:
        self._log = ScheduleLog(function)

    @property
    def function(self) -> Function:
        return self._log.function

    @property
    def args(self) -> tuple[str, ...]:
        """Names of the pure variables, first dimension first."""
        return self._log.function.args

    @property
    def directives(self) -> Schedule:
        """What was asked for so far."""
        return self._log.schedule()

    def rvars(self, index: int = 0) -> tuple[str, ...]:
        """Names of the reduction variables of update `index`."""
        return tuple(r.name for r in self._log.function.definitions[index + 1].rvars)

    def update(self, index: int = 0) -> Stage:
        """Return update definition `index`."""
        return Stage(self._log, index + 1)

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        return self._log.function, 0, self._log


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A kernel to be scheduled.

    Attributes
    ----------
    root
        What it stores.
    extents
        Of `root`, first dimension first.
    order
        The variables of `root` as its cells lie in memory, innermost first.
    anchor
        The operation that costs most, None if all are elementwise.
    funcs
        The Functions of `anchor` by role, with what it computes itself under ``result``.
    inner
        The other Functions with updates, which are not in `funcs` either.
    input_lane
        The variable of `root` along which the first input of `anchor` lies side by side in
        memory; None if that input is computed here, or has no such variable.
    target
        The machine.
    """

    root: Handle
    extents: tuple[Expr, ...]
    order: tuple[str, ...]
    anchor: OpInfo | None
    funcs: Mapping[str, Handle]
    inner: tuple[Handle, ...]
    input_lane: str | None
    target: Target
    handles: tuple[Handle, ...] = field(repr=False)

    def extent(self, var: str) -> int | None:
        """Return the extent of variable `var` of the root, None if it is not known."""
        size = as_const(self.extents[self.root.args.index(var)])
        return None if size is None else int(size)

    @property
    def lanes(self) -> int:
        """Elements of the root's type in a vector register."""
        return self.target.natural_vector_size(self.root.function.types[0])

    def schedule(self) -> Schedule:
        """Return all directives given."""
        made = Schedule()
        for handle in self.handles:
            made += handle.directives
        return made
