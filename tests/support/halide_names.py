"""What Halide's binding calls things: read off the binding, written down, looked up in halo.

A line of ``halide_names.txt`` is a name (``Func.split``) and the names of its parameters, of all
overloads together.
"""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import halo
from halo.synonyms import POSITIONAL

LIST = Path(__file__).with_suffix(".txt")

_INSIDE = {
    "Expr": type(halo.i32(0)),
    "InputBuffer": halo.ImageParam,
    "InputScalar": halo.Param,
    "OutputBuffer": halo.Func,
    "OutputScalar": halo.Func,
}
"""What has the members of a class: those of a Generator's declarations are what they become."""


def written() -> dict[str, list[str]]:
    """Return what is written down: name to parameters."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return {name: parameters for name, *parameters in map(str.split, lines)}


def lines_of(binding: ModuleType) -> Iterator[str]:
    """Yield what ought to be written down of the binding."""
    for name in dir(binding):
        thing = getattr(binding, name)
        if re.fullmatch(r"_\d?|[^_].*", name) and name != "halide_":
            yield _line(name, thing)
            if inspect.isclass(thing) or name == "BoundaryConditions":
                for member in dir(thing):
                    if member == "__init__" or not member.startswith("_"):
                        yield _line(f"{name}.{member}", getattr(thing, member))


def _line(name: str, thing: Any) -> str:
    return " ".join([name, *(_documented(thing) if callable(thing) else ())])


def _documented(function: Any) -> list[str]:
    """Return the parameters that the overloads in a docstring of pybind11 name."""
    name = re.escape(getattr(function, "__name__", ""))
    calls = re.findall(rf"^(?:\d+\. )?{name}\((.*)\) -> ", function.__doc__ or "", re.MULTILINE)
    names = [n for c in calls for n in re.findall(r"(?:^|, )(\w+): ", c)]
    return list(dict.fromkeys(n for n in names if n != "self" and not re.match(r"arg\d", n)))


def found(name: str) -> Any:
    """Return what halo has under a name of the list, None if nothing."""
    owner, _, member = name.rpartition(".")
    if not owner:
        return halo.__dict__.get(member)
    cls = _INSIDE.get(owner, halo.__dict__.get(owner))
    if member == "__init__":
        return cls
    if inspect.isclass(cls) and issubclass(cls, enum.Enum) and member in ("name", "value"):
        return getattr(next(iter(cls)), member)
    return getattr(cls, member, None) if cls is not None else None


def lacking(name: str, parameters: list[str]) -> list[str]:
    """Return those of `parameters` that what halo has under `name` does not take by name."""
    thing = found(name)
    try:
        real = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return parameters
    if any(p.kind is p.VAR_KEYWORD for p in real):
        return []
    call = thing.__init__ if inspect.isclass(thing) else thing
    others: dict[str, str] = getattr(call, "synonyms", {})
    taken = {p.name for p in real if p.kind is not p.VAR_POSITIONAL}
    good = {n for n, own in others.items() if own in taken or own == POSITIONAL}
    return [p for p in parameters if p not in taken | good]
