"""What a schedule promises about sizes: their values, the boxes that follow, and the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from halo.ir.expr import LE, LT, Add, And, Div, Expr, Mul, Or, Sub, Variable, i32
from halo.ir.function import Dimension, Function, Image
from halo.ir.interval import Interval
from halo.ir.operators import cast_to
from halo.ir.simplify import can_prove, simplify
from halo.ir.stmt import AssertStmt, ErrorCode, Stmt
from halo.ir.substitute import find
from halo.ir.types import Int
from halo.lowering.splits import known_end
from halo.schedule.formula import Formula, Size
from halo.schedule.memory import Bounds
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule

_MOST = 1 << 30
"""Sizes beyond this could take index arithmetic out of range."""


@dataclass(slots=True)
class Sizes:
    """The sizes that directives name, as int32 index expressions.

    Attributes
    ----------
    lets
        Names of formulas and their values, in terms of parameters and inputs.
    checks
        That the values are in the range of coordinates.
    """

    lets: list[tuple[str, Expr]] = field(default_factory=list)
    checks: list[Stmt] = field(default_factory=list)
    _names: dict[Formula, Variable] = field(default_factory=dict)

    def of(self, size: Size) -> Expr:
        """Return `size` by its name, if it is a formula."""
        return self._names[size] if isinstance(size, Formula) else i32(size)

    def add(self, name: str, formula: Formula, entry: Entry) -> None:
        """Take in a formula of the directive `entry`."""
        if formula in self._names:
            return
        variable = self._names[formula] = Variable(Int(32), name)
        self.lets.append((name, value_of(formula)))
        inside = And(LE(i32(-_MOST), variable), LE(variable, i32(_MOST)))
        text = f"{entry.source()}{place_of(entry)}: {formula} must lie between "
        message = (text, i32(-_MOST), " and ", i32(_MOST), ", it is ", variable)
        self.checks.append(AssertStmt(inside, ErrorCode.BAD_PARAMETER, message))


def value_of(size: Size) -> Expr:
    """Return `size` as an int32 expression of parameters and of sizes of buffers."""
    return cast_to(Int(32), size.expr) if isinstance(size, Formula) else i32(size)


def find_sizes(schedules: Mapping[str, FuncSchedule]) -> Sizes:
    """Gather the formulas among the sizes that directives give."""
    sizes = Sizes()
    for name, schedule in schedules.items():
        for what, size, entry in schedule.sizes(name):
            if isinstance(size, Formula):
                sizes.add(what, size, entry)
    return sizes


def promised(need: Interval, bounds: Bounds, sizes: Sizes, whole: bool = True) -> Interval:
    """Return the range to compute where users need `need`: aligned, or what is promised.

    Where it is not computed as a `whole`, each part of it is aligned by itself.
    """
    need = _aligned(need, bounds, whole)
    if bounds.extent is None:
        return need
    low = need.min if bounds.min is None else sizes.of(bounds.min)
    if low is None:
        return need
    return Interval(low, simplify(Sub(Add(low, sizes.of(bounds.extent)), i32(1))))


def promised_output(box: Interval, bounds: Bounds | None, sizes: Sizes) -> Interval:
    """Return the range of an output, of which its buffer holds `box`: by formulas, just that."""
    if bounds is None:
        return box
    if isinstance(bounds.min, Formula) or isinstance(bounds.extent, Formula):
        bounds = replace(bounds, min=None, extent=None)
    return promised(box, bounds, sizes)


def _aligned(need: Interval, bounds: Bounds, whole: bool = True) -> Interval:
    """Return `need` grown to whole steps of ``bounds.modulus``.

    ``[5, 9]`` with modulus 4 -> ``[4, 11]`` for remainder 0, ``[5, 12]`` for none. For none, a
    part of `need` begins and so ends anywhere: all of them, not a `whole`, reach 3 beyond it.
    """
    if bounds.modulus == 1 or need.min is None or need.max is None:
        return need
    if bounds.grows and not whole:
        return Interval(need.min, simplify(Add(need.max, i32(bounds.modulus - 1))))
    step, low = i32(bounds.modulus), need.min
    if bounds.remainder is not None:
        shift = i32(bounds.remainder)
        low = simplify(Add(Mul(Div(Sub(low, shift), step), step), shift))
    steps = Div(Add(Sub(need.max, low), step), step)
    return Interval(low, simplify(Sub(Add(low, Mul(steps, step)), i32(1))))


def promised_dimension(dim: Dimension, bounds: Bounds) -> Dimension:
    """Return `dim` of an output's buffer with what is promised of it."""
    if bounds.extent is None:
        return dim
    low = dim.min if bounds.min is None else value_of(bounds.min)
    return replace(dim, min=low, extent=value_of(bounds.extent))


def is_data(e: Expr) -> bool:
    """Whether parameters or sizes of buffers are part of `e`.

    A field of an output's buffer that has to equal it is an index, and simplified as such; what
    it must equal may wrap.
    """
    return any(v.param is not None or isinstance(v.source, Image) for v in find((e,), Variable))


def promise_checks(
    function: Function, need: Mapping[str, Interval], bounds: Mapping[str, Bounds], sizes: Sizes
) -> list[Stmt]:
    """Return the run-time checks that what is promised by ``bound`` holds all that is needed.

    What is proven needs none; an index without a known range is taken on trust.

    Raises
    ------
    ScheduleError
        It is known that the promise is not kept.
    """
    made: list[Stmt] = []
    for arg, b in bounds.items():
        if b.extent is None or b.promise is None:
            continue
        wanted = _aligned(need[arg], b)
        given = promised(need[arg], b, sizes)
        if wanted.min is None or wanted.max is None:
            continue
        low, high = wanted.min, wanted.max
        inside = simplify(And(LE(known_end(given.min), low), LE(high, known_end(given.max))))
        if can_prove(inside):
            continue
        if not inside.children():  # false
            refuse(
                b.promise,
                function,
                f"cells {low} to {high} along {arg} are needed, and it promises "
                f"{given.min} to {given.max}",
                f"promise at least {function.name}.bound({arg}, {low}, {_extent(low, high)})",
            )
        text = f"{b.promise.source()}{place_of(b.promise)}: cells "
        message = (
            text,
            low,
            " to ",
            high,
            f" along {arg} are needed, it promises ",
            known_end(given.min),
            " to ",
            known_end(given.max),
        )
        made.append(AssertStmt(Or(LT(high, low), inside), ErrorCode.BROKEN_PROMISE, message))
    return made


def _extent(low: Expr, high: Expr) -> Expr:
    return simplify(Add(Sub(high, low), i32(1)))


def place_of(entry: Entry) -> str:
    """Return where a directive was given, for the text of a check."""
    return f" at {entry.where}" if entry.where else ""
