"""Arguments of compiled functions: what they are called, their types, what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from halo.buffer import Buffer
from halo.errors import TypeMismatch, user_location
from halo.ir.function import Image, Parameter
from halo.ir.types import Type
from halo.lang.output_image_param import OutputImageParam
from halo.lang.param import Param
from halo.synonyms import also_named


class ArgumentKind(Enum):
    """What an argument is."""

    InputScalar = 0
    InputBuffer = 1
    OutputBuffer = 2


@dataclass(frozen=True, slots=True)
class ArgumentEstimates:
    """What is known and what is typical of an argument; None where nobody said.

    Attributes
    ----------
    scalar_def, scalar_min, scalar_max, scalar_estimate
        Of a scalar: its value now, its range, its typical value.
    buffer_estimates
        Of a buffer: the typical (min, extent) of each dimension; empty if nobody said.
    """

    scalar_def: Any = None
    scalar_min: Any = None
    scalar_max: Any = None
    scalar_estimate: Any = None
    buffer_estimates: tuple[Any, ...] = ()


class Argument:
    """One argument of a compiled function.

    Parameters
    ----------
    source
        An ImageParam, a Param, a Buffer, or the `OutputImageParam` of an output.

    Raises
    ------
    TypeMismatch
        It is something else.
    """

    __slots__ = ("argument_estimates", "dimensions", "kind", "name", "source", "type")

    @also_named(im="source", param="source", buffer="source")
    def __init__(self, source: Any) -> None:
        data = _data_of(source)
        self.source = data
        self.name: str = data.name
        self.type: Type = data.type
        if isinstance(data, Parameter):
            self.kind, self.dimensions = ArgumentKind.InputScalar, 0
            self.argument_estimates = ArgumentEstimates(
                data.value, data.min, data.max, data.estimate
            )
            return
        self.kind = ArgumentKind.OutputBuffer if data.is_output else ArgumentKind.InputBuffer
        self.dimensions = data.dimensions
        each = [data.estimates.get(i, (None, None)) for i in range(data.dimensions)]
        self.argument_estimates = ArgumentEstimates(
            buffer_estimates=tuple(each) if data.estimates else ()
        )

    def is_buffer(self) -> bool:
        """Whether it is an array."""
        return self.kind is not ArgumentKind.InputScalar

    def is_scalar(self) -> bool:
        """Whether it is a number."""
        return not self.is_buffer()

    def is_output(self) -> bool:
        """Whether it is written."""
        return self.kind is ArgumentKind.OutputBuffer

    def is_input(self) -> bool:
        """Whether it is read only."""
        return not self.is_output()

    def __repr__(self) -> str:
        return f"Argument({self.kind.name}, {self.type}, {self.dimensions}, {self.name!r})"


def as_arguments(args: Sequence[Any]) -> tuple[Image | Parameter, ...]:
    """Return the data behind `args`.

    Raises
    ------
    TypeMismatch
        One is no input.
    """
    if isinstance(args, (str, OutputImageParam, Param, Buffer)):
        raise TypeMismatch(
            f"{args!r} is no list of arguments", where=user_location(), hint="write [a, b]"
        )
    return tuple(_input_of(a) for a in args)


def _input_of(a: Any) -> Image | Parameter:
    data = a.source if isinstance(a, Argument) else _data_of(a)
    if isinstance(data, Image) and data.is_output:
        raise TypeMismatch(
            f"the output {data.name} is listed among the inputs",
            where=user_location(),
            hint="outputs come last by themselves",
        )
    return data


def _data_of(source: Any) -> Image | Parameter:
    if isinstance(source, (Image, Parameter)):
        return source
    if isinstance(source, (OutputImageParam, Buffer)):
        return source.image()
    if isinstance(source, Param):
        return source.parameter()
    raise TypeMismatch(
        f"{source!r} cannot be an argument: ImageParams and Params can", where=user_location()
    )
