"""One dimension of an array that enters or leaves: its bounds, and what is promised of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.errors import BufferError, DefinitionError, TypeMismatch, user_location
from halo.ir.expr import Call, CallKind, Expr, Variable, as_const
from halo.ir.function import Image
from halo.ir.lowered import Field, buffer_field
from halo.ir.no_expr import given
from halo.ir.operators import add, as_expr, cast_to, sub
from halo.ir.substitute import walk
from halo.ir.types import Int, Type


class ImageDimension:
    """One dimension of an ImageParam or of an output's buffer.

    A promise is a constant, or an expression of Params and of sizes of inputs and outputs;
    ``d.set_extent(d.extent() / 8 * 8)`` promises a multiple of 8. It is checked on entry, and code
    is made for it.
    """

    __slots__ = ("_image", "_index")

    def __init__(self, image: Image, index: int) -> None:
        self._image = image
        self._index = index

    def min(self) -> Expr:
        """Return the first coordinate."""
        return self._field(Field.MIN, self._image.dims[self._index].min)

    def extent(self) -> Expr:
        """Return the number of coordinates."""
        return self._field(Field.EXTENT, self._image.dims[self._index].extent)

    def max(self) -> Expr:
        """Return the last coordinate."""
        return sub(add(self.min(), self.extent()), 1)

    def stride(self) -> Expr:
        """Return the distance in memory from one coordinate to the next, in elements, int64."""
        return self._field(Field.STRIDE, self._image.dims[self._index].stride)

    def min_estimate(self) -> Expr | None:
        """Return the first coordinate that is typical, None if nobody said."""
        return self._image.estimates.get(self._index, (None, None))[0]

    def extent_estimate(self) -> Expr | None:
        """Return the number of coordinates that is typical, None if nobody said."""
        return self._image.estimates.get(self._index, (None, None))[1]

    def set_min(self, min: Any) -> ImageDimension:
        """Promise the first coordinate; None takes the promise back."""
        return self._promise(min=self._bound("min", min, Int(32)))

    def set_extent(self, extent: Any) -> ImageDimension:
        """Promise the number of coordinates; None takes the promise back.

        Raises
        ------
        BufferError
            It is negative.
        """
        value = self._bound("extent", extent, Int(32))
        known = None if value is None else as_const(value)
        if known is not None and known < 0:
            raise BufferError(
                f"dimension {self._index} of {self._image.name} is promised an extent of {known}",
                where=user_location(),
                hint="an extent is 0 or more",
            )
        return self._promise(extent=value)

    def set_bounds(self, min: Any, extent: Any) -> ImageDimension:
        """Promise the first coordinate and the number of coordinates."""
        return self.set_min(min).set_extent(extent)

    def set_stride(self, stride: Any) -> ImageDimension:
        """Promise the stride, in elements; None takes the promise back."""
        value = self._bound("stride", stride, Int(64))
        if self._index == 0:
            self._image.free_stride = value is None
        return self._promise(stride=value)

    def set_estimate(self, min: Any, extent: Any) -> ImageDimension:
        """Say which first coordinate and number of coordinates are typical.

        Nothing depends on it but schedules that are made by a program.
        """
        first = self._bound("min", min, Int(32))
        count = self._bound("extent", extent, Int(32))
        if first is None or count is None:
            raise BufferError(
                f"an estimate of {self._image.name} is a min and an extent", where=user_location()
            )
        self._image.estimates[self._index] = (first, count)
        return self

    def dim(self, dimension: int) -> ImageDimension:
        """Return that dimension of the same array, to go on in one line."""
        return dimension_of(self._image, dimension)

    def _field(self, what: Field, known: Expr | None) -> Expr:
        if known is not None:
            return known
        v = buffer_field(self._image.name, what, self._index)
        return Variable(v.type, v.name, source=self._image)

    def _bound(self, what: str, value: Any, type: Type) -> Expr | None:
        if given(value) is None:
            return None
        e = as_expr(value)
        if not e.type.is_integral or e.type.bits() > type.bits():
            raise TypeMismatch(
                f"the {what} of dimension {self._index} of {self._image.name} has type {e.type}, "
                f"not {type}",
                where=user_location(),
            )
        check_known_on_entry(f"the {what} of dimension {self._index} of {self._image.name}", e)
        return cast_to(type, e)

    def _promise(self, **fields: Expr | None) -> ImageDimension:
        dims = self._image.dims
        dims[self._index] = replace(dims[self._index], **fields)
        return self

    def __repr__(self) -> str:
        return f"{self._image.name}.dim({self._index})"


def check_known_on_entry(what: str, e: Expr) -> None:
    """Refuse an expression that depends on more than Params and sizes of buffers.

    Raises
    ------
    DefinitionError
        `e` uses a Var or a cell.
    """
    for n in walk(e):
        cell = isinstance(n, Call) and n.kind in (CallKind.FUNC, CallKind.IMAGE)
        free = isinstance(n, Variable) and n.param is None and n.source is None
        if isinstance(n, (Call, Variable)) and (cell or free):
            raise DefinitionError(
                f"{what} cannot depend on {n.name}",
                where=user_location(),
                hint="it must be known on entry: made of numbers, Params and sizes of buffers",
            )


def dimension_of(image: Image, i: int) -> ImageDimension:
    """Return that dimension of `image`.

    Raises
    ------
    DefinitionError
        It has none with that number.
    """
    if not 0 <= i < image.dimensions:
        raise DefinitionError(
            f"{image.name} has {image.dimensions} dimensions and none with number {i}",
            where=user_location(),
        )
    return ImageDimension(image, i)
