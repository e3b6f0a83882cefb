"""Wrappers and clones: Funcs that a schedule puts between a Func and its consumers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from halo.errors import ScheduleError, user_location
from halo.ir.function import Function, Image
from halo.lang.names import unique_name
from halo.lang.rfactor import rfactor_again
from halo.schedule.directives import CloneIn, In, RFactor, Wrapping
from halo.schedule.methods import EntryLog, ScheduleLog
from halo.schedule.methods.base import Recorder
from halo.schedule.rewrites import clone_of, wrapper_of
from halo.schedule.schedule import Entry

_handle_of: list[Callable[[Function], Any]] = []


def set_handle(make: Callable[[Function], Any]) -> None:
    """Say how a Function becomes what the user holds: a Func, which stands above this module."""
    _handle_of[:] = [make]


def wrapped(image: Image, consumers: Any) -> Any:
    """Return the Func that `consumers` (None: all) read instead of `image`."""
    return _handle_of[0](wrap(image, consumers))


def wrap(source: Function | Image, consumers: Any) -> Function:
    """Return the Function that `consumers` (None: all) read instead of `source`, made once."""
    names = _names(source.name, "in_", consumers)
    args = source.args if isinstance(source, Function) else _implicit(source.dimensions)
    log = log_of(source)
    name = f"{source.name}_in_{'_'.join(names)}" if names else f"{source.name}_wrapper"
    known = _known(log, In, names)
    return known or _made(log, In, names, wrapper_of(unique_name(name), source, args))


def clone(source: Function, consumers: Any) -> Function:
    """Return the second Function that `consumers` use instead of `source`, made once."""
    names = _names(source.name, "clone_in", consumers)
    if not names:
        raise ScheduleError(
            f"{source.name}.clone_in() names no consumer",
            where=user_location(),
            hint=f"name the Funcs that shall use the clone: {source.name}.clone_in(g)",
        )
    log = log_of(source)
    name = f"{source.name}_clone_in_{'_'.join(names)}"
    known = _known(log, CloneIn, names)
    return known or _cloned(log, names, clone_of(unique_name(name), source))


def name_again(known: Mapping[str, Function | Image], entry: Entry) -> str:
    """Return the name of what the stored directive of `entry` makes where `known` is there."""
    directive, source = entry.directive, known.get(entry.func)
    if isinstance(directive, Wrapping) and source is not None:
        made = _known(log_of(source), type(directive), directive.consumers)
        if made is not None:
            return made.name
    return unique_name(directive.names()[0])


def make_again(source: Function | Image, entry: Entry) -> Function:
    """Carry out a stored directive that makes a Function, by its name there; return that."""
    directive = entry.directive
    if isinstance(directive, RFactor):
        assert isinstance(source, Function)
        return rfactor_again(source, entry)
    assert isinstance(directive, Wrapping)
    log = log_of(source)
    known = _known(log, type(directive), directive.consumers)
    if known is not None:
        return known
    if isinstance(directive, In):
        args = source.args if isinstance(source, Function) else _implicit(source.dimensions)
        return _made(log, In, directive.consumers, wrapper_of(directive.name, source, args))
    assert isinstance(source, Function)
    return _cloned(log, directive.consumers, clone_of(directive.name, source))


def log_of(source: Function | Image) -> EntryLog:
    """Return the directives' log of `source`, a new one where there is none."""
    if source.schedule_log is None:
        source.schedule_log = EntryLog(source.name)
    log: EntryLog = source.schedule_log
    return log


def _known(log: EntryLog, kind: type[Wrapping], names: tuple[str, ...]) -> Function | None:
    for directive, made in log.made.items():
        if isinstance(directive, kind) and directive.consumers == names:
            return made
    return None


def _made(
    log: EntryLog, kind: type[Wrapping], names: tuple[str, ...], function: Function
) -> Function:
    function.schedule_log = ScheduleLog(function)
    log.add_rewrite(0, kind(function.name, names), function)
    return function


def _cloned(log: EntryLog, names: tuple[str, ...], function: Function) -> Function:
    made = _made(log, CloneIn, names, function)
    if isinstance(log, ScheduleLog):
        made.schedule_log = ScheduleLog(made, log.state.alone())
    return made


def _implicit(dimensions: int) -> tuple[str, ...]:
    return tuple(f"_{d}" for d in range(dimensions))


def _names(source: str, method: str, consumers: Any) -> tuple[str, ...]:
    if consumers is None:
        return ()
    given = list(consumers) if isinstance(consumers, Sequence) else [consumers]
    names: list[str] = []
    for c in given:
        if not isinstance(c, Recorder):
            raise ScheduleError(
                f"{source}.{method}(...) takes Funcs, not {c!r}",
                where=user_location(),
                hint=f"{source}.{method}(g), {source}.{method}([g, h])",
            )
        names.append(c._schedule_target()[0].name)
    return tuple(names)
