"""Extern stages in the interpreter: those that have a Python function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from halo.buffer import Buffer
from halo.errors import DefinitionError
from halo.interpret.arithmetic import Array, from_storage, to_storage
from halo.interpret.boxes import Box
from halo.interpret.inputs import bound_buffer
from halo.ir.expr import Call
from halo.ir.function import Definition, Function, Image
from halo.ir.types import Type

Cells = Callable[[Function, Box], list[Array]]
"""Returns the values of a Function in a box, an array for each."""


def call_extern(
    function: Function,
    definition: Definition,
    box: Box,
    numbers: list[Array],
    reads: list[Array],
    cells: Cells,
) -> list[Array]:
    """Return the values of an extern stage in `box`.

    Parameters
    ----------
    numbers
        The scalar arguments, in order.
    reads
        Least and greatest coordinate read, for each dimension of each Func given whole.

    Raises
    ------
    DefinitionError
        It has no Python function.
    """
    extern = definition.extern
    assert extern is not None
    if not callable(extern.implementation):
        raise DefinitionError(
            f"extern stage {function.name} has no Python function: {extern.name} cannot be "
            "interpreted",
            where=definition.where,
            hint="implementation=... of define_extern takes a Python function, too",
        )
    outputs = [Buffer(t, box.shape) for t in function.types]
    for out in outputs:
        out.set_min(list(box.mins))
    args = _arguments(definition, iter(numbers), iter([int(r) for r in reads]), cells)
    extern.implementation(*args, *outputs)
    return [from_storage(o.type(), o.view()) for o in outputs]


def _arguments(
    definition: Definition, numbers: Iterator[Array], reads: Iterator[int], cells: Cells
) -> Iterator[Any]:
    call = definition.values[0]
    assert isinstance(call, Call)
    for a in call.args:
        source = a.func if isinstance(a, Call) else None
        if isinstance(source, Image):
            yield bound_buffer(source)
        elif isinstance(source, Function):
            ends = [(next(reads), next(reads)) for _ in range(source.dimensions)]
            box = Box(tuple(low for low, _ in ends), tuple(high for _, high in ends))
            for type, values in zip(source.types, cells(source, box), strict=True):
                yield _as_buffer(type, values, box)
        else:
            yield next(numbers)[()].item()


def _as_buffer(type: Type, values: Array, box: Box) -> Buffer:
    made = Buffer(np.array(to_storage(type, values)).T, type=type)
    made.set_min(list(box.mins))
    return made
