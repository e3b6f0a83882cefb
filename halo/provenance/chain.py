"""Chains from a wanted cell down to the cell that somebody asks about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from halo.errors import SourceLocation
from halo.ir.function import Function
from halo.polyhedral.chain import Box, Hop, NotAnswered, find_chain
from halo.provenance.reads import (
    Place,
    as_ranges,
    known_values,
    reads_of,
)
from halo.schedule.directives import handle_source

_LONGEST = 60
"""Characters of an Expr in a message."""


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a chain: why the cell before it makes the cell `cell` of `name` needed.

    Attributes
    ----------
    reader
        The definition that reads it: ``f``, or ``f.update(0)``.
    where
        The line of that definition.
    iteration
        Values of its variables.
    expr
        The call, as it stands in the definition.
    name, cell
        What it is a call of, and with which coordinates.
    certain
        Whether it is read for sure; an index that depends on data may take another value.
    writes
        Whether it is written and not read.
    """

    reader: str
    where: SourceLocation | None
    iteration: dict[str, int]
    expr: str
    name: str
    cell: tuple[int, ...]
    certain: bool
    writes: bool = False

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        values = ", ".join(f"{n}={v}" for n, v in self.iteration.items())
        at = f" at ({values})" if values else ""
        verb = ("" if self.certain else "may ") + ("write" if self.writes else "read")
        verb += "s" if self.certain else ""
        cell = f"{self.name}({', '.join(map(str, self.cell))})"
        return f"{where}{self.reader}{at} {verb} {cell}: {self.expr}"


def chain_to(
    functions: Sequence[Function],
    boxes: Mapping[str, Box],
    name: str,
    goal: Box,
    fields: Mapping[str, int],
) -> list[Step] | None:
    """Return the steps from the cells `boxes` of outputs to a cell in `goal` of `name`.

    Parameters
    ----------
    functions
        The outputs and all that they read, each after those that it reads itself.
    fields
        Values of buffer fields and symbolic sizes beside those that are set.

    Returns
    -------
    None if nothing needs it, or if that is too hard to find out.
    """
    reads = reads_of(functions)
    known = as_ranges({**known_values(functions), **fields})
    order = [f.name for f in functions]
    try:
        hops = find_chain(boxes, (name, goal), list(reads), order, known)
    except NotAnswered:
        return None
    return None if hops is None else [_step(h, reads[h.read]) for h in hops]


def _step(hop: Hop, place: Place) -> Step:
    text = str(place.call)
    extern = place.definition.extern
    if extern is not None:
        text = f"extern stage {extern.name}"
    own = {*place.function.args, *(r.name for r in place.definition.rvars)}
    return Step(
        handle_source(place.function.name, place.stage),
        place.definition.where,
        {n: v for n, v in hop.values.items() if n in own},
        text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}...",
        hop.read.target,
        hop.to,
        hop.certain and extern is None,
        place.writes,
    )
