"""Clashes in the user's words: two iterations, the cell, and the line of the definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from halo.ir.function import Function
from halo.ir.simplify import simplify
from halo.polyhedral import Clash, Unproven
from halo.schedule.directives import handle_source
from halo.schedule.state import pure_vars

_LONGEST = 90
"""Characters of a definition in a message."""


def clash_text(function: Function, index: int, clash: Clash) -> str:
    """Return what goes wrong: ``iteration (r.x=1) writes f(1), which iteration (r.x=2) reads``."""
    d = function.definitions[index]
    order = [*pure_vars(function, d), *(r.name for r in d.rvars)]

    def listed(values: Mapping[str, int]) -> dict[str, int]:
        return {name: values[name] for name in order}

    known = {n: v for n, v in clash.parameters.items() if v or not n.endswith(".min")}
    at = replace(clash, first=listed(clash.first), second=listed(clash.second), parameters=known)
    return str(at)


def unproven_text(function: Function, unproven: Unproven) -> str:
    """Return what is not proven, and on account of what."""
    what = f"it is not proven that its iterations touch different cells of {function.name}"
    if unproven.culprit is None:
        return f"{what}: the question is too hard"
    return (
        f"{what}: one depends on {shortened(str(simplify(unproven.culprit)))}, which is not affine"
    )


def definition_text(function: Function, index: int) -> str:
    """Return where a definition stands and what it says, on one line."""
    d = function.definitions[index]
    args = ", ".join(map(str, d.args))
    values = ", ".join(map(str, d.values))
    where = f" at {d.where}" if d.where else ""
    text = shortened(f"{function.name}({args}) = {values}")
    return f"{handle_source(function.name, index)} defined{where}: {text}"


def shortened(text: str) -> str:
    """Return `text` as far as a message has room for it."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
