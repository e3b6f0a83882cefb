"""Directives that change which Funcs a pipeline consists of; the algorithm itself stays as it is.

What the user defined is never touched: a rewrite works on a copy of the table of Functions, made
when a schedule is resolved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from halo.ir.expr import Call, CallKind, Expr, Variable
from halo.ir.function import Definition, Function, Image
from halo.ir.substitute import find, is_cell
from halo.ir.types import Int
from halo.schedule.directives import CloneIn, Directive, In, RFactor, Wrapping
from halo.schedule.refuse import refuse
from halo.schedule.rfactor import factored
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule, initial


@dataclass(slots=True)
class Working:
    """The Functions of a pipeline and their schedules, while directives are carried out.

    Attributes
    ----------
    functions, states
        By name.
    outputs
        Names of the Funcs whose cells are wanted.
    wraps
        Wrapper made by ``in_`` to the Func or image that it copies.
    traced_images
        Names of the images whose loads are reported.
    """

    functions: dict[str, Function]
    states: dict[str, FuncSchedule]
    outputs: Sequence[str] = ()
    wraps: dict[str, str] = field(default_factory=dict)
    traced_images: set[str] = field(default_factory=set)

    def add(self, function: Function, state: FuncSchedule | None = None) -> None:
        """Take in a Function that a directive made, with its schedule so far."""
        self.functions[function.name] = function
        self.states[function.name] = initial(function) if state is None else state

    def is_image(self, name: str) -> bool:
        """Whether an image of this name is read."""
        calls = (_first_call(f, name) for f in self.functions.values())
        return any(c is not None and c.kind is CallKind.IMAGE for c in calls)

    def callers(self, name: str) -> list[str]:
        """Return the other Functions that use Func or image `name`."""
        return [n for n, f in self.functions.items() if n != name and _calls(f, name)]


Rule = Callable[[Working, Entry], None]


def is_rewrite(directive: Directive) -> bool:
    """Whether `directive` changes which Funcs there are."""
    return type(directive) in _RULES


def rewrite(working: Working, entry: Entry) -> None:
    """Carry out the directive of `entry` on `working`.

    Raises
    ------
    ScheduleError
        It has no meaning here.
    """
    _RULES[type(entry.directive)](working, entry)


def redirected(function: Function, to: Mapping[str, Function]) -> Function:
    """Return `function` with calls of the Funcs and images named in `to` made calls of those."""

    def redirect(e: Expr) -> Expr:
        known = memo.get(id(e))
        if known is None:
            made = e.map_children(redirect)
            if isinstance(made, Call) and made.name in to and is_cell(made):
                f = to[made.name]
                made = Call(made.type, f.name, made.args, CallKind.FUNC, f, made.value_index)
            known = memo[id(e)] = (e, made)  # e is kept so that its id stays its own
        return known[1]

    memo: dict[int, tuple[Expr, Expr]] = {}
    definitions = [d.map(redirect) for d in function.definitions]
    return dataclasses.replace(function, definitions=definitions)


def wrapper_of(name: str, source: Function | Image, args: Sequence[str]) -> Function:
    """Return the Function `name` over `args` whose cells are those of `source`."""
    places = tuple(Variable(Int(32), a) for a in args)
    types = source.types if isinstance(source, Function) else (source.type,)
    kind = CallKind.FUNC if isinstance(source, Function) else CallKind.IMAGE
    values = tuple(Call(t, source.name, places, kind, source, i) for i, t in enumerate(types))
    where = source.where if isinstance(source, Function) else None
    return Function(name, tuple(args), [Definition(places, values, where=where)], types, where)


def clone_of(name: str, function: Function) -> Function:
    """Return a Function `name` with the definitions of `function`."""
    clone = dataclasses.replace(function, name=name, schedule_log=None)
    return dataclasses.replace(redirected(clone, {function.name: clone}))


def _calls(function: Function, name: str) -> bool:
    return _first_call(function, name) is not None


def _first_call(function: Function, name: str) -> Call | None:
    for d in function.definitions:
        for call in find(d.expressions(), Call):
            if call.name == name and is_cell(call):
                return call
    return None


def _wrap(working: Working, entry: Entry) -> None:
    """Carry out ``in_`` and ``clone_in``."""
    directive = entry.directive
    assert isinstance(directive, Wrapping)
    if directive.name in working.functions:
        refuse(entry, None, f"there is a Func {directive.name} already", "take another name")
    source = entry.func
    mine = [w for w, wrapped in working.wraps.items() if wrapped == source]
    consumers: Iterable[str]
    if directive.consumers:  # those of other pipelines have nothing to do with this one
        redirects = {source, *mine}
        consumers = [c for c in directive.consumers if c in working.functions]
    else:
        redirects = {source}
        consumers = [c for c in working.callers(source) if c not in mine]
    called = _need_uses(working, entry, consumers, redirects)
    if isinstance(directive, CloneIn):
        made = clone_of(directive.name, working.functions[source])
        working.add(made, working.states[source].alone())
    else:
        made = wrapper_of(directive.name, called, _args_of(called))
        working.add(made)
        working.wraps[made.name] = source
    for consumer in consumers:
        f = working.functions[consumer]
        working.functions[consumer] = redirected(f, dict.fromkeys(redirects, made))


def _args_of(source: Function | Image) -> tuple[str, ...]:
    if isinstance(source, Function):
        return source.args
    return tuple(f"_{d}" for d in range(source.dimensions))


def _need_uses(
    working: Working, entry: Entry, consumers: Iterable[str], names: set[str]
) -> Function | Image:
    """Return the Func or image that is wrapped, having checked that each consumer uses it."""
    function = working.functions.get(entry.func)
    users = working.callers(entry.func)
    others = [u for u in users if u not in working.wraps and u != entry.func]
    calls = ", ".join(f"{entry.func}.{entry.directive.method}({u})" for u in others)
    hint = f"legal: {calls}" if calls else f"nothing here uses {entry.func}: leave this out"
    for consumer in consumers:
        if consumer == entry.func:
            reason = f"{consumer} cannot stand between itself and its own cells"
            refuse(entry, function, reason, hint)
        if not any(_calls(working.functions[consumer], n) for n in names):
            refuse(entry, function, f"{consumer} does not use {entry.func}", hint)
    if function is not None:
        return function
    for user in users:
        call = _first_call(working.functions[user], entry.func)
        if call is not None and isinstance(call.func, Image):
            return call.func
    refuse(entry, None, f"nothing here uses {entry.func}", "define what reads it first")


def _factor(working: Working, entry: Entry) -> None:
    """Carry out ``rfactor``."""
    function = working.functions.get(entry.func)
    if function is None:
        known = ", ".join(working.functions)
        refuse(entry, None, f"there is no Func {entry.func} here", f"the Funcs are: {known}")
    name = entry.directive.names()[0]
    if name in working.functions:
        refuse(entry, function, f"there is a Func {name} already", "take another name")
    made = factored(function, working.states[entry.func], entry)
    working.add(made.intermediate, made.intermediate_state)
    working.functions[entry.func] = made.function
    working.states[entry.func] = made.state


_RULES: dict[type[Directive], Rule] = {In: _wrap, CloneIn: _wrap, RFactor: _factor}
"""Directive -> what it does to the table of Functions."""
