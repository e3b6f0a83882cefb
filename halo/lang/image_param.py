"""ImageParam: an input array that is given when the compiled function is called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from halo.buffer import Buffer
from halo.errors import BufferError, DefinitionError, TypeMismatch, user_location
from halo.ir.expr import Call, CallKind, Expr, Variable, i64
from halo.ir.function import Dimension, Image
from halo.ir.lowered import Field, buffer_field
from halo.ir.operators import add, as_expr, cast_to, sub
from halo.ir.types import Int, Type
from halo.lang.coordinates import as_key, coordinates
from halo.lang.names import fresh_name, unique_name
from halo.lang.wrap import wrapped


class ImageDimension:
    """One dimension of an ImageParam: expressions of its bounds, and promises about them."""

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

    def set_min(self, min: Any) -> ImageDimension:
        """Promise the first coordinate; None takes the promise back."""
        return self._promise(min=self._bound(min, Int(32)))

    def set_extent(self, extent: Any) -> ImageDimension:
        """Promise the number of coordinates; None takes the promise back."""
        return self._promise(extent=self._bound(extent, Int(32)))

    def set_bounds(self, min: Any, extent: Any) -> ImageDimension:
        """Promise the first coordinate and the number of coordinates."""
        return self.set_min(min).set_extent(extent)

    def set_stride(self, stride: Any) -> ImageDimension:
        """Promise the stride, in elements; None takes the promise back."""
        return self._promise(stride=self._bound(stride, Int(64)))

    def dim(self, i: int) -> ImageDimension:
        """Return dimension `i` of the same image, to go on in one line."""
        return _dimension(self._image, i)

    def _field(self, what: Field, known: Expr | None) -> Expr:
        if known is not None:
            return known
        v = buffer_field(self._image.name, what, self._index)
        return Variable(v.type, v.name, source=self._image)

    def _bound(self, value: Any, type: Type) -> Expr | None:
        if value is None:
            return None
        e = as_expr(value)
        if not e.type.is_integral or e.type.bits > type.bits:
            raise TypeMismatch(
                f"a bound of {self._image.name} has type {e.type}, not {type}",
                where=user_location(),
            )
        return cast_to(type, e)

    def _promise(self, **fields: Expr | None) -> ImageDimension:
        dims = self._image.dims
        dims[self._index] = replace(dims[self._index], **fields)
        return self


class ImageParam:
    """An input array parameter.

    Dimension 0 is promised to have stride 1 unless ``dim(0).set_stride(None)`` takes that back.

    Parameters
    ----------
    type
        Type of the elements.
    dimensions
        Number of dimensions.
    name
        Name in the generated code; a fresh one by default.
    """

    __slots__ = ("_image",)

    def __init__(self, type: Type, dimensions: int, name: str = "") -> None:
        if dimensions < 0:
            raise DefinitionError(f"an ImageParam of {dimensions} dimensions")
        name = unique_name(name) if name else fresh_name("p")
        dims = [Dimension() for _ in range(dimensions)]
        if dims:
            dims[0] = Dimension(stride=i64(1))
        self._image = Image(name, type, dims)

    def name(self) -> str:
        """Return the name."""
        return self._image.name

    def type(self) -> Type:
        """Return the type of the elements."""
        return self._image.type

    def dimensions(self) -> int:
        """Return the number of dimensions."""
        return self._image.dimensions

    def image(self) -> Image:
        """Return the data behind this handle."""
        return self._image

    def dim(self, i: int) -> ImageDimension:
        """Return dimension `i`."""
        return _dimension(self._image, i)

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

    def set(self, buffer: Any) -> None:
        """Bind the array that the image is from now on: a Buffer, or what a Buffer takes.

        Raises
        ------
        BufferError
            It has another number of dimensions.
        TypeMismatch
            It has another type of elements.
        """
        bound = buffer if isinstance(buffer, Buffer) else Buffer(buffer)
        if bound.type() != self.type():
            raise TypeMismatch(
                f"ImageParam {self.name()} of {self.type()} is given a Buffer of {bound.type()}",
                where=user_location(),
                hint="convert the array before, with astype(...)",
            )
        if bound.dimensions() != self.dimensions():
            raise BufferError(
                f"ImageParam {self.name()} of {self.dimensions()} dimensions is given a Buffer "
                f"of {bound.dimensions()}",
                where=user_location(),
            )
        self._image.buffer = bound

    def get(self) -> Buffer | None:
        """Return the Buffer that is bound, None if none is."""
        bound: Buffer | None = self._image.buffer
        return bound

    def reset(self) -> None:
        """Unbind the Buffer."""
        self._image.buffer = None

    def in_(self, consumers: Any = None) -> Any:
        """Return the Func that `consumers` (None: all) read instead of this; see `Func.in_`."""
        return wrapped(self._image, consumers)

    def __getitem__(self, key: Any) -> Expr:
        image = self._image
        args = coordinates(image.name, as_key(key), image.dimensions)
        return Call(image.type, image.name, args, CallKind.IMAGE, image)

    def __repr__(self) -> str:
        return f"ImageParam({self.type()}, {self.dimensions()}, {self.name()!r})"


def _dimension(image: Image, i: int) -> ImageDimension:
    if not 0 <= i < image.dimensions:
        raise DefinitionError(
            f"{image.name} has {image.dimensions} dimensions and none with number {i}",
            where=user_location(),
        )
    return ImageDimension(image, i)
