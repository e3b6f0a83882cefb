"""Give the names in formulas of a stored schedule the meaning they have in a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace

from halo.ir.expr import Call, Variable
from halo.ir.function import Function, Image, output_images
from halo.ir.lowered import Field, buffer_field
from halo.ir.substitute import find
from halo.schedule.formula import Formula, has_value_outside
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry, Schedule


def bind(schedule: Schedule, functions: Iterable[Function]) -> Schedule:
    """Return `schedule` with the names in its formulas bound to Params and sizes of `functions`.

    Raises
    ------
    ScheduleError
        A name that is neither a Param nor a size of an image that they use.
    """
    if not any(_unbound(f) for e in schedule.entries for f in formulas_of(e)):
        return schedule
    variables = variables_of(functions)
    return Schedule(tuple(_bound(e, variables) for e in schedule.entries))


def formulas_of(entry: Entry) -> list[Formula]:
    """Return the formulas in an entry."""
    values = (getattr(entry.directive, f.name) for f in fields(entry.directive))
    return [*entry.branch, *(v for v in values if isinstance(v, Formula))]


def with_formulas(entry: Entry, change: Callable[[Formula], Formula]) -> Entry:
    """Return `entry` with `change` made to each of its formulas; itself if it has none."""
    if not formulas_of(entry):
        return entry
    old = {f.name: getattr(entry.directive, f.name) for f in fields(entry.directive)}
    new = {n: change(v) for n, v in old.items() if isinstance(v, Formula)}
    branch = tuple(change(c) for c in entry.branch)
    return replace(entry, directive=replace(entry.directive, **new), branch=branch)


def _unbound(formula: Formula) -> list[Variable]:
    found = find((formula.expr,), Variable)
    return [v for v in found if v.param is None and v.source is None]


def variables_of(functions: Iterable[Function]) -> dict[str, Variable]:
    """Return the Params and sizes that formulas may use, by name.

    They are those that the definitions of `functions` use, and the sizes of their buffers.
    """
    known: dict[str, Variable] = {}
    for f in functions:
        for d in f.definitions:
            roots = d.expressions()
            known.update((v.name, v) for v in find(roots, Variable) if has_value_outside(v))
            for call in find(roots, Call):
                if isinstance(call.func, Image):
                    known.update(_sizes(call.func))
        for image in output_images(f) if f.is_defined else ():
            known.update(_sizes(image))
    return known


def _sizes(image: Image) -> Mapping[str, Variable]:
    fields = [buffer_field(image.name, what, d) for what in Field for d in range(image.dimensions)]
    return {v.name: Variable(v.type, v.name, source=image) for v in fields}


def _bound(entry: Entry, variables: Mapping[str, Variable]) -> Entry:
    def bound(value: Formula) -> Formula:
        made = value.bound_to(variables)
        for v in _unbound(made):
            known = ", ".join(variables) or "none"
            refuse(entry, None, f"there is no Param or size {v.name} here", f"known: {known}")
        return made

    return with_formulas(entry, bound)
