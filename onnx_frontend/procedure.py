"""Procedures: statements that compute whole tensors, for what no definition of cells says well.

A heap, a list that grows, a search that ends early: which cell is written next depends on data.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from halo.ir.expr import Expr, Load, Ramp, Variable, as_const, i32, i64
from halo.ir.operators import as_expr, cast_to
from halo.ir.simplify import simplify
from halo.ir.stmt import Allocate, For, ForKind, LetStmt, MemoryType, Stmt, Store, block
from halo.ir.types import Int, Type
from halo.ops.tensor import Tensor

LANES = 16
"""Cells that are looked at together."""

_SMALL = 1024
"""Cells up to which an array lies on the stack."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Cells side by side: those of a tensor, row-major, or an array that a procedure has."""

    name: str
    type: Type

    def __getitem__(self, place: int | Expr) -> Expr:
        return Load(self.type, self.name, _flat(place))

    def put(self, place: int | Expr, value: int | Expr) -> Stmt:
        """Return what stores `value` at `place`."""
        return Store(self.name, cast_to(self.type, as_expr(value, self.type)), _flat(place))

    def around(self, size: int | Expr, body: Stmt) -> Stmt:
        """Return `body` with this as an array of `size` cells of its own."""
        cells = simplify(_flat(size))
        number = as_const(cells)
        small = number is not None and number <= _SMALL
        kind = MemoryType.Stack if small else MemoryType.Heap
        return Allocate(self.name, self.type, (cells,), body, kind)

    def vector(self, place: Expr) -> Expr:
        """Return the `LANES` cells from `place` on."""
        index = Ramp(_flat(place), i64(1), LANES)
        return Load(self.type.with_lanes(LANES), self.name, index)


@dataclass(frozen=True, slots=True)
class Counter:
    """An int32 that changes."""

    name: str

    @property
    def value(self) -> Expr:
        """What it is now."""
        return Load(Int(32), self.name, i64(0))

    def put(self, value: int | Expr) -> Stmt:
        """Return what sets it."""
        return Store(self.name, cast_to(Int(32), as_expr(value)), i64(0))

    def around(self, body: Stmt) -> Stmt:
        """Return `body` with this, 0 at first."""
        begun = block(self.put(0), body)
        return Allocate(self.name, Int(32), (i64(1),), begun, MemoryType.Stack)


def _flat(place: int | Expr) -> Expr:
    return i64(place) if isinstance(place, int) else cast_to(Int(64), place)


def loop(
    name: str,
    extent: int | Expr,
    body: Callable[[Expr], Stmt],
    kind: ForKind = ForKind.SERIAL,
) -> Stmt:
    """Return a loop that runs `body` for `name` = 0, ..., extent - 1."""
    count = i32(extent) if isinstance(extent, int) else cast_to(Int(32), extent)
    return For(name, i32(0), count, kind, body(Variable(Int(32), name)))


def let(name: str, value: Expr, body: Callable[[Expr], Stmt]) -> Stmt:
    """Return `body` of a variable that is `value`."""
    return LetStmt(name, value, body(Variable(value.type, name)))


Write = Callable[[Sequence[Memory], Sequence[Memory]], Stmt]
"""Gives the statements, for the memory of what is read and of what is filled."""


@dataclass(slots=True, eq=False)
class ProcedureCall:
    """Tensors that a procedure computes.

    Attributes
    ----------
    title
        What it does, for people.
    about
        What its statements depend on beside shapes, types and `numbers`.
    inputs
        What it reads.
    numbers
        Sizes that stand in its statements, beside those of its tensors.
    write
        Its statements. They read nothing of an input without cells.
    outputs
        What it fills.
    """

    title: str
    about: tuple[Hashable, ...]
    inputs: tuple[Tensor, ...]
    numbers: tuple[Expr, ...]
    write: Write
    outputs: list[Tensor] = field(default_factory=list)
