"""The names of generators."""

from __future__ import annotations

import sys
from collections.abc import Callable as Function
from collections.abc import Mapping
from typing import Any

from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.generators.base import Generator
from halo.generators.context import GeneratorContext
from halo.lang.callable import Callable
from halo.synonyms import also_named
from halo.target import Target

_registered: dict[str, type[Generator]] = {}


def generator(name: str = "") -> Function[[type], type[Generator]]:
    """Make a class a `Generator` and register it: ``@halo.generator("blur")``.

    Parameters
    ----------
    name
        The name for the command line; that of the class by default.

    Raises
    ------
    DefinitionError
        The name is taken.
    TypeMismatch
        It decorates something else than a class.
    """

    def register(cls: type) -> type[Generator]:
        if not isinstance(cls, type):
            raise TypeMismatch(f"@generator decorates classes, not {cls!r}", where=user_location())
        own = name or cls.__qualname__
        bases = (cls,) if issubclass(cls, Generator) else (cls, Generator)
        members = {
            "__doc__": cls.__doc__,
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "registered_name": own,
        }
        return _register(own, type(cls.__name__, bases, members))

    return register


def alias(**params: Mapping[str, Any]) -> Function[[type[Generator]], type[Generator]]:
    """Register a generator under more names, each with values of its parameters.

    ``@halo.alias(blur_small={"radius": 1})`` stands above ``@halo.generator("blur")``.

    Raises
    ------
    DefinitionError
        A name is taken, or the class is no registered generator.
    """

    def register(cls: type[Generator]) -> type[Generator]:
        if not isinstance(cls, type) or not getattr(cls, "registered_name", ""):
            raise DefinitionError(
                "@alias decorates a generator that has a name",
                where=user_location(),
                hint="write it above @halo.generator(...)",
            )
        for name, values in params.items():
            if not isinstance(values, Mapping):
                raise TypeMismatch(
                    f"the alias {name} is given {values!r}, not a dict of parameters",
                    where=user_location(),
                )
            members = {
                "__module__": cls.__module__,
                "registered_name": name,
                "alias_params": dict(values),
            }
            _register(name, type(name, (cls,), members))
        return cls

    return register


def _register(name: str, cls: type[Generator]) -> type[Generator]:
    if name in _registered and not hasattr(sys, "ps1"):  # at a prompt classes are written again
        raise DefinitionError(f"there is a generator '{name}' already", where=user_location())
    _registered[name] = cls
    return cls


def generator_names() -> list[str]:
    """Return the names of all generators, in the order of their registration."""
    return list(_registered)


def find_generator(name: str) -> type[Generator]:
    """Return the generator registered under `name`.

    Raises
    ------
    DefinitionError
        There is none.
    """
    if name not in _registered:
        raise DefinitionError(
            f"there is no generator '{name}'",
            where=user_location(),
            hint=f"there are {', '.join(_registered) or 'none'}",
        )
    return _registered[name]


@also_named(target="context")
def create_callable_from_generator(
    context: GeneratorContext | Target,
    name: str,
    generator_params: Mapping[str, Any] | None = None,
) -> Callable:
    """Return the compiled pipeline of the generator registered under `name`.

    Parameters
    ----------
    context
        What it is made for, or only the target.
    generator_params
        Values of its parameters; texts are read as the command line's are.
    """
    within = GeneratorContext(context) if isinstance(context, Target) else context
    with within:
        return find_generator(name)(generator_params).compile_to_callable()
