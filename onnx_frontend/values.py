"""What a name of a model stands for while it is translated: a tensor, or something made of some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from halo.ir.expr import Expr
from halo.ops.index import known
from halo.ops.tensor import Tensor
from halo.ops.text import TEXT


@dataclass(frozen=True, slots=True)
class TensorSequence:
    """A sequence of tensors; how many is known when the model is compiled."""

    items: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class OpenSequence:
    """A sequence of tensors of one type and number of axes; only a run tells how many.

    Attributes
    ----------
    data
        All cells of the first tensor, of the second, and so on: a vector.
    shapes
        The shape of each: int64, (how many tensors, their number of axes).
    sizes
        For each axis the size that all tensors are known to have there, else None; empty if
        nothing is known.
    """

    data: Tensor
    shapes: Tensor
    sizes: tuple[Expr | None, ...] = ()

    @property
    def count(self) -> Expr:
        """How many tensors it has."""
        return self.shapes.shape[0]

    @property
    def rank(self) -> int:
        """How many axes each has."""
        rank = known(self.shapes.shape[1])
        assert rank is not None
        return rank

    def common(self, axis: int) -> Expr | None:
        """The size that all tensors are known to have along `axis`."""
        return self.sizes[axis] if self.sizes else None


@dataclass(frozen=True, slots=True)
class Absent:
    """An optional value that is not there."""


@dataclass(frozen=True, slots=True)
class Text:
    """A tensor of strings: the last axis of `codes` (uint8) has their bytes."""

    codes: Tensor

    def __post_init__(self) -> None:
        self.codes.encoding = TEXT


@dataclass(frozen=True, slots=True)
class Maps:
    """A map: the vectors of its keys and of the values that belong to them.

    With `many` it is a sequence of maps with the same keys, and `values` have a row for each.
    """

    keys: Tensor | Text
    values: Tensor | Text
    many: bool = False


@dataclass(frozen=True, slots=True)
class Perhaps:
    """An optional value of which only a run tells whether it is there.

    Attributes
    ----------
    there
        A bool: whether it is there.
    content
        What it is then; it is computed in any case, and of no meaning where it is not there.
    """

    there: Tensor
    content: Content


Content: TypeAlias = Tensor | TensorSequence | OpenSequence | Text | Maps
Value: TypeAlias = Content | Absent | Perhaps


def content_of(value: Value) -> Content | None:
    """Return what `value` is if it is there; None if it never is."""
    match value:
        case Absent():
            return None
        case Perhaps(content=content):
            return content
        case _:
            return value


def tensors_of(value: Value) -> tuple[Tensor, ...]:
    """Return the tensors that `value` consists of."""
    match value:
        case Tensor():
            return (value,)
        case TensorSequence(items=items):
            return items
        case OpenSequence(data=data, shapes=shapes):
            return (data, shapes)
        case Text(codes=codes):
            return (codes,)
        case Maps(keys=keys, values=values):
            return (*tensors_of(keys), *tensors_of(values))
        case Perhaps(there=there, content=content):
            return (*tensors_of(content), there)
        case _:
            return ()
