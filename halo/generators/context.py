"""GeneratorContext: the target that generators make code for, inside a ``with``."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any

from halo.errors import DefinitionError, user_location
from halo.lang.absent import AbsentMembers
from halo.target import Target, default_target

_active: ContextVar[GeneratorContext | None] = ContextVar("halo_generator_context", default=None)


class GeneratorContext(AbsentMembers):
    """What a generator is made for: ``with GeneratorContext(target): Blur.call(image)``."""

    __slots__ = ("_target", "_tokens")

    def __init__(self, target: Target) -> None:
        self._target = target
        self._tokens: list[Token[GeneratorContext | None]] = []

    def target(self) -> Target:
        """Return the target."""
        return self._target

    def __enter__(self) -> GeneratorContext:
        self._tokens.append(_active.set(self))
        return self

    def __exit__(self, *error: Any) -> None:
        _active.reset(self._tokens.pop())


def active_generator_context() -> GeneratorContext:
    """Return the context of the innermost ``with``.

    Raises
    ------
    DefinitionError
        There is none.
    """
    found = _active.get()
    if found is None:
        raise DefinitionError(
            "no GeneratorContext is active here",
            where=user_location(),
            hint="with halo.GeneratorContext(halo.Target('host')): ...",
        )
    return found


def context_or_default() -> GeneratorContext:
    """Return the active context; one for the default target where there is none."""
    return _active.get() or GeneratorContext(default_target())
