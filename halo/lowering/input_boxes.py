"""How much is read of each input, once the sizes of the outputs are numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.errors import BoundsError, BufferError, user_location
from halo.ir.expr import Expr, Variable, as_const, const, i32
from halo.ir.function import Image
from halo.ir.interval import Interval
from halo.ir.lowered import Field, buffer_field
from halo.ir.simplify import simplify
from halo.ir.substitute import substitute, walk
from halo.lowering import Request, nest_of, prepare
from halo.lowering.bounds_inference import Box

NumberBox = list[tuple[int, int]]
"""The (min, extent) of each dimension."""

Place = Sequence[tuple[int, int, int]]
"""The (min, extent, stride) of each dimension of a buffer that is there."""


def input_boxes(request: Request, places: Mapping[str, Place]) -> list[tuple[Image, NumberBox]]:
    """Return for each input that has no buffer the box of it that is read.

    Requires: `places` gives all output buffers and all inputs that have one.

    Example: f(x) = in(x + 1), f's buffer has min 0 and extent 3 -> in: [(1, 3)].

    Raises
    ------
    BoundsError
        The box depends on the size of an input that has no buffer, or has no bound.
    BufferError
        It depends on a parameter that has no value.
    """
    program, resolved, dims, arrays = prepare(request)
    given, known, nest = nest_of(request, program, resolved, dims)
    values = _numbers(places)
    for p in given.parameters:
        if p.value is not None:
            values[p.name] = const(p.type, p.value)
    for name, e in (*known.items(), *nest.lets):
        values.setdefault(name, simplify(substitute(e, values)))
    return [
        (image, _box(image, nest.needed.get(name, ()), values))
        for name, image in given.without(arrays.images).images.items()
        if image.buffer is None
    ]


def _numbers(places: Mapping[str, Place]) -> dict[str, Expr]:
    values: dict[str, Expr] = {}
    for name, place in places.items():
        for d, numbers in enumerate(place):
            for what, number in zip(Field, numbers, strict=True):
                v = buffer_field(name, what, d)
                values[v.name] = const(v.type, number)
    return values


def _box(image: Image, needed: Box, values: Mapping[str, Expr]) -> NumberBox:
    box: NumberBox = []
    for d, dim in enumerate(image.dims):
        # An input that only has its size asked for is not read at all.
        read = needed[d] if d < len(needed) else Interval(i32(0), i32(-1))
        low = _number(image, d, read.min if dim.min is None else dim.min, values)
        if dim.extent is not None:
            box.append((low, _number(image, d, dim.extent, values)))
        else:
            box.append((low, max(_number(image, d, read.max, values) - low + 1, 0)))
    return box


def _number(image: Image, d: int, e: Expr | None, values: Mapping[str, Expr]) -> int:
    value = None if e is None else simplify(substitute(e, values))
    number = None if value is None else as_const(value)
    if number is not None:
        return int(number)
    unset = [] if value is None else [n for n in walk(value) if isinstance(n, Variable)]
    for v in unset:
        if v.param is not None:
            raise BufferError(
                f"how much of {image.name} is read depends on Param {v.name}, which has no value",
                where=user_location(),
                hint=f"{v.name}.set(...)",
            )
    of = ", ".join(dict.fromkeys(v.source.name for v in unset if isinstance(v.source, Image)))
    why = f"depends on the size of {of}" if of else "has no known bound"
    raise BoundsError(
        f"how much of {image.name} is read in dimension {d} {why}",
        where=user_location(),
        hint=f"set {of or image.name} yourself, or promise its size with dim({d}).set_bounds(...)",
    )
