"""Callable: a compiled pipeline that is called like a function."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Sequence
from typing import Any

from halo.buffer import Buffer
from halo.errors import BufferError, DefinitionError, TypeMismatch, user_location
from halo.ir.function import Image, Parameter
from halo.lang.names import asked_name
from halo.lang.param import parameter_value

Run = Function[[Sequence[Buffer | int | float]], None]


class Callable:
    """A compiled pipeline: inputs in the order of its argument list, then the outputs.

    Arguments stand by position or by name: ``c(image, 3, out)``, ``c(image, out=out, gain=3)``.
    Buffers may be Buffers or what a Buffer takes, numpy arrays for instance; outputs are written
    in place.
    """

    __slots__ = ("_arguments", "_names", "_run")

    def __init__(self, arguments: Sequence[Image | Parameter], run: Run) -> None:
        self._arguments = tuple(arguments)
        self._names = _asked_names(self._arguments)
        self._run = run

    def argument_names(self) -> list[str]:
        """Return the names of the arguments, in order."""
        return list(self._names)

    def __call__(self, *args: Any, **named: Any) -> None:
        """Compute the outputs.

        Raises
        ------
        DefinitionError
            An argument is missing, or there are too many.
        TypeMismatch, BufferError
            An argument does not fit.
        BoundsError
            A buffer does not hold the cells needed.
        """
        whole = len(args) == len(self._arguments) and not named
        given = args if whole else self._placed(args, named)
        self._run([_fitting(a, v) for a, v in zip(self._arguments, given, strict=True)])

    def _placed(self, args: Sequence[Any], named: dict[str, Any]) -> list[Any]:
        """Return the values in the order of the arguments."""
        names = self._names
        signature = f"the arguments are {', '.join(names)}"
        if len(args) > len(names):
            raise DefinitionError(
                f"{len(args)} arguments are given and {len(names)} are taken",
                where=user_location(),
                hint=signature,
            )
        placed = dict(zip(names, args, strict=False))
        for name, value in named.items():
            if name not in names:
                raise DefinitionError(
                    f"there is no argument '{name}'", where=user_location(), hint=signature
                )
            if name in placed:
                raise DefinitionError(
                    f"the argument '{name}' is given twice", where=user_location(), hint=signature
                )
            placed[name] = value
        missing = [n for n in names if n not in placed]
        if missing:
            raise DefinitionError(
                f"no value is given for {', '.join(missing)}",
                where=user_location(),
                hint=signature,
            )
        return [placed[n] for n in names]

    def __repr__(self) -> str:
        return f"Callable({', '.join(self._names)})"


def _asked_names(arguments: Sequence[Image | Parameter]) -> tuple[str, ...]:
    """Return the names that the user gave, where no other argument has the same, else the own."""
    asked = [asked_name(a.name) for a in arguments]
    return tuple(
        name if asked.count(name) == 1 else a.name for name, a in zip(asked, arguments, strict=True)
    )


def _fitting(argument: Image | Parameter, value: Any) -> Buffer | int | float:
    if isinstance(argument, Parameter):
        return parameter_value(argument, value)
    if isinstance(value, (int, float)):
        raise TypeMismatch(
            f"the {_role(argument)} is an array, {value!r} is given", where=user_location()
        )
    buffer = value if isinstance(value, Buffer) else Buffer(value)
    _check(argument, buffer)
    return buffer


def _role(argument: Image) -> str:
    return f"{'output' if argument.is_output else 'input'} '{argument.name}'"


def _check(argument: Image, buffer: Buffer) -> None:
    if buffer.type() != argument.type:
        raise TypeMismatch(
            f"the {_role(argument)} of {argument.type} is given a Buffer of {buffer.type()}",
            where=user_location(),
            hint="convert the array before, with astype(...)",
        )
    if buffer.dimensions() != argument.dimensions:
        raise BufferError(
            f"the {_role(argument)} of {argument.dimensions} dimensions is given a Buffer of "
            f"{buffer.dimensions()}",
            where=user_location(),
        )
    if argument.is_output and not buffer.writable:
        raise BufferError(
            f"the {_role(argument)} is given a Buffer that cannot be written",
            where=user_location(),
            hint="its array is read-only, or several elements share a place: copy it",
        )
