"""What a generator's class declares: parameters, inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.errors import DefinitionError, TypeMismatch, user_location
from halo.ir.types import BFloat, Bool, Float, Int, Type, UInt
from halo.lang.func import Func
from halo.lang.image_param import ImageParam
from halo.lang.param import Param

_OF_PYTHON: dict[Any, Type] = {bool: Bool(), int: Int(32), float: Float(32)}
_INTEGERS = [family(bits) for family in (Int, UInt) for bits in (8, 16, 32, 64)]
_FLOATS = [BFloat(16), Float(16), Float(32), Float(64)]
_NAMED: dict[Any, Type] = {str(t): t for t in (Bool(), *_INTEGERS, *_FLOATS)}


class GeneratorParam:
    """A parameter of a generator: a bool, an int, a float, a str or a Type.

    In the generator it is its value. A text for it, as from the command line, is read as the type
    of its default.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value
        if not isinstance(value, (bool, int, float, str, Type)):
            raise TypeMismatch(
                f"a GeneratorParam cannot be {value!r}",
                where=user_location(),
                hint="it is a bool, an int, a float, a str or a Type",
            )

    def parsed(self, name: str, given: Any) -> Any:
        """Return `given` as a value for the parameter called `name`.

        Raises
        ------
        TypeMismatch
            It is no value of the type of the default.
        """
        kind = type(self.value)
        if kind is Type:
            return parse_type(name, given)
        words = {"true": True, "1": True, "false": False, "0": False}
        try:
            if kind is bool:
                return given if isinstance(given, bool) else words[str(given).lower()]
            whole = not isinstance(given, float) or given.is_integer()
            if whole or kind is not int:
                return kind(given)
        except (ValueError, KeyError):
            pass
        raise TypeMismatch(
            f"the GeneratorParam '{name}' is of type {kind.__name__}, not {given!r}",
            where=user_location(),
        )


class Declaration:
    """An input or an output: the types of its values and its dimensions, None where open."""

    __slots__ = ("dimensions", "types")

    def __init__(self, types: Any, dimensions: int | None) -> None:
        self.types = _types(types)
        self.dimensions = dimensions

    def resolved(self, name: str, types: Any, dimensions: Any) -> Declaration:
        """Return it with what ``NAME.type`` and ``NAME.dim`` say filled in, None where nothing.

        Raises
        ------
        DefinitionError
            The class says it already, or it stays open.
        """
        for what, own, given in (("type", self.types, types), ("dim", self.dimensions, dimensions)):
            if own is not None and given is not None:
                raise DefinitionError(
                    f"'{name}.{what}' is set, and the class of the generator says it already",
                    where=user_location(),
                )
            if own is None and given is None:
                raise DefinitionError(
                    f"'{name}' has no {'type' if what == 'type' else 'number of dimensions'}",
                    where=user_location(),
                    hint=f"say it in the class, or set the parameter {name}.{what}",
                )
        known = self.types if types is None else parse_types(f"{name}.type", types)
        count = self.dimensions
        if dimensions is not None:
            count = GeneratorParam(0).parsed(f"{name}.dim", dimensions)
        return type(self)(known, count)

    def make(self, name: str) -> Any:
        """Return the object that stands for it in the generator."""
        raise NotImplementedError


class InputBuffer(Declaration):
    """An array that the pipeline reads; in the generator, an ImageParam."""

    __slots__ = ()

    def make(self, name: str) -> ImageParam:
        """Return the ImageParam."""
        assert self.types is not None and self.dimensions is not None
        return ImageParam(self.types[0], self.dimensions, name)


class InputScalar(Declaration):
    """A number that the pipeline takes; in the generator, a Param."""

    __slots__ = ()

    def __init__(self, types: Any, dimensions: int | None = 0) -> None:
        super().__init__(types, 0)

    def make(self, name: str) -> Param:
        """Return the Param."""
        assert self.types is not None
        return Param(self.types[0], name)


class OutputBuffer(Declaration):
    """An array that the pipeline writes; in the generator, a Func to be defined.

    A list of types declares cells of several values.
    """

    __slots__ = ()

    def make(self, name: str) -> Func:
        """Return the Func, which can be defined as declared only."""
        return Func(self.types, self.dimensions, name)


class OutputScalar(OutputBuffer):
    """A number that the pipeline writes; in the generator, a Func without dimensions."""

    __slots__ = ()

    def __init__(self, types: Any, dimensions: int | None = 0) -> None:
        super().__init__(types, 0)


def _types(given: Any) -> tuple[Type, ...] | None:
    if given is None:
        return None
    return tuple(_type(t) for t in (given if isinstance(given, (list, tuple)) else [given]))


def _type(t: Any) -> Type:
    found = _OF_PYTHON.get(t, t) if isinstance(t, type) else t
    if not isinstance(found, Type):
        raise TypeMismatch(
            f"{t!r} is no type of an input or output",
            where=user_location(),
            hint="halo.UInt(8), for instance; bool, int and float, or None for one that is open",
        )
    return found


def parse_types(name: str, given: Any) -> tuple[Type, ...]:
    """Return the types that `given`, a value for parameter `name`, stands for."""
    words: Sequence[Any] = given.split(",") if isinstance(given, str) else _types(given) or ()
    return tuple(parse_type(name, w) for w in words)


def parse_type(name: str, given: Any) -> Type:
    """Return the type that `given` is or names, as ``uint8``.

    Raises
    ------
    TypeMismatch
        It is none.
    """
    found = given if isinstance(given, Type) else _NAMED.get(given)
    if found is None:
        raise TypeMismatch(
            f"the parameter '{name}' is a type, not {given!r}",
            where=user_location(),
            hint=f"types are {', '.join(_NAMED)}",
        )
    return found
