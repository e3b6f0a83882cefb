"""Which loops of a definition may run in any order, and which at the same time."""

from __future__ import annotations

from collections.abc import Callable
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
    if len(definition.values) != 1 or len(self_reads(function, definition)) != 1:
        return Order.FIXED
    value = definition.values[0]

    def is_old(e: Expr) -> bool:
        if not (isinstance(e, Call) and e.kind is CallKind.FUNC and e.name == function.name):
            return False
        return all(equal(a, b) for a, b in zip(e.args, definition.args, strict=True))

    op = _op(value)
    if op is None or not _combines(value, op, is_old):
        return Order.FIXED
    return Order.BITS if value.type.is_float else Order.FREE


def _op(e: Expr) -> str | None:
    """Return the associative and commutative operation that `e` is, if any."""
    if isinstance(e, (Add, Sub)) or is_intrinsic(e, "fma"):
        return "add"
    if isinstance(e, (Mul, Min, Max, And, Or)):
        return type(e).__name__
    if isinstance(e, Call) and e.kind is CallKind.INTRINSIC:
        return e.name if e.name in ("bitwise_and", "bitwise_or", "bitwise_xor") else None
    return None


def _combines(e: Expr, op: str, is_old: Callable[[Expr], bool]) -> bool:
    """Whether `e` is the old value combined by `op` with something else."""
    if is_old(e):
        return True
    if _op(e) != op:
        return False
    operands = e.children()
    if isinstance(e, Sub):
        operands = operands[:1]
    elif is_intrinsic(e, "fma"):
        operands = operands[2:]
    return any(_combines(x, op, is_old) for x in operands)
