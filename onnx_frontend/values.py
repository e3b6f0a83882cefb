"""What a name of a model stands for while it is translated: a tensor, a sequence, or nothing."""

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


Value: TypeAlias = Tensor | TensorSequence | Absent | Text


def tensors_of(value: Value) -> tuple[Tensor, ...]:
    """Return the tensors that `value` consists of."""
    match value:
        case Tensor():
            return (value,)
        case TensorSequence(items=items):
            return items
        case Text(codes=codes):
            return (codes,)
        case _:
            return ()
