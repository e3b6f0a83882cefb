"""What a name of a model stands for while it is translated: a tensor, or something made of some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from halo.ops.tensor import Tensor
from halo.ops.text import TEXT


@dataclass(frozen=True, slots=True)
class TensorSequence:
    """A sequence of tensors; how many is known when the model is compiled."""

    items: tuple[Tensor, ...]


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
    content: Tensor | TensorSequence | Text | Maps


Value: TypeAlias = Tensor | TensorSequence | Absent | Text | Maps | Perhaps


def content_of(value: Value) -> Tensor | TensorSequence | Text | Maps | None:
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
        case Text(codes=codes):
            return (codes,)
        case Maps(keys=keys, values=values):
            return (*tensors_of(keys), *tensors_of(values))
        case Perhaps(there=there, content=content):
            return (*tensors_of(content), there)
        case _:
            return ()
