"""Directives as plain data, for JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any

from halo.errors import ScheduleError
from halo.ir.stmt import MemoryType, Partition
from halo.schedule.directives.base import DIRECTIVES, Directive
from halo.schedule.directives.prefetching import PrefetchBoundStrategy
from halo.schedule.formula import Formula
from halo.schedule.tail import TailStrategy


def to_data(directive: Directive) -> dict[str, Any]:
    """Return `directive` as plain data for JSON, its method under the key ``do``."""
    data: dict[str, Any] = {"do": directive.method}
    for f in dataclasses.fields(directive):
        value = getattr(directive, f.name)
        if isinstance(value, Enum):
            value = value.name
        elif isinstance(value, Formula):
            value = value.to_data()
        data[f.name] = list(value) if isinstance(value, tuple) else value
    return data


_ENUMS: dict[str, type[Enum]] = {
    "TailStrategy": TailStrategy,
    "MemoryType": MemoryType,
    "Partition": Partition,
    "PrefetchBoundStrategy": PrefetchBoundStrategy,
}


def _is_member(enum: type[Enum], value: object) -> bool:
    return isinstance(value, str) and value in enum.__members__


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "Size": lambda v: type(v) in (int, list),
    "str": lambda v: isinstance(v, str),
    "bool": lambda v: isinstance(v, bool),
    "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "int | None": lambda v: v is None or (isinstance(v, int) and not isinstance(v, bool)),
    "tuple[str, ...]": lambda v: isinstance(v, list) and all(isinstance(x, str) for x in v),
    "Formula": lambda v: isinstance(v, list),
    **{name: partial(_is_member, e) for name, e in _ENUMS.items()},
}


def from_data(data: dict[str, Any]) -> Directive:
    """Return the directive that `to_data` gave `data` for.

    Raises
    ------
    ScheduleError
        Unknown directive, or fields that it does not have.
    """
    cls = DIRECTIVES.get(data.get("do", ""))
    if cls is None:
        raise ScheduleError(
            f"unknown directive {data.get('do')!r} in a stored schedule",
            hint=f"known: {', '.join(DIRECTIVES)}",
        )
    fields = {f.name: str(f.type) for f in dataclasses.fields(cls)}
    given = {k: v for k, v in data.items() if k != "do"}
    if given.keys() != fields.keys() or not all(_CHECKS[t](given[n]) for n, t in fields.items()):
        raise ScheduleError(
            f"a stored {cls.method} has the fields {given}",
            hint="it needs " + ", ".join(f"{n}: {t}" for n, t in fields.items()),
        )
    values: dict[str, Any] = {}
    for name, value in given.items():
        if fields[name] in _ENUMS:
            value = _ENUMS[fields[name]][value]
        elif fields[name] == "Formula" or (fields[name] == "Size" and isinstance(value, list)):
            value = Formula.from_data(value)
        values[name] = tuple(value) if isinstance(value, list) else value
    return cls(**values)
