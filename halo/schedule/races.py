"""Which loops of a definition may run in any order, and which at the same time."""

from __future__ import annotations

from enum import Enum

from halo.ir.equality import equal
from halo.ir.expr import Add, And, Call, CallKind, Expr, Max, Min, Mul, Or, Sub, Variable
from halo.ir.function import Definition, Function
from halo.ir.intrinsics import is_intrinsic
from halo.ir.substitute import find


class Order(Enum):
    """How much the order of a reduction's iterations matters."""

    FREE = "free"
    """Not at all: the bits are the same."""
    BITS = "bits"
    """As over the real numbers not at all, but rounding (or NaN, or -0) may differ."""
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
    if len(definition.values) != 1:
        return Order.FIXED
    value = definition.values[0]
    pair = _update_operands(value)
    if pair is None or len(self_reads(function, definition)) != 1:
        return Order.FIXED
    for call in pair:
        if (
            isinstance(call, Call)
            and call.kind is CallKind.FUNC
            and call.name == function.name
            and all(equal(a, b) for a, b in zip(call.args, definition.args, strict=True))
        ):
            return Order.BITS if value.type.is_float else Order.FREE
    return Order.FIXED


_COMMUTATIVE = (Add, Mul, Min, Max, And, Or)
_COMMUTATIVE_CALLS = ("bitwise_and", "bitwise_or", "bitwise_xor")


def _update_operands(value: Expr) -> tuple[Expr, ...] | None:
    """Return the operands among which the old value may stand, if the op allows any order."""
    if isinstance(value, _COMMUTATIVE):
        return (value.a, value.b)
    if isinstance(value, Sub):
        return (value.a,)
    if is_intrinsic(value, "fma") and isinstance(value, Call):
        return (value.args[2],)
    if any(is_intrinsic(value, n) for n in _COMMUTATIVE_CALLS) and isinstance(value, Call):
        return value.args
    return None
