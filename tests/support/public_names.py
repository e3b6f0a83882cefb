"""What is public: the names of halo, and the classes whose objects its calls return."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import halo
from halo.ir.expr import Expr
from halo.provenance.chain import Step
from halo.schedule.methods import Specialization
from halo.schedule.receipts import Receipt, Receipts, Status
from halo.schedule.schedule import Entry as ScheduleEntry
from halo.schedule.stories import Explanation, FuncStory, Nest

HANDED_OUT: dict[str, Any] = {
    "Entry": ScheduleEntry,
    "Explanation": Explanation,
    "FuncStory": FuncStory,
    "Nest": Nest,
    "Receipt": Receipt,
    "Receipts": Receipts,
    "Specialization": Specialization,
    "Status": Status,
    "Step": Step,
}
"""Classes without a public name whose objects calls return."""


def public(name: str) -> Any:
    """Return what is called `name`, None if nothing public is."""
    if name in HANDED_OUT:
        return HANDED_OUT[name]
    return getattr(halo, name, None) if name in halo.__all__ else None


def classes() -> Iterator[tuple[str, type]]:
    found = {**{name: public(name) for name in halo.__all__}, **HANDED_OUT}
    for name, what in found.items():
        if isinstance(what, type):
            yield name, Expr if name == "Expr" else what


def members(cls: type) -> dict[str, Any]:
    """Return the public members that halo gives a class, as they stand in the class."""
    found: dict[str, Any] = {}
    for base in cls.__mro__:
        if base.__module__.split(".")[0] == "halo":
            for name, member in vars(base).items():
                if not name.startswith("_"):
                    found.setdefault(name, member)
    return found


def is_method(member: Any) -> bool:
    return isinstance(member, (classmethod, staticmethod)) or inspect.isfunction(member)


def resolve(name: str) -> Any:
    """Return the thing that a heading names: of a member, as it stands in the class."""
    owner, _, member = name.rpartition(".")
    if not owner:
        return public(member)
    cls = public(owner)
    if isinstance(cls, ModuleType):
        return getattr(cls, member, None) if member in public_functions(cls) else None
    return members(Expr if owner == "Expr" else cls).get(member) if cls else None


def public_functions(module: ModuleType) -> list[str]:
    found = inspect.getmembers(module, inspect.isfunction)
    return [n for n, f in found if f.__module__ == module.__name__ and not n.startswith("_")]


def identity(thing: Any) -> int:
    return id(thing.__func__ if isinstance(thing, (classmethod, staticmethod)) else thing)
