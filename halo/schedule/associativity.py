"""Updates that combine a cell with something new by an associative operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from halo.ir.associative import combine, identity, split_update
from halo.ir.cross_lane import ReduceOp
from halo.ir.equality import equal
from halo.ir.expr import GE, GT, LE, LT, Call, CallKind, Comparison, Expr, Select, const
from halo.ir.function import Definition, Function
from halo.ir.node import Node
from halo.ir.substitute import find, walk

LEGAL = (
    "an update f[i] = f[i] op e with op one of + * min max & | ^, or saturating_add of unsigned "
    "integers, where i and e do not read f; or, of several values, one such for each, or the "
    "better of two as argmin and argmax find it"
)
"""The updates that are recognised, for the user."""


@dataclass(frozen=True, slots=True)
class Associative:
    """An update ``cell = cell op rest``, the values of a cell being combined together.

    Attributes
    ----------
    rest
        What is new, one expression for each value; it does not read the Func.
    identity
        Constants that any cell stays the same with.
    ops
        The operation of each value; empty where the values are chosen together.
    doubt
        What another order of the same operations may change, as a clause; empty: nothing.
    """

    rest: tuple[Expr, ...]
    identity: tuple[Expr, ...]
    ops: tuple[ReduceOp, ...] = ()
    doubt: str = ""
    _choice: _Choice | None = field(default=None)

    @property
    def is_exact_in_order(self) -> bool:
        """Whether ``(a op b) op c`` has the bits of ``a op (b op c)``."""
        return not self.doubt or self._choice is not None

    def merge(self, old: Sequence[Expr], new: Sequence[Expr]) -> tuple[Expr, ...]:
        """Return the values of ``old op new``."""
        if self._choice is not None:
            return self._choice.merge(old, new)
        parts = zip(self.ops, old, new, strict=True)
        return tuple(combine(op, a, b) for op, a, b in parts)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Of two cells that one is taken whose value number `pivot` is the better.

    The comparison is of the kind `better`; `old_left` says whether the old value is its left
    operand, `new_if` whether the new cell is taken where it holds.
    """

    better: type[Comparison]
    pivot: int
    old_left: bool
    new_if: bool

    def merge(self, old: Sequence[Expr], new: Sequence[Expr]) -> tuple[Expr, ...]:
        a, b = old[self.pivot], new[self.pivot]
        condition = self.better(a, b) if self.old_left else self.better(b, a)
        pairs = zip(old, new, strict=True)
        return tuple(
            Select(condition, n, o) if self.new_if else Select(condition, o, n) for o, n in pairs
        )

    @property
    def takes_the_smaller(self) -> bool:
        left_is_smaller = self.better in (LT, LE)
        return left_is_smaller is (self.old_left is not self.new_if)

    @property
    def keeps_the_old_of_equals(self) -> bool:
        return (self.better in (LT, GT)) is self.new_if


def recognise(function: Function, definition: Definition) -> Associative | None:
    """Return what associative operation `definition` applies to cells of `function`, if it does.

    Then neither the place of the cell, nor what is new, nor the predicate reads the Func.
    """
    if not definition.rvars or _place_reads(function, definition):
        return None
    found = _value_by_value(function, definition)
    return found or _chosen(function, definition)


def why_not(function: Function, definition: Definition) -> str:
    """Return why `recognise` gives nothing, as a clause that shows the expression."""
    name = function.name
    if not definition.rvars:
        return "it runs over no RDom"
    if _place_reads(function, definition):
        return f"where it writes depends on cells of {name}"
    elsewhere = [c for v in definition.values for c in _reads_elsewhere(function, definition, v)]
    if elsewhere:
        return f"it reads {elsewhere[0]}, another cell than it writes"
    values = ", ".join(map(str, definition.values))
    return f"{values} is not known to combine the cell with something new associatively"


def _place_reads(function: Function, d: Definition) -> bool:
    return any(_is_read(function, n) for n in walk((*d.args, d.predicate)))


def _is_read(function: Function, n: Node) -> bool:
    return isinstance(n, Call) and n.kind is CallKind.FUNC and n.name == function.name


def _is_old(function: Function, d: Definition, n: Node, value_index: int) -> bool:
    if not _is_read(function, n):
        return False
    assert isinstance(n, Call)
    same = all(equal(a, b) for a, b in zip(n.args, d.args, strict=True))
    return same and n.value_index == value_index


def _reads_elsewhere(function: Function, d: Definition, value: Expr) -> list[Call]:
    calls = [c for c in find(value, Call) if _is_read(function, c)]
    return [c for c in calls if not _is_old(function, d, c, c.value_index)]


def _value_by_value(function: Function, d: Definition) -> Associative | None:
    ops: list[ReduceOp] = []
    rest: list[Expr] = []
    for i, value in enumerate(d.values):
        split = split_update(
            value,
            lambda n, i=i: _is_old(function, d, n, i),  # type: ignore[misc]
            lambda n: _is_read(function, n),
        )
        if split is None:
            return None
        ops.append(split[0])
        rest.append(split[1])
    none = tuple(identity(op, e.type) for op, e in zip(ops, rest, strict=True))
    floats = any(e.type.is_float() for e in rest)
    doubt = "the last bits may differ from the default schedule's" if floats else ""
    return Associative(tuple(rest), none, tuple(ops), doubt)


def _chosen(function: Function, d: Definition) -> Associative | None:
    """Recognise ``select(new < old, new, old)`` of all values by one comparison."""
    first = d.values[0]
    if len(d.values) == 1 or not isinstance(first, Select):
        return None
    for pivot in range(len(d.values)):
        found = _choice_by(function, d, first.condition, pivot)
        if found is None:
            continue
        choice, rest = found
        if choice.keeps_the_old_of_equals and _agrees(first.condition, choice, rest):
            op = ReduceOp.MIN if choice.takes_the_smaller else ReduceOp.MAX
            none = [const(e.type, 0) for e in rest]
            none[pivot] = identity(op, rest[pivot].type)
            doubt = "of equal candidates another may be found"
            return Associative(tuple(rest), tuple(none), (), doubt, choice)
    return None


def _choice_by(
    function: Function, d: Definition, condition: Expr, pivot: int
) -> tuple[_Choice, list[Expr]] | None:
    """Return the choice that `condition` makes by value `pivot`, and what is new in each value."""
    if not isinstance(condition, (LT, LE, GT, GE)):
        return None
    old_left = _is_old(function, d, condition.a, pivot)
    if not old_left and not _is_old(function, d, condition.b, pivot):
        return None
    rest: list[Expr] = []
    sides: set[bool] = set()
    for i, v in enumerate(d.values):
        if not isinstance(v, Select) or not equal(v.condition, condition):
            return None
        new_if = _is_old(function, d, v.false_value, i)
        new, old = (v.true_value, v.false_value) if new_if else (v.false_value, v.true_value)
        if not _is_old(function, d, old, i) or any(_is_read(function, n) for n in walk(new)):
            return None
        rest.append(new)
        sides.add(new_if)
    if len(sides) != 1:
        return None
    return _Choice(type(condition), pivot, old_left, sides.pop()), rest


def _agrees(condition: Expr, choice: _Choice, rest: list[Expr]) -> bool:
    """Whether what is compared is what is kept."""
    assert isinstance(condition, Comparison)
    compared = condition.b if choice.old_left else condition.a
    return equal(compared, rest[choice.pivot])
