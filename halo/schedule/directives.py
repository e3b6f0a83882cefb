"""Scheduling directives: frozen data, one class each, that say what a loop nest becomes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from halo.errors import ScheduleError
from halo.schedule.tail import TailStrategy


@dataclass(frozen=True, slots=True)
class Directive:
    """Base of directives; `method` is the name the user calls it by."""

    method: ClassVar[str]

    def source(self) -> str:
        """Return the call as the user would type it, without the Func: ``split(x, xo, xi, 8)``."""
        values = [getattr(self, f.name) for f in dataclasses.fields(self)]
        return f"{self.method}({', '.join(t for v in values for t in _texts(v))})"


def _texts(value: object) -> list[str]:
    if isinstance(value, tuple):
        return [str(v) for v in value]
    if isinstance(value, TailStrategy):
        return [] if value is TailStrategy.Auto else [repr(value)]
    return [] if value is None else [str(value)]


def handle_source(func: str, stage: int | None) -> str:
    """Return the text of a stage handle: ``f``, or ``f.update(0)`` for stage 1."""
    return f"{func}.update({stage - 1})" if stage else func


@dataclass(frozen=True, slots=True)
class ComputeInline(Directive):
    """Substitute the Func's definition wherever it is used; nothing is stored."""

    method = "compute_inline"


@dataclass(frozen=True, slots=True)
class ComputeRoot(Directive):
    """Compute all of the Func that is needed before anything that uses it."""

    method = "compute_root"


@dataclass(frozen=True, slots=True)
class StoreRoot(Directive):
    """Keep the Func's storage outside all loops."""

    method = "store_root"


@dataclass(frozen=True, slots=True)
class Site(Directive):
    """Base of directives that name the loop over `var` of `func`.

    `stage` is the definition whose loop is meant, 0 for the pure one; None: the one that uses
    the Func.
    """

    func: str
    var: str
    stage: int | None = None

    def source(self) -> str:
        return f"{self.method}({handle_source(self.func, self.stage)}, {self.var})"


@dataclass(frozen=True, slots=True)
class ComputeAt(Site):
    """In each iteration of the loop over `var` of `func`, compute what that iteration needs."""

    method = "compute_at"


@dataclass(frozen=True, slots=True)
class StoreAt(Site):
    """Keep the storage for one iteration of the loop over `var` of `func`."""

    method = "store_at"


@dataclass(frozen=True, slots=True)
class Split(Directive):
    """Replace the loop over `old` by a loop over `outer` around one over `inner`.

    ``old == outer*factor + inner`` with `inner` in [0, factor) and `outer` from 0 when `old`
    starts at 0; a loop from ``min`` adds it: ``old == outer*factor + inner + min``. `outer` or
    `inner` may take over the name of `old`.
    """

    old: str
    outer: str
    inner: str
    factor: int
    tail: TailStrategy = TailStrategy.Auto
    method = "split"


@dataclass(frozen=True, slots=True)
class Fuse(Directive):
    """Replace two neighbouring loops by one over both.

    ``fused == outer*extent(inner) + inner``, each counted from its min. The loop over `inner`
    stands directly inside the one over `outer`.
    """

    inner: str
    outer: str
    fused: str
    method = "fuse"


@dataclass(frozen=True, slots=True)
class Reorder(Directive):
    """Put the loops over `vars` into the order given, innermost first.

    Loops that are not named keep their places.
    """

    vars: tuple[str, ...]
    method = "reorder"


@dataclass(frozen=True, slots=True)
class Vectorize(Directive):
    """Run all iterations over `var` at once, as lanes of vectors."""

    var: str
    method = "vectorize"


@dataclass(frozen=True, slots=True)
class Unroll(Directive):
    """Write the body once for each iteration over `var`."""

    var: str
    method = "unroll"


@dataclass(frozen=True, slots=True)
class Parallel(Directive):
    """Share the iterations over `var` among threads."""

    var: str
    method = "parallel"


@dataclass(frozen=True, slots=True)
class Bound(Directive):
    """Promise that the Func is computed over exactly `extent` cells from `min` along `var`."""

    var: str
    min: int
    extent: int
    method = "bound"


@dataclass(frozen=True, slots=True)
class ReorderStorage(Directive):
    """Lay out memory with the dimensions `vars` in the order given, innermost first.

    Dimensions that are not named keep their places.
    """

    vars: tuple[str, ...]
    method = "reorder_storage"


DIRECTIVES: dict[str, type[Directive]] = {
    c.method: c
    for c in (
        ComputeInline,
        ComputeRoot,
        ComputeAt,
        StoreRoot,
        StoreAt,
        Split,
        Fuse,
        Reorder,
        Vectorize,
        Unroll,
        Parallel,
        Bound,
        ReorderStorage,
    )
}


def to_data(directive: Directive) -> dict[str, Any]:
    """Return `directive` as plain data for JSON, its method under the key ``do``."""
    data: dict[str, Any] = {"do": directive.method}
    for f in dataclasses.fields(directive):
        value = getattr(directive, f.name)
        if isinstance(value, TailStrategy):
            value = value.value
        data[f.name] = list(value) if isinstance(value, tuple) else value
    return data


_CHECKS = {
    "str": lambda v: isinstance(v, str),
    "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "int | None": lambda v: v is None or (isinstance(v, int) and not isinstance(v, bool)),
    "tuple[str, ...]": lambda v: isinstance(v, list) and all(isinstance(x, str) for x in v),
    "TailStrategy": lambda v: v in TailStrategy.__members__,
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
        if fields[name] == "TailStrategy":
            value = TailStrategy(value)
        values[name] = tuple(value) if isinstance(value, list) else value
    return cls(**values)
