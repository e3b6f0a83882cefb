"""Expression nodes that take values from one lane of a vector to another."""

from __future__ import annotations

import dataclasses
from enum import Enum

from halo.ir.expr import Expr
from halo.ir.node import node
from halo.ir.types import Type


@node
class Shuffle(Expr):
    """Lanes `indices` of the concatenation of `vectors`, which share an element type."""

    vectors: tuple[Expr, ...]
    indices: tuple[int, ...]
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", self.vectors[0].type.with_lanes(len(self.indices)))


class ReduceOp(Enum):
    """How `VectorReduce` combines lanes; AND, OR and XOR work on bits, or are logical on bools.

    SATURATING_ADD, of unsigned integers, stops at the largest one.
    """

    ADD = "add"
    MUL = "mul"
    MIN = "min"
    MAX = "max"
    AND = "and"
    OR = "or"
    XOR = "xor"
    SATURATING_ADD = "saturating_add"


@node
class VectorReduce(Expr):
    """Each group of ``value.lanes // lanes`` neighbouring lanes combined, half by half.

    Of n lanes, lane i is combined with lane i + h for h = ceil(n/2), as far as that one exists;
    and so on with the h lanes that are left. The order is fixed: floats give the same bits
    everywhere.
    """

    op: ReduceOp
    value: Expr
    lanes: int
    type: Type = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", self.value.type.with_lanes(self.lanes))
