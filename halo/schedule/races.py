"""Which loops of a definition may run in any order, and which at the same time."""

from __future__ import annotations

from enum import Enum

from halo.ir.expr import Call, CallKind, Expr, Variable
from halo.ir.function import Definition, Function
from halo.ir.stmt import ForKind
from halo.ir.substitute import find
from halo.schedule.associativity import recognise
from halo.schedule.state import StageSchedule, roots


class Order(Enum):
    """How much the order of a reduction's iterations matters."""

    FREE = "free"
    """Not at all: the bits are the same."""
    BITS = "bits"
    """Not but for rounding (or NaN, or -0), or for which of equal candidates is found."""
    FIXED = "fixed"
    """The result may be another one, or this is not proven."""


def self_reads(function: Function, definition: Definition) -> list[Call]:
    """Return the reads of `function` itself in `definition`."""
    calls = find((*definition.values, *definition.args, definition.predicate), Call)
    return [c for c in calls if c.kind is CallKind.FUNC and c.name == function.name]


def is_own_coordinate(function: Function, definition: Definition, var: str) -> bool:
    """Whether iterations of `definition` that differ in `var` touch different cells.

    So it is if `var` itself is a coordinate of the cell written, and every read of the Func has
    it at the same place.
    """
    reads = self_reads(function, definition)
    return any(
        _is_variable(arg, var) and all(_is_variable(r.args[i], var) for r in reads)
        for i, arg in enumerate(definition.args)
    )


def _is_variable(e: Expr, name: str) -> bool:
    return isinstance(e, Variable) and e.name == name


def reduction_order(function: Function, definition: Definition) -> Order:
    """Return how much the order matters in which `definition` visits one cell.

    It is free for ``f[i] = f[i] op e`` with an associative and commutative op, where neither
    `i`, `e` nor the predicate reads f.
    """
    found = recognise(function, definition)
    if found is None:
        return Order.FIXED
    return Order.BITS if found.doubt else Order.FREE


def shared_loops(
    function: Function, index: int, stage: StageSchedule, *kinds: ForKind
) -> list[str]:
    """Return the loops of these kinds whose iterations may meet in a cell, outermost first."""
    if index == 0:
        return []
    d = function.definitions[index]

    def may_meet(name: str) -> bool:
        return not all(is_own_coordinate(function, d, v) for v in roots(stage, name))

    return [x.name for x in stage.dims if (not kinds or x.kind in kinds) and may_meet(x.name)]
