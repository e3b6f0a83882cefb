"""Definitions prepared for evaluation: contracted, planned, and what they read sorted out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halo.interpret.expressions import Plan
from halo.ir.contract_fma import contract_fma
from halo.ir.effects import with_equals_shared, without_effects, without_tags
from halo.ir.expr import Call, CallKind, Expr, is_true
from halo.ir.function import Definition, Function
from halo.lang.walk import nodes


@dataclass(frozen=True, slots=True)
class Read:
    """Reads of cells of `function` (or the writes of the definition itself) at `coordinates`."""

    function: Function
    coordinates: Plan


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One definition, ready to be evaluated.

    Attributes
    ----------
    everything
        Values, then the coordinates written; of an extern stage the numbers it is given.
    predicate
        None where the definition holds everywhere.
    quiet
        The predicate without its effects, to look ahead.
    accesses
        Reads and writes whose coordinates can be told without the value of any Func.
    foreseen
        Whether the predicate can be, too.
    """

    definition: Definition
    everything: Plan
    predicate: Plan | None
    quiet: Plan | None
    bounds: Plan
    accesses: tuple[Read, ...]
    foreseen: bool


def plan_stage(function: Function, index: int) -> PlannedStage:
    """Return definition `index` of `function`, prepared."""
    d = function.definitions[index]
    if d.extern is not None:
        return extern_plan(d)
    d = d.map(without_tags)
    exprs = with_equals_shared(*(contract_fma(e) for e in (*d.values, *d.args)))
    values, args = exprs[: len(d.values)], exprs[len(d.values) :]
    (predicate,) = with_equals_shared(contract_fma(d.predicate))
    calls = {
        (c.name, *map(id, c.args)): c
        for c in nodes(*values, *args, predicate)
        if isinstance(c, Call) and c.kind is CallKind.FUNC
    }
    accesses: list[Read] = []
    if index > 0 and not _reads_cells(args):
        accesses.append(_read(function, args))
    for c in calls.values():
        if isinstance(c.func, Function) and not _reads_cells(c.args):
            accesses.append(_read(c.func, c.args))
    everywhere = is_true(predicate)
    return PlannedStage(
        d,
        Plan([*values, *args]),
        None if everywhere else Plan([predicate]),
        None if everywhere else Plan([without_effects(predicate)]),
        Plan([x for v in d.rvars for x in (v.min, v.extent)]),
        tuple(accesses),
        everywhere or not _reads_cells([predicate]),
    )


def extern_plan(d: Definition) -> PlannedStage:
    """Return an extern stage, whose numbers are what `everything` gives."""
    assert d.extern is not None
    call = d.values[0]
    assert isinstance(call, Call)
    whole = d.whole_arguments()
    numbers = [a for a in call.args if not any(a is w for w in whole)]
    reads = Plan([e for box in d.extern.reads for ends in box for e in ends])
    return PlannedStage(d, Plan(numbers), None, None, reads, (), False)


def _read(function: Function, args: tuple[Expr, ...]) -> Read:
    return Read(function, Plan([without_effects(a) for a in args]))


def producers(function: Function) -> Iterator[Function]:
    """Yield the other Functions that `function` reads, each once."""
    seen: set[str] = {function.name}
    for d in function.definitions:
        for e in nodes(*d.values, *d.args, d.predicate):
            if isinstance(e, Call) and isinstance(e.func, Function) and e.name not in seen:
                seen.add(e.name)
                yield e.func


def consumers_first(outputs: list[Function]) -> list[Function]:
    """Return `outputs` and all they read, every Function before those that it reads."""
    done: dict[str, Function] = {}
    stack: list[tuple[Function, Iterator[Function]]] = []
    for output in outputs:
        if output.name not in done:
            stack.append((output, producers(output)))
        while stack:
            function, rest = stack[-1]
            following = next((p for p in rest if p.name not in done), None)
            if following is not None:
                stack.append((following, producers(following)))
            else:
                stack.pop()
                done[function.name] = function
    return list(reversed(done.values()))


def _reads_cells(exprs: list[Expr] | tuple[Expr, ...]) -> bool:
    return any(isinstance(e, Call) and e.kind is CallKind.FUNC for e in nodes(*exprs))
