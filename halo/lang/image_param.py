"""ImageParam: an input array that is given when the compiled function is called."""

from __future__ import annotations

from typing import Any, SupportsIndex

from halo.buffer import Buffer
from halo.buffer.arrays import MOST_DIMENSIONS
from halo.errors import BufferError, DefinitionError, TypeMismatch, user_location
from halo.ir.expr import Call, CallKind, Expr, i64
from halo.ir.function import Dimension, Image
from halo.ir.types import Type
from halo.lang.casts import need_type
from halo.lang.coordinates import as_key, coordinates
from halo.lang.names import fresh_name, unique_name
from halo.lang.output_image_param import OutputImageParam
from halo.lang.wrap import log_of, wrapped
from halo.schedule.directives import TraceLoads


class ImageParam(OutputImageParam):
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

    __slots__ = ()

    def __init__(self, type: Type, dimensions: int, name: str = "") -> None:
        need_type("ImageParam", type)
        if not isinstance(dimensions, SupportsIndex) or not 0 <= dimensions <= MOST_DIMENSIONS:
            raise DefinitionError(
                f"an ImageParam of {dimensions!r} dimensions",
                where=user_location(),
                hint=f"give their number, {MOST_DIMENSIONS} at most: ImageParam(type, 2)",
            )
        name = unique_name(name) if name else fresh_name("p")
        dims = [Dimension() for _ in range(dimensions)]
        if dims:
            dims[0] = Dimension(stride=i64(1))
        super().__init__(Image(name, type, dims))

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

    def trace_loads(self) -> ImageParam:
        """Report each cell that is read; see `Func.trace_loads`. Return the same ImageParam."""
        log_of(self._image).add_entry(TraceLoads())
        return self

    def __getitem__(self, key: Any) -> Expr:
        image = self._image
        args = coordinates(image.name, as_key(key), image.dimensions)
        return Call(image.type, image.name, args, CallKind.IMAGE, image)
