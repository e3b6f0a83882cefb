"""Memoized Funcs: what their cells depend on, and whether they may be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from halo.ir.expr import Call, Expr, Variable
from halo.ir.function import Definition, Function, Image, SymbolicSize
from halo.ir.intrinsics import is_intrinsic
from halo.schedule.directives import Memoize
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.state import FuncSchedule


@dataclass(frozen=True, slots=True)
class Memo:
    """What names the cells of a memoized Func, beside the box that they are in.

    Attributes
    ----------
    identity
        A text that no Func with other definitions, or another schedule, has.
    values
        Scalars: Params, sizes and what `memoize_tag` gives.
    """

    identity: str
    values: tuple[Expr, ...]
    eviction_key: int


def apply_memoize(
    state: FuncSchedule, function: Function, entry: Entry, memoize: Memoize
) -> FuncSchedule:
    """Return `state` with the cells kept from one call to the next."""
    key = memoize.eviction_key
    if isinstance(key, bool) or not isinstance(key, int) or not 0 <= key < 1 << 64:
        refuse(entry, function, f"an eviction key is a number of 64 bits, not {key!r}")
    return replace(state, memoized=entry)


def find_memos(
    states: Mapping[str, FuncSchedule],
    functions: Mapping[str, Function],
    outputs: tuple[str, ...],
    schedule: Schedule,
) -> dict[str, Memo]:
    """Return the memoized Funcs that are stored, with what their cells depend on.

    Raises
    ------
    ScheduleError
        The cells of one depend on those of an image, or are not all computed where they are stored.
    """
    found: dict[str, Memo] = {}
    for name, state in states.items():
        entry = state.memoized
        if entry is None or name in outputs or state.compute_level.is_inlined:
            continue
        function = functions[name]
        _check_place(state, function, entry)
        _check_partners(states, function, entry)
        assert isinstance(entry.directive, Memoize)
        values = tuple(_dependences(function, functions, entry))
        identity = f"{name} {_fingerprint(function, functions)} {schedule.hash()}"
        found[name] = Memo(identity, values, entry.directive.eviction_key)
    return found


def _check_place(state: FuncSchedule, function: Function, entry: Entry) -> None:
    name = function.name
    if state.compute_level != state.store_level:
        reason = f"{name} is computed piece by piece inside its storage, and memoized as a whole"
        level = state.compute_level.directive("store")
        refuse(entry, function, reason, f"legal: {name}.{level}, or {name}.compute_root()")
    if state.storage.folds:
        reason = f"{name} keeps some of its cells only, by fold_storage"
        refuse(entry, function, reason, "leave one of the two out")


def _check_partners(states: Mapping[str, FuncSchedule], function: Function, entry: Entry) -> None:
    name = function.name
    for other, state in states.items():
        for stage in state.stages:
            if stage.fused is not None and name in (other, stage.fused.func):
                partner = stage.fused.func if other == name else other
                reason = f"{name} is computed in one loop with {partner}"
                refuse(entry, function, reason, "leave compute_with or memoize out")


def _upstream(function: Function, functions: Mapping[str, Function]) -> Iterator[Function]:
    """Yield `function` and all that it reads, each once."""
    done: set[str] = set()
    stack = [function.name]
    while stack:
        name = stack.pop()
        if name in done:
            continue
        done.add(name)
        f = functions[name]
        yield f
        for e in _untagged(f):
            if isinstance(e, Call) and isinstance(e.func, Function):
                stack.append(e.name)


def _untagged(f: Function) -> Iterator[Expr]:
    """Yield the nodes of the definitions of `f`; of a `memoize_tag` what stands for its value."""
    seen: set[int] = set()
    stack = [e for d in f.definitions for e in _expressions(d)]
    while stack:
        e = stack.pop()
        if id(e) in seen:
            continue
        seen.add(id(e))
        if is_intrinsic(e, "memoize_tag"):
            stack.extend(e.children()[1:])
        else:
            yield e
            stack.extend(e.children())


def _expressions(d: Definition) -> Iterator[Expr]:
    yield from (*d.values, *d.args, d.predicate)
    for r in d.rvars:
        yield from (r.min, r.extent)
    for box in d.extern.reads if d.extern else ():
        yield from (e for ends in box for e in ends)


def _dependences(
    function: Function, functions: Mapping[str, Function], entry: Entry
) -> Iterator[Expr]:
    done: set[str] = set()
    for f in _upstream(function, functions):
        for e in _untagged(f):
            if isinstance(e, Call) and isinstance(e.func, Image):
                reads = "" if f is function else f", which {f.name} reads"
                reason = f"{function.name} depends on the cells of {e.name}{reads}"
                legal = "say what stands for them: halo.memoize_tag(expression, version), version "
                refuse(entry, function, reason, legal + "a Param that changes when they do")
            outside = isinstance(e, Variable) and (e.param is not None or _is_size(e))
            if isinstance(e, Variable) and outside and e.name not in done:
                done.add(e.name)
                yield e


def _is_size(e: Variable) -> bool:
    return isinstance(e.source, (Image, SymbolicSize))


def _fingerprint(function: Function, functions: Mapping[str, Function]) -> str:
    h = hashlib.sha256()
    for f in _upstream(function, functions):
        h.update(f"{f.name}({', '.join(f.args)})".encode())
        for d in f.definitions:
            h.update("; ".join(map(str, _expressions(d))).encode())
    return h.hexdigest()[:16]
