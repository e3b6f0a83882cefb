"""Sizes that data tell when the model runs: the cells of a shape operand, how many cells are found.

Such a size is an int32 variable like any symbol. The entry function computes it from cells of
tensors as soon as these are there (`entry.py`), so that all that depends on it comes later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from halo.ir.expr import Expr, Max, Min, Variable, const
from halo.ir.function import SymbolicSize
from halo.ir.operators import cast_to
from halo.ir.substitute import walk
from halo.ir.types import Int
from halo.ops.build import CONTENT_LIMIT
from halo.ops.tensor import LARGEST, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class RunTimeSize:
    """An int32 size that is computed while the model runs.

    Attributes
    ----------
    name
        The variable that stands for it.
    value
        What it is: an expression of `cells`, of symbols, and of sizes defined before.
    cells
        The variables in `value` that stand for cells: the tensor and the place, row-major.
    """

    name: str
    value: Expr
    cells: Mapping[str, tuple[Tensor, int]]


class RunTimeSizes:
    """Makes the run-time sizes of a model; `unique` gives identifiers."""

    def __init__(self, unique: Callable[[str], str]) -> None:
        self.made: list[RunTimeSize] = []
        self._unique = unique
        self._followed: list[Tensor] = []
        self._cells: dict[tuple[Tensor, int], Variable] = {}
        self._places: dict[str, tuple[Tensor, int]] = {}

    def mark(self) -> tuple[tuple[RunTimeSize, ...], int]:
        """Return what `forget` goes back to."""
        return tuple(self.made), len(self._followed)

    def forget(self, mark: tuple[tuple[RunTimeSize, ...], int]) -> None:
        """Forget the sizes that were made since `mark`."""
        made, followed = mark
        self.made = list(made)
        for x in self._followed[followed:]:
            x.content = None
        del self._followed[followed:]

    def cell(self, x: Tensor, place: int) -> Expr:
        """Return cell `place` of `x`, row-major, for use in the value of `define` only."""
        if x.constant is not None:
            return const(x.type, x.constant.reshape(-1)[place].item())
        known = self._cells.get((x, place))
        if known is None:
            known = Variable(x.type, self._unique(f"{x.name}_cell_{place}"))
            self._cells[x, place] = known
            self._places[known.name] = (x, place)
        return known

    def define(self, name: str, value: Expr, low: int = 0, high: int = LARGEST) -> Expr:
        """Return a size of the given value (int32), which lies in [low, high]."""
        own = self._unique(name)
        used = {v.name for v in walk(value) if isinstance(v, Variable)}
        cells = {name: self._places[name] for name in sorted(used & self._places.keys())}
        self.made.append(RunTimeSize(own, value, cells))
        return Variable(Int(32), own, source=SymbolicSize(own, low, high, from_data=True))

    def size(self, name: str, x: Tensor, place: int) -> Expr:
        """Return cell `place` of `x`, row-major, which is a size, as one."""
        return self.define(name, cast_to(Int(32), self.cell(x, place)))

    def follow(self, x: Tensor) -> tuple[Expr, ...] | None:
        """Return the cells of `x` as sizes, and note them as its content; None if there are many.

        What int32 cannot hold becomes the nearest number that it holds, less one at the lower end.
        """
        if x.content is None and x.type.is_integral:
            shape = x.static_shape
            count = 1
            for extent in shape or ():
                count *= extent
            if shape is not None and count <= CONTENT_LIMIT:
                x.content = tuple(self._element(x, i) for i in range(count))
                self._followed.append(x)
        return x.content

    def _element(self, x: Tensor, place: int) -> Expr:
        cell = self.cell(x, place)
        if x.type.is_bool():
            return self.define(f"{x.name}_{place}", cast_to(Int(32), cell), 0, 1)
        low, high = max(x.type.min_value, -LARGEST), min(x.type.max_value, LARGEST)
        if low > x.type.min_value:
            cell = Max(cell, const(x.type, low))
        if high < x.type.max_value:
            cell = Min(cell, const(x.type, high))
        return self.define(f"{x.name}_{place}", cast_to(Int(32), cell), low, high)
