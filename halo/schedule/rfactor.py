"""`factored`: a reduction in two, the first of which keeps apart what the second combines."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from halo.ir.expr import TRUE, And, Call, CallKind, Expr, Variable, is_true
from halo.ir.function import Definition, Function, ReductionVar
from halo.ir.intrinsics import likely
from halo.ir.stmt import ForKind
from halo.ir.substitute import substitute, uses_variable
from halo.ir.types import Int
from halo.schedule.associativity import LEGAL, Associative, recognise, why_not
from halo.schedule.dependences import AT_ONCE
from halo.schedule.directives import RFactor
from halo.schedule.order import need_dependences_kept
from halo.schedule.rdom_loops import RDomLoops, rdom_loops
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.splitting import need_dim
from halo.schedule.state import Dim, FuncSchedule, StageSchedule, initial, pure_vars


@dataclass(frozen=True, slots=True)
class Factored:
    """What becomes of a reduction.

    Attributes
    ----------
    intermediate, intermediate_state
        The Func that keeps a cell for each iteration of the preserved loops, and its schedule.
    function, state
        The Func itself: its update combines the cells of `intermediate`.
    """

    intermediate: Function
    intermediate_state: FuncSchedule
    function: Function
    state: FuncSchedule


def factored(function: Function, state: FuncSchedule, entry: Entry) -> Factored:
    """Carry out the `RFactor` of `entry`; nothing that is given changes.

    Raises
    ------
    ScheduleError
        It names what is no loop over the RDom, the update is not known to be associative, or
        iterations of its loops that run at once would meet in a cell.
    """
    directive = entry.directive
    assert isinstance(directive, RFactor)
    stage, definition = state.stages[entry.stage], function.definitions[entry.stage]
    loops = _need_legal(function, stage, entry, directive)
    update = _need_associative(function, entry)
    made = _Intermediate(function, definition, loops, directive).function(update, stage)
    made_state = initial(made).with_stage(1, _with_vars(stage, loops, directive))
    merged = _merged(function, definition, update, made, directive)
    rvars = [d.name for d in reversed(stage.dims) if d.name in directive.rvars]
    merged = replace(merged, rvars=tuple(ReductionVar(n, *loops.ranges[n]) for n in rvars))
    definitions = list(function.definitions)
    definitions[entry.stage] = merged
    rest = dataclasses.replace(function, definitions=definitions)
    new = set(pure_vars(function, merged)) - set(pure_vars(function, definition))
    dims = tuple(d for d in stage.dims if not d.is_rvar or d.name in rvars)
    outside = tuple(Dim(n) for n in reversed(function.args) if n in new)
    left = replace(stage, splits=tuple(loops.pure), dims=(*outside, *dims))
    # A predicate may have kept apart what now is combined, whether it held or not.
    serial = tuple(replace(d, kind=ForKind.SERIAL) if d.kind in AT_ONCE else d for d in left.dims)
    need_dependences_kept(rest, entry, replace(left, dims=serial), left)
    return Factored(made, made_state, rest, state.with_stage(entry.stage, left))


def _with_vars(stage: StageSchedule, loops: RDomLoops, directive: RFactor) -> StageSchedule:
    """Return `stage` with Vars for the preserved loops."""
    names = dict(zip(directive.rvars, directive.vars, strict=True))
    dims = tuple(
        replace(d, name=names[d.name], is_rvar=False) if d.name in names else d for d in stage.dims
    )
    return replace(stage, splits=tuple(loops.pure), dims=dims)


def keeps_order(stage: StageSchedule, rvars: Sequence[str]) -> bool:
    """Whether cells meet in the order they did: the preserved loops are outside the others."""
    loops = [d.name for d in stage.dims if d.is_rvar]
    return set(loops[: len(rvars)]) == set(rvars)


def _need_legal(
    function: Function, stage: StageSchedule, entry: Entry, directive: RFactor
) -> RDomLoops:
    """Return the loops over the RDom, having checked that `directive` names some of them."""
    if entry.stage == 0:
        have = [f"{function.name}.update({i})" for i in range(len(function.definitions) - 1)]
        legal = f"its updates: {', '.join(have)}" if have else ""
        refuse(entry, function, "the pure definition reduces nothing", legal)
    if not directive.rvars:
        refuse(entry, function, "it names no RVar", "rfactor(r, u), rfactor([(r, u), ...])")
    dims = [need_dim(stage, function, entry, name) for name in directive.rvars]
    over = ", ".join(d.name for d in reversed(stage.dims) if d.is_rvar) or "none"
    for dim in dims:
        if not dim.is_rvar:
            reason = f"{dim.name} is no loop over the RDom"
            refuse(entry, function, reason, f"those are, innermost first: {over}")
    _need_names(function, stage, entry, directive)
    if stage.special or stage.fail is not None or stage.fused is not None:
        reason = "its loops are specialized or shared with another definition already"
        refuse(entry, function, reason, "rfactor first, then specialize or compute_with")
    loops = rdom_loops(function.definitions[entry.stage], stage)
    if loops.mixed is not None:
        reason = f"{loops.mixed.fused} is an RVar and a Var fused"
        refuse(entry, function, reason, "rfactor first, then fuse")
    return loops


def _need_names(function: Function, stage: StageSchedule, entry: Entry, directive: RFactor) -> None:
    used = {*function.args, *(d.name for d in stage.dims)}
    for names in (directive.rvars, directive.vars):
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            refuse(entry, function, f"{twice} is named twice", "a Var of its own for each RVar")
    for name in directive.vars:
        if name in used:
            reason = f"{entry.func} uses the name {name} already"
            refuse(entry, function, reason, "take a Var of another name")


def _need_associative(function: Function, entry: Entry) -> Associative:
    definition = function.definitions[entry.stage]
    update = recognise(function, definition)
    if update is None:
        line = f" of {definition.where}" if definition.where else ""
        reason = f"the update{line} cannot be parted: {why_not(function, definition)}"
        refuse(entry, function, reason, f"legal: {LEGAL}")
    return update


class _Intermediate:
    """Makes the Func that keeps apart what the preserved loops reach."""

    def __init__(
        self, function: Function, definition: Definition, loops: RDomLoops, directive: RFactor
    ) -> None:
        self._original, self._definition = function, definition
        self._loops, self._directive = loops, directive
        self._kept = tuple(map(_int, directive.vars))
        self._vars = dict(zip(directive.rvars, self._kept, strict=True))
        self._values = {n: substitute(e, self._vars) for n, e in loops.values.items()}

    def function(self, update: Associative, stage: StageSchedule) -> Function:
        """Return it: the identity of the operation everywhere, updated by the other loops."""
        f, d = self._original, self._definition
        args = (*f.args, *self._directive.vars)
        made = Function(self._directive.name, args, [], f.types, d.where or f.where)
        inside = [x.name for x in reversed(stage.dims) if x.is_rvar and x.name not in self._vars]
        rvars = tuple(ReductionVar(n, *self._loops.ranges[n]) for n in inside)
        memo: dict[int, tuple[Expr, Expr]] = {}

        def own(e: Expr) -> Expr:
            known = memo.get(id(e))
            if known is None:
                new = e.map_children(own)
                if isinstance(new, Call) and new.kind is CallKind.FUNC and new.name == f.name:
                    place = (*new.args, *self._kept)
                    new = Call(new.type, made.name, place, CallKind.FUNC, made, new.value_index)
                known = memo[id(e)] = (e, new)
            return known[1]

        place = (*(substitute(a, self._values) for a in d.args), *self._kept)
        values = tuple(own(substitute(v, self._values)) for v in d.values)
        made.definitions = [
            Definition(tuple(map(_int, args)), update.identity, where=d.where),
            Definition(place, values, rvars, self._predicate(), d.where),
        ]
        return made

    def _predicate(self) -> Expr:
        parts: list[Expr] = [likely(substitute(g, self._vars)) for g in self._loops.guards]
        if not is_true(self._definition.predicate):
            parts.append(substitute(self._definition.predicate, self._values))
        return reduce(And, parts) if parts else TRUE


def _int(name: str) -> Variable:
    return Variable(Int(32), name)


def _merged(
    function: Function,
    definition: Definition,
    update: Associative,
    made: Function,
    directive: RFactor,
) -> Definition:
    """Return the update of `function` that combines the cells of `made`, without its RDom.

    A coordinate that depends on the RDom is replaced by the pure variable: the cells that the
    reduction does not reach are combined with the identity.
    """

    def depends(e: Expr) -> bool:
        return any(uses_variable(e, r.name) for r in definition.rvars)

    pairs = zip(function.args, definition.args, strict=True)
    args = tuple(_int(name) if depends(a) else a for name, a in pairs)
    place = (*args, *map(_int, directive.rvars))
    f, n = CallKind.FUNC, enumerate(function.types)
    old = [Call(t, function.name, args, f, function, i) for i, t in n]
    new = [Call(c.type, made.name, place, f, made, c.value_index) for c in old]
    predicate = TRUE if depends(definition.predicate) else definition.predicate
    return Definition(args, update.merge(old, new), (), predicate, definition.where)
