"""`auto_schedule`: from what Funcs compute to directives, with the reason of each decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from halo.autoschedule.group import Group
from halo.autoschedule.groups import form_groups
from halo.autoschedule.inlining import why_inline, why_inline_after_all, why_not_inline
from halo.autoschedule.legal import keep_legal
from halo.autoschedule.loops import Strips, schedule_rows, schedule_update, total_work
from halo.autoschedule.nest import Nest
from halo.autoschedule.program import Func, Program, read_program
from halo.autoschedule.regions import picked
from halo.autoschedule.steps import schedule_steps
from halo.autoschedule.totals import schedule_totals
from halo.errors import SourceLocation
from halo.ir.function import Function
from halo.schedule.directives import ComputeAt, ComputeInline, ComputeRoot, StoreAt
from halo.schedule.schedule import Entry, Schedule
from halo.target import Target


def auto_schedule(
    functions: Mapping[str, Function],
    outputs: Sequence[str],
    given: Schedule,
    target: Target,
    sizes: Mapping[str, Sequence[int | None]],
    where: SourceLocation | None = None,
) -> Schedule:
    """Return directives for the Funcs that `given` says nothing about; all of them are legal.

    Parameters
    ----------
    functions
        Every Func that the outputs need, by name.
    given
        The user's directives.
    sizes
        About how many cells are asked for, along each dimension of an output, where known.
    where
        The line to name for the directives.
    """
    program = read_program(functions, outputs, given, sizes)
    entries = _inline(program, why_inline, program.funcs.values())
    groups, apart = form_groups(program, target)
    alone = {g.root.name for g in groups if g.total is None}
    again = [f for f in program.funcs.values() if f.name in alone]
    if inlined := _inline(program, why_inline_after_all, again):
        entries += inlined
        groups, apart = form_groups(program, target)
    for group in groups:
        entries += _schedule_group(program, group, apart[group.root.name], target)
    placed = Schedule(tuple(replace(e, where=where) for e in entries))
    return keep_legal(functions, outputs, given, placed)


def _inline(
    program: Program, why: Callable[[Program, Func], str], funcs: Iterable[Func]
) -> list[Entry]:
    """Inline those of `funcs`, producers first, for which there is a reason `why`."""
    entries = []
    for f in funcs:
        if reason := why(program, f):
            program.inline(f)
            entries.append(Entry(f.name, 0, ComputeInline(), why=reason))
    return entries


def _schedule_group(program: Program, group: Group, apart: str, target: Target) -> list[Entry]:
    root = group.root
    if root.is_given:
        return []
    why = apart if root.is_output else f"{why_not_inline(program, root)}; {apart}"
    if root.stages[0].is_extern:
        return _entries([_placed(root, why)])
    if group.total is not None or group.stepped is not None:
        reasons = {name: _why(program, name, told) for name, told in group.why.items()}
        reasons[root.name] = why if root.is_output else ""
        make = schedule_totals if group.total is not None else schedule_steps
        nests = make(program, group, reasons, target)
        return _entries([_placed(root, why), *nests] if not root.is_output else nests)
    inside = [*group.inside, *([group.whole] if group.whole else [])]
    work = total_work(root) + sum(map(total_work, inside))
    own, strips = schedule_rows(
        root,
        why if root.is_output else "",
        target,
        rows=group.rows,
        work=work,
        turned=group.turned,
        short=group.short,
        fixed=picked(program, root),
    )
    made = [own] if root.is_output else [_placed(root, why), own]
    made += [schedule_update(root, i, target, threads=True) for i in range(1, len(root.stages))]
    for f in inside:
        assert strips is not None
        if f is group.whole:
            strips = replace(strips, row=None)
        made += _inside(program, f, root, strips, _why(program, f.name, group.why[f.name]), target)
    return _entries(made)


def _placed(f: Func, why: str) -> Nest:
    nest = Nest(f.name, 0, f.args, why)
    nest.give(ComputeRoot())
    return nest


def _why(program: Program, name: str, place: str) -> str:
    """Return why Func `name` is stored and, `place`, why where."""
    return f"{why_not_inline(program, program.funcs[name])}; {place}"


def _inside(
    program: Program, f: Func, root: Func, strips: Strips, why: str, target: Target
) -> list[Nest]:
    place = Nest(f.name, 0, f.args, why)
    place.give(ComputeAt(root.name, strips.row or strips.strip))
    if strips.row is not None:
        place.give(StoreAt(root.name, strips.strip))
    made = [place, schedule_rows(f, "", target, fixed=picked(program, f))[0]]
    return made + [schedule_update(f, i, target, threads=False) for i in range(1, len(f.stages))]


def _entries(nests: Sequence[Nest]) -> list[Entry]:
    return [e for nest in nests for e in nest.entries]
