"""Parameters that have several names: Halide's overloads name one argument by what it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

POSITIONAL = "*"
"""Stands for a parameter ``*args``: what is given by the other name is its one argument."""


def also_named(**names: str) -> Callable[[F], F]:
    """Let a function take parameters by other names, too: ``also_named(sizes="dst")``.

    The function keeps its signature; its `synonyms` are `names`.

    Raises
    ------
    TypeError
        When it is called: one parameter is given by two names.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            for other in [n for n in named if n in names]:
                value = named.pop(other)
                if names[other] == POSITIONAL:
                    args = (*args, value)
                elif names[other] in named:
                    raise TypeError(f"{other} and {names[other]} are names of one argument")
                else:
                    named[names[other]] = value
            return function(*args, **named)

        call.synonyms = names  # type: ignore[attr-defined]
        return cast(F, call)

    return decorate
