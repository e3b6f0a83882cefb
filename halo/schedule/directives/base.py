"""What all directives have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Self

from halo.schedule.tail import TailStrategy

DIRECTIVES: dict[str, type[Directive]] = {}
"""The classes by the name the user calls them by."""


@dataclass(frozen=True, slots=True)
class Directive:
    """Base of directives; `method` is the name the user calls it by."""

    method: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if "method" in vars(cls):  # twice for each: a class with slots is made of one without
            DIRECTIVES[cls.method] = cls

    def source(self) -> str:
        """Return the call as the user would type it, without the Func: ``split(x, xo, xi, 8)``."""
        values = [getattr(self, f.name) for f in dataclasses.fields(self)]
        return f"{self.method}({', '.join(t for v in values for t in _texts(v))})"

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return this directive for Funcs that are called otherwise."""
        return self

    def names(self) -> tuple[str, ...]:
        """Return the names of Funcs in this directive."""
        return ()

    def with_loops(self, names: Mapping[str, str]) -> Self:
        """Return this directive for loops that are called otherwise."""
        changed: dict[str, object] = {}
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if isinstance(value, str):
                changed[f.name] = names.get(value, value)
            elif isinstance(value, tuple):
                changed[f.name] = tuple(names.get(v, v) for v in value)
        return dataclasses.replace(self, **changed)


def _texts(value: object) -> list[str]:
    if isinstance(value, tuple):
        return [str(v) for v in value]
    if isinstance(value, TailStrategy):
        return [] if value is TailStrategy.Auto else [repr(value)]
    if isinstance(value, Enum):
        return [repr(value)]
    return [] if value is None else [str(value)]


def handle_source(func: str, stage: int | None) -> str:
    """Return the text of a stage handle: ``f``, or ``f.update(0)`` for stage 1."""
    return f"{func}.update({stage - 1})" if stage else func


@dataclass(frozen=True, slots=True)
class Site(Directive):
    """Base of directives that name the loop over `var` of `func`.

    `stage` is the definition whose loop is meant, 0 for the pure one; None: the one that uses
    the Func.
    """

    func: str
    var: str
    stage: int | None = None

    def source(self) -> str:
        return f"{self.method}({handle_source(self.func, self.stage)}, {self.var})"

    def renamed(self, names: Mapping[str, str]) -> Self:
        return dataclasses.replace(self, func=names.get(self.func, self.func))

    def names(self) -> tuple[str, ...]:
        return (self.func,)

    def with_loops(self, names: Mapping[str, str]) -> Self:
        return dataclasses.replace(self, var=names.get(self.var, self.var))
