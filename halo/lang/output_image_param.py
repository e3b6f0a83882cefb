"""OutputImageParam: the buffer that an output's cells leave in, and what is promised of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from halo.errors import BufferError, DefinitionError, user_location
from halo.ir.expr import Expr
from halo.ir.function import Function, Image
from halo.ir.function import output_images as images_of
from halo.ir.types import Type
from halo.lang.absent import AbsentMembers
from halo.lang.image_dimension import ImageDimension, dimension_of


class OutputImageParam(AbsentMembers):
    """The array that the cells of an output go to: its sizes, and promises about it.

    ``f.output_buffer().dim(1).set_stride(64)`` promises what every buffer that `f` is realized
    into keeps. The stride of dimension 0 of compiled code is 1 unless
    ``dim(0).set_stride(None)`` takes that back; `realize` makes code for the buffer it is given.
    """

    __slots__ = ("_image",)

    def __init__(self, image: Image) -> None:
        self._image = image

    def name(self) -> str:
        """Return the name."""
        return self._image.name

    def type(self) -> Type:
        """Return the type of the elements."""
        return self._image.type

    def dimensions(self) -> int:
        """Return the number of dimensions."""
        return self._image.dimensions

    def defined(self) -> bool:
        """Whether it stands for an array: always."""
        return True

    def image(self) -> Image:
        """Return the data behind this handle."""
        return self._image

    def dim(self, dimension: int) -> ImageDimension:
        """Return that dimension."""
        return dimension_of(self._image, dimension)

    def width(self) -> Expr:
        """Return the extent of dimension 0."""
        return self.dim(0).extent()

    def height(self) -> Expr:
        """Return the extent of dimension 1."""
        return self.dim(1).extent()

    def channels(self) -> Expr:
        """Return the extent of dimension 2."""
        return self.dim(2).extent()

    def left(self) -> Expr:
        """Return the first coordinate of dimension 0."""
        return self.dim(0).min()

    def right(self) -> Expr:
        """Return the last coordinate of dimension 0."""
        return self.dim(0).max()

    def top(self) -> Expr:
        """Return the first coordinate of dimension 1."""
        return self.dim(1).min()

    def bottom(self) -> Expr:
        """Return the last coordinate of dimension 1."""
        return self.dim(1).max()

    def host_alignment(self) -> int:
        """Return the bytes that the address of the first element is known to be a multiple of."""
        return self._image.alignment or self._image.type.bytes()

    def set_host_alignment(self, alignment: int) -> Self:
        """Promise that the first element lies at a multiple of `alignment` bytes.

        Parameters
        ----------
        alignment
            A power of two; 0 takes the promise back.

        Raises
        ------
        BufferError
            It is no power of two.
        """
        if not isinstance(alignment, int) or alignment < 0 or alignment & (alignment - 1):
            raise BufferError(
                f"{self.name()} cannot be aligned to {alignment!r} bytes",
                where=user_location(),
                hint="an alignment is a power of two: 16, 32, 64, ...",
            )
        self._image.alignment = alignment
        return self

    def set_estimates(self, estimates: Sequence[Any]) -> Self:
        """Say which (min, extent) is typical of each dimension."""
        pairs = isinstance(estimates, Sequence) and all(
            isinstance(e, Sequence) and len(e) == 2 for e in estimates
        )
        if not pairs:
            raise BufferError(
                f"estimates are a list of (min, extent) pairs, not {estimates!r}",
                where=user_location(),
            )
        if len(estimates) != self.dimensions():
            raise BufferError(
                f"{len(estimates)} estimates for the {self.dimensions()} dimensions of "
                f"{self.name()}",
                where=user_location(),
            )
        for i, (first, count) in enumerate(estimates):
            self.dim(i).set_estimate(first, count)
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.type()}, {self.dimensions()}, {self.name()!r})"


def output_images(function: Function) -> list[Image]:
    """Return what is promised of the buffers of `function`, one for each of its values.

    Raises
    ------
    DefinitionError
        `function` is not defined.
    """
    if not function.is_defined:
        raise DefinitionError(
            f"{function.name} has no buffer before it is defined",
            where=user_location(),
            hint=f"define {function.name}[...] = ... first",
        )
    function.output_images = images_of(function)
    return function.output_images


class OutputMethods:
    """The methods of Func about the buffers its cells leave in."""

    __slots__ = ()

    @property
    def function(self) -> Function:
        """The data behind this handle."""
        raise NotImplementedError

    def output_buffers(self) -> list[OutputImageParam]:
        """Return the buffers that the values leave in where this is an output."""
        return [OutputImageParam(image) for image in output_images(self.function)]

    def output_buffer(self) -> OutputImageParam:
        """Return the buffer that the value leaves in where this is an output.

        Raises
        ------
        DefinitionError
            There are several values.
        """
        buffers = self.output_buffers()
        if len(buffers) != 1:
            raise DefinitionError(
                f"{self.function.name} has {len(buffers)} values and as many buffers",
                where=user_location(),
                hint="output_buffers() gives all of them",
            )
        return buffers[0]

    def set_estimate(self, var: Any, min: Any, extent: Any) -> Self:
        """Say which coordinates of `var` are typically wanted: min, ..., min + extent - 1.

        Nothing depends on it but schedules that are made by a program.
        """
        buffers = self.output_buffers()
        name = var if isinstance(var, str) else var.name()
        if name not in self.function.args:
            raise DefinitionError(
                f"{self.function.name} has no dimension {name} to estimate",
                where=user_location(),
                hint=f"its dimensions are {', '.join(self.function.args) or 'none'}",
            )
        for buffer in buffers:
            buffer.dim(self.function.args.index(name)).set_estimate(min, extent)
        return self

    def set_estimates(self, estimates: Sequence[Any]) -> Self:
        """Say which (min, extent) is typically wanted of each dimension."""
        for buffer in self.output_buffers():
            buffer.set_estimates(estimates)
        return self
