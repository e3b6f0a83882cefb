"""The directive that reads ahead."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Self

from halo.schedule.directives.base import Directive


class PrefetchBoundStrategy(Enum):
    """What a prefetch does where it would reach beyond what there is; as in Halide."""

    Clamp = "Clamp"
    """Prefetch that part of the box that is inside the Func's storage or the input's buffer."""
    GuardWithIf = "GuardWithIf"
    """Prefetch only where there is such an iteration."""
    NonFaulting = "NonFaulting"
    """Prefetch anyway: it reads nothing, and so does no harm."""

    def __repr__(self) -> str:
        return f"PrefetchBoundStrategy.{self.name}"


@dataclass(frozen=True, slots=True)
class Prefetch(Directive):
    """In each iteration of `at`, prefetch what it will read of `data` when `from_` is further on.

    The box is the one that the inside of `at` reads with ``from_ + offset`` in place of `from_`,
    which is `at` itself or a loop around it.
    """

    data: str
    at: str
    from_: str
    offset: int = 1
    strategy: PrefetchBoundStrategy = PrefetchBoundStrategy.GuardWithIf
    method = "prefetch"

    def renamed(self, names: Mapping[str, str]) -> Self:
        return dataclasses.replace(self, data=names.get(self.data, self.data))

    def names(self) -> tuple[str, ...]:
        return (self.data,)
