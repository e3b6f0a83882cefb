"""Give the names in formulas of a stored schedule the meaning they have in a pipeline."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from halo.ir.expr import Call, Variable
from halo.ir.function import Function, Image
from halo.ir.lowered import Field, buffer_field
from halo.ir.substitute import find
from halo.schedule.directives import Directive
from halo.schedule.formula import Formula
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
    variables = _variables(functions)
    return Schedule(tuple(_bound(e, variables) for e in schedule.entries))


def formulas_of(entry: Entry) -> list[Formula]:
    """Return the formulas in an entry."""
    fields = dataclasses.fields(entry.directive)
    values = (getattr(entry.directive, f.name) for f in fields)
    return [*entry.branch, *(v for v in values if isinstance(v, Formula))]


def _unbound(formula: Formula) -> list[Variable]:
    found = find((formula.expr,), Variable)
    return [v for v in found if v.param is None and v.source is None]


def _variables(functions: Iterable[Function]) -> dict[str, Variable]:
    known: dict[str, Variable] = {}
    for f in functions:
        for d in f.definitions:
            domain = (e for r in d.rvars for e in (r.min, r.extent))
            roots = (*d.values, *d.args, d.predicate, *domain)
            known.update((v.name, v) for v in find(roots, Variable) if v.param or v.source)
            for call in find(roots, Call):
                if isinstance(call.func, Image):
                    known.update(_sizes(call.func))
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

    old = entry.directive
    fields = {f.name: getattr(old, f.name) for f in dataclasses.fields(old)}
    changed = {n: bound(v) for n, v in fields.items() if isinstance(v, Formula)}
    directive: Directive = dataclasses.replace(old, **changed)
    branch = tuple(bound(c) for c in entry.branch)
    return dataclasses.replace(entry, directive=directive, branch=branch)
