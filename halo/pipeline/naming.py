"""A schedule of one algorithm in the names of another."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping

from halo.ir.expr import Variable
from halo.ir.function import Function, Image
from halo.ir.substitute import find
from halo.lang.wrap import name_again
from halo.schedule.binding import formulas_of, variables_of, with_formulas
from halo.schedule.directives import ComputeWith, Site
from halo.schedule.formula import Formula
from halo.schedule.rewrites import is_rewrite
from halo.schedule.schedule import Entry, Schedule

Table = Mapping[str, Function | Image]


def named_as(schedule: Schedule, table: Table) -> Schedule:
    """Return `schedule` for the Funcs and images in `table`.

    A Func that is not among them stands for the only one whose name is the same up to the number
    that sets Funcs of one name apart: ``f`` for ``f$2``. So it is with the dimensions of RDoms:
    ``r.x`` for ``r$1.x``, and ``r3.x`` for ``r7.x`` where the RDom was given no name; and with
    Params and sizes of buffers in formulas.
    """
    made = {e.directive.names()[0] for e in schedule.entries if is_rewrite(e.directive)}
    mentioned = {n for e in schedule.entries for n in (e.func, *e.directive.names())}
    names = _matched(mentioned - made, table)
    if names:
        schedule = schedule.renamed(names)
    sources = _sources(schedule, table)
    entries = tuple(_with_loops(e, sources) for e in schedule.entries)
    if any(formulas_of(e) for e in entries):
        known = variables_of(f for f in table.values() if isinstance(f, Function))
        entries = tuple(with_formulas(e, lambda f: _with_values(f, known)) for e in entries)
    return Schedule(entries)


def with_own_names(schedule: Schedule, table: Table) -> Schedule:
    """Return `schedule` with names of their own for the Funcs that it makes.

    They are known before the first directive is given: one may name a Func that a later one makes,
    since directives stand Func by Func, outputs first. What `table` has already, made for the same
    consumers, keeps its name.
    """
    waiting = [e for e in schedule.entries if is_rewrite(e.directive)]
    names: dict[str, str] = {}
    while waiting:
        open_names = {e.directive.names()[0] for e in waiting}
        ready = [e for e in waiting if not open_names & {e.func, *e.directive.names()[1:]}]
        for entry in ready or waiting:  # one needs itself in a schedule written by hand only
            names[entry.directive.names()[0]] = name_again(table, entry.renamed(names))
        waiting = [e for e in waiting if e.directive.names()[0] not in names]
    return schedule.renamed(names)


def _with_values(formula: Formula, known: Mapping[str, Variable]) -> Formula:
    names = _matched((v.name for v in find((formula.expr,), Variable)), known)
    found = formula.renamed({old: known[new] for old, new in names.items()})
    return found.bound_to(known)


def _sources(schedule: Schedule, table: Table) -> dict[str, list[Function]]:
    """Return for each name the Functions whose RDoms may be meant by its loops."""
    found = {name: [f] for name, f in table.items() if isinstance(f, Function)}
    for e in schedule.entries:
        if is_rewrite(e.directive):  # what it makes runs over the RDoms of what it is made from
            found[e.directive.names()[0]] = found.get(e.func, [])
    return found


def _matched(wanted: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return for names in `wanted` that are not in `known` the only one there that they match."""
    there = set(known)
    by_base: dict[str, list[str]] = {}
    for name in there:
        by_base.setdefault(_base(name), []).append(name)
    found: dict[str, str] = {}
    for name in wanted:
        candidates = by_base.get(_base(name), [])
        if name not in there and len(candidates) == 1:
            found[name] = candidates[0]
    return found


def _base(name: str) -> str:
    return re.sub(r"\$\d+", "", re.sub(r"^([rb])\d+(?=\.|$)", r"\1", name))


def _with_loops(entry: Entry, sources: Mapping[str, list[Function]]) -> Entry:
    directive = entry.directive
    func, stage = entry.func, entry.stage or None
    if isinstance(directive, Site) and not isinstance(directive, ComputeWith):
        func, stage = directive.func, directive.stage
    definitions = [d for f in sources.get(func, []) for d in f.definitions]
    if stage is not None and stage < len(definitions):
        definitions = definitions[stage : stage + 1]
    names = _matched(_texts(entry), [r.name for d in definitions for r in d.rvars])
    changed = directive.with_loops(names) if names else directive
    return dataclasses.replace(entry, directive=changed) if changed != directive else entry


def _texts(entry: Entry) -> list[str]:
    values = [getattr(entry.directive, f.name) for f in dataclasses.fields(entry.directive)]
    tuples = [x for v in values if isinstance(v, tuple) for x in v]
    return [v.partition("=")[0] for v in (*values, *tuples) if isinstance(v, str)]
