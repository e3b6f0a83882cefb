"""A small pipeline to schedule: g is used by f at two places; h sums over a reduction domain."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

import halo.ir.operators  # noqa: F401  installs the operators
from halo.errors import SourceLocation
from halo.ir.expr import Call, CallKind, Expr, Variable, const, i32
from halo.ir.function import Definition, Function, ReductionVar
from halo.ir.types import Float, Int, Type
from halo.schedule.stage import FuncScheduleMethods, ScheduleLog, ScheduleMethods


@dataclass
class Stage(ScheduleMethods):
    """A stand-in for an update stage of the language."""

    function: Function
    log: ScheduleLog
    index: int

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        return self.function, self.index, self.log


@dataclass
class F(FuncScheduleMethods):
    """A stand-in for a Func of the language."""

    function: Function
    log: ScheduleLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ScheduleLog(self.function)

    def _schedule_target(self) -> tuple[Function, int, ScheduleLog]:
        return self.function, 0, self.log

    def update(self, i: int = 0) -> Stage:
        return Stage(self.function, self.log, i + 1)

    @property
    def loops(self) -> list[str]:
        """Names of the loops of the pure definition, innermost first."""
        return self.names(0)

    def names(self, stage: int) -> list[str]:
        return [d.name for d in reversed(self.log.state.stages[stage].dims)]


def var(name: str) -> Variable:
    return Variable(Int(32), name)


def cell(f: Function, *args: Expr) -> Call:
    return Call(f.types[0], f.name, args, CallKind.FUNC, f)


def pure(name: str, value: Expr, args: tuple[str, ...] = ("x", "y")) -> Function:
    where = SourceLocation("blur.py", 9)
    left = tuple(var(a) for a in args)
    return Function(name, args, [Definition(left, (value,), where=where)], (value.type,), where)


def reduction(
    name: str, type: Type, args: tuple[Expr, ...], value: object, extents: tuple[Expr, ...]
) -> Function:
    """Return a Func of x, y that starts at 0, with an update over rx, ry."""
    f = pure(name, const(type, 0))
    made = value(f) if callable(value) else value
    rvars = tuple(ReductionVar(n, i32(0), e) for n, e in zip(("rx", "ry"), extents, strict=False))
    f.definitions.append(Definition(args, (made,), rvars, where=f.where))
    return f


@dataclass
class Pipeline:
    g: Function
    f: Function
    h: Function


@pytest.fixture
def pipeline() -> Pipeline:
    x, y = var("x"), var("y")
    g = pure("g", x + y)
    f = pure("f", cell(g, x, y) + cell(g, x + 1, y))
    h = reduction(
        "h",
        Float(32),
        (x, y),
        lambda h: (
            cell(h, x, y) + cell(f, x + var("rx"), y + var("ry")) * const(Float(32), 2)
            if f.types[0].is_float
            else cell(h, x, y) + (cell(f, x + var("rx"), y + var("ry")) + 0.0)
        ),
        (i32(3), var("n")),
    )
    return Pipeline(g, f, h)
