"""`why`: what computes or reads one cell, through which definitions, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from halo.buffer import Buffer
from halo.errors import DefinitionError, user_location
from halo.ir.function import Dimension, Function, Image
from halo.lang.func import Func
from halo.lang.image_param import ImageParam
from halo.lang.pipeline import Pipeline
from halo.lang.realization import check_defined, given_buffers
from halo.lowering import loops_of
from halo.pipeline.asked import output_boxes, output_fields
from halo.pipeline.parts import Parts, schedule_of
from halo.pipeline.request import count_values, make_request
from halo.provenance.chain import Step, chain_to
from halo.provenance.count import Count, count_cell
from halo.provenance.reads import field_values, functions_first_read_first, known_values
from halo.schedule.resolve import resolve


@dataclass(frozen=True, slots=True)
class Why:
    """Why a cell is computed or read; printed, it says so line by line.

    Attributes
    ----------
    name, cell
        The cell of a Func or of an input.
    steps
        From a cell of an output down to it; empty if it is one itself. None if no cell wanted
        needs it, or if that is too hard to find out.
    times
        How often the schedule computes the cell of a Func (all its definitions counted), or
        reads that of an input. None if counting would take too long, or for what a directive made
        that is inlined.
    exact
        Whether `times` is exact; where data decides it is the most it can be.
    verb
        ``computed``, ``inlined`` or ``read``.
    """

    name: str
    cell: tuple[int, ...]
    steps: tuple[Step, ...] | None
    times: int | None
    exact: bool
    verb: str

    def __str__(self) -> str:
        what = f"{self.name}({', '.join(map(str, self.cell))})"
        done = {"inlined": "computed inside its users"}.get(self.verb, self.verb)
        if self.times is None:
            uncounted = (
                "as often as they read it" if self.verb == "inlined" else "too often to count"
            )
            often = f"{done}, {uncounted}"
        else:
            most = "" if self.exact else "at most "
            often = f"{done} {most}{self.times} time{'' if self.times == 1 else 's'}"
        if self.steps is None and self.times:
            return f"{what} is {often}, being in the box around cells that are needed"
        if self.steps is None:
            return f"{what} is {often}; no cell that is asked for needs it"
        return "\n  ".join([f"{what} is {often}", *map(str, self.steps)])


def why(what: Any, cell: Any, of: Any = None, sizes: Any = None) -> Why:
    """Return why cell `cell` of a Func or input is computed or read when `of` is realized.

    Parameters
    ----------
    what
        A Func, an ImageParam or a Buffer.
    cell
        Its coordinates, one for each dimension.
    of
        The output, the outputs, or the Pipeline that is realized; `what` itself by default.
    sizes
        What would be given to ``realize``: sizes or Buffers.

    Returns
    -------
    The chain of definitions, each with its line, from a cell of an output to this one, through the
    wrappers, clones and parts of reductions that the schedule made; and how often the present
    schedule computes or reads it. Nothing is run: the cost depends neither on the sizes nor on
    data. Sizes of ImageParams and values of Params count as far as they are set.

    Raises
    ------
    DefinitionError
        `cell` has another number of coordinates than `what`, or `what` is no Func or input.

    Examples
    --------
    >>> print(hl.why(blur_x, (3, 0), of=blur_y, sizes=[8, 8]))
    blur_x(3, 0) is computed 1 time
      blur.py:9: blur_y at (x=3, y=0) reads blur_x(3, 0): blur_x(x, y)
    """
    source = _source(what)
    outputs = _outputs(what if of is None else of)
    coordinates = _coordinates(source, cell)
    check_defined(outputs)
    given = given_buffers(sizes)
    buffers = [None] * count_values(outputs) if given is None else list(given)
    boxes = output_boxes(outputs, sizes, buffers)
    values = output_fields(outputs, boxes)
    goal = tuple((c, c) for c in coordinates)
    steps = chain_to(_as_scheduled(outputs), boxes, source.name, goal, values)
    verb, count = _count(source, coordinates, outputs, buffers, values, bool(steps))
    return Why(
        source.name,
        coordinates,
        None if steps is None else tuple(steps),
        count.times if count else None,
        count.exact if count else False,
        verb,
    )


def _as_scheduled(outputs: Sequence[Function]) -> list[Function]:
    """Return `outputs` and what they read, first read first, with what the schedule made of them.

    Their definitions are the user's where no directive changed them.
    """
    functions = {f.name: f for f in functions_first_read_first(outputs)}
    resolved = resolve(functions, [f.name for f in outputs], schedule_of(outputs))
    return list(resolved.definitions.values())


def _source(what: Any) -> Function | Image:
    if isinstance(what, Func):
        return what.function
    if isinstance(what, (ImageParam, Buffer)):
        return what.image()
    raise DefinitionError(
        f"why is asked of {what!r}, which has no cells",
        where=user_location(),
        hint="halo.why(f, (x, y), of=output, sizes=[w, h]) with a Func, ImageParam or Buffer f",
    )


def _outputs(of: Any) -> list[Function]:
    if isinstance(of, Pipeline):
        return [f.function for f in of.outputs()]
    listed = list(of) if isinstance(of, (list, tuple)) else [of]
    if not listed or not all(isinstance(f, Func) for f in listed):
        raise DefinitionError(
            f"why needs to know what is realized, not {of!r}",
            where=user_location(),
            hint="give the output: halo.why(input, cell, of=output, sizes=[w, h])",
        )
    return [f.function for f in listed]


def _coordinates(source: Function | Image, cell: Any) -> tuple[int, ...]:
    found = tuple(cell) if isinstance(cell, (list, tuple)) else (cell,)
    if len(found) != source.dimensions or not all(hasattr(c, "__index__") for c in found):
        raise DefinitionError(
            f"{source.name} has {source.dimensions} dimensions, and the cell asked about is {cell}",
            where=user_location(),
            hint="give an integer for each dimension",
        )
    return tuple(c.__index__() for c in found)


def _count(
    source: Function | Image,
    cell: tuple[int, ...],
    outputs: Sequence[Function],
    buffers: Sequence[Buffer | None],
    values: dict[str, int],
    needed: bool,
) -> tuple[str, Count | None]:
    """Return what happens to the cell, and how often the schedule lets it happen."""
    parts = Parts.of(outputs)
    values |= known_values(parts.functions)
    for image in parts.images:
        values |= field_values(image)
    request = make_request(outputs, outputs[0].name, list(buffers), None)
    if isinstance(source, Image):
        return "read", count_cell(loops_of(request), source.name, cell, values, reads=True)
    count = count_cell(loops_of(request), source.name, cell, values, reads=False)
    if count is None or count.times or not needed or source.has_updates:
        return "computed", count
    if source.name not in {f.name for f in parts.functions}:
        return "inlined", None  # only what the user defined can be cut out and counted
    stand_in = Image(source.name, source.types[0], [Dimension()] * source.dimensions)
    cut = replace(request, cuts={source.name: stand_in})
    return "inlined", count_cell(loops_of(cut), source.name, cell, values, reads=True)
