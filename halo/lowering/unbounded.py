"""Errors about regions that are not known, with the access and the Funcs that lead to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from halo.errors import BoundsError, SourceLocation
from halo.ir.expr import Call, Expr
from halo.ir.function import Definition, Function
from halo.ir.interval import Interval
from halo.ir.substitute import calls_of
from halo.lowering.program import Program, calls_in

_LONGEST = 80
"""Characters of an index in a message."""


@dataclass(frozen=True, slots=True)
class _Access:
    """`call` in a definition of Func `reader`."""

    reader: str
    definition: Definition
    call: Call

    def __str__(self) -> str:
        at = f" at {self.definition.where}" if self.definition.where else ""
        return f"{self.reader}{at} reads {_short(self.call)}"


def need_bounds(program: Program, needed: Mapping[str, tuple[Interval, ...]]) -> None:
    """Refuse a program that reads an input, or writes an output, nobody knows how far.

    Raises
    ------
    BoundsError
        It names the access, and the Funcs between it and an output.
    """
    for name, box in needed.items():
        for d, r in enumerate(box):
            if r.min is None or r.max is None:
                raise unbounded(program, name, d)


def unbounded(
    program: Program, name: str, dimension: int, update: Definition | None = None
) -> BoundsError:
    """Return the error that the range of a dimension of Func or image `name` is not known.

    `update` is the definition of `name` itself that touches it there, if it is not a user.
    """
    f = program.functions.get(name)
    what = f"dimension {f.args[dimension] if f else dimension} of {name}"
    hint = "wrap the index in halo.clamp(index, low, high) or halo.unsafe_promise_clamped"
    if f is not None and name not in program.outputs:
        hint += f", or give {name}.bound({f.args[dimension]}, min, extent)"
    if update is not None and calls_of(update.args[dimension]):
        index = _short(update.args[dimension])
        return BoundsError(
            f"the update of {name} writes at {index}, which has no bound that can be worked out: "
            f"the range of {what} is not known",
            where=update.where,
            hint=hint,
        )
    accesses = list(_accesses(program, name))
    culprit = max(accesses, key=lambda a: len(calls_of(a.call.args[dimension])), default=None)
    if culprit is None:
        return BoundsError(f"the range of {what} is not known", where=_line(f), hint=hint)
    index = _short(culprit.call.args[dimension])
    return BoundsError(
        f"{culprit.reader} reads {_short(culprit.call)}, and {index} has no bound that can be "
        f"worked out: the range of {what} is not known",
        where=culprit.definition.where or _line(f),
        hint="\n  ".join([*map(str, _chain(program, culprit.reader)), hint]),
    )


def _accesses(program: Program, name: str) -> Iterator[_Access]:
    for reader, definitions in program.definitions.items():
        for d in definitions:
            yield from (_Access(reader, d, c) for c in calls_in(d) if c.name == name)


def _chain(program: Program, name: str) -> list[_Access]:
    """Return one way from an output down to Func `name`."""
    found: list[_Access] = []
    while name not in program.outputs:
        others = (a for a in _accesses(program, name) if a.reader != name)
        user = next(others, None)
        if user is None:
            break
        found.append(user)
        name = user.reader
    return list(reversed(found))


def _line(f: Function | None) -> SourceLocation | None:
    return f.where if f else None


def _short(e: Expr) -> str:
    text = str(e)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
