"""The forms of ``tile``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from halo.errors import ScheduleError, user_location
from halo.schedule.tail import TailStrategy

_PAIR = ("x", "y", "xo", "yo", "xi", "yi", "xfactor", "yfactor")
_INNER_PAIR = ("x", "y", "xi", "yi", "xfactor", "yfactor")
_LISTS = ("previous", "outers", "inners", "factors")
_INNER_LISTS = ("previous", "inners", "factors")

Part = tuple[Any, Any, Any, Any, TailStrategy]
"""The arguments of one split: old, outer, inner, factor, tail."""


def tile_of(args: Sequence[Any], named: Mapping[str, Any]) -> list[Part]:
    """Return the splits that ``tile(*args, **named)`` asks for.

    Raises
    ------
    ScheduleError
        Arguments of no form of ``tile``, or lists of different lengths.
    """
    given, rest = list(args), dict(named)
    tail = rest.pop("tail", rest.pop("tails", None))
    if tail is None and given and _is_tail(given[-1]):
        tail = given.pop()
    for form in (_PAIR, _INNER_PAIR, _LISTS, _INNER_LISTS):
        names = form[len(given) :]
        values = dict(zip(form, given, strict=False)) | rest
        if len(given) <= len(form) and set(names) == set(rest):
            lists = [isinstance(v, (list, tuple)) for v in values.values()]
            if all(lists) if form in (_LISTS, _INNER_LISTS) else not any(lists):
                return _parts(_as_lists(form, values), tail)
    raise ScheduleError(
        f"tile does not take {_counted(args, named)}",
        where=user_location(),
        hint="tile(x, y, xo, yo, xi, yi, xfactor, yfactor), tile(x, y, xi, yi, xfactor, yfactor), "
        "tile([x, ...], [xo, ...], [xi, ...], [factor, ...]) or without the outer ones; "
        "a TailStrategy may follow",
    )


def _is_tail(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(t, TailStrategy) for t in value)
    return isinstance(value, TailStrategy)


def _as_lists(form: tuple[str, ...], values: Mapping[str, Any]) -> list[Sequence[Any]]:
    """Return the loops, outer ones, inner ones and factors of `values`, given by `form`."""
    if form is _PAIR or form is _INNER_PAIR:
        taken = [values[name] for name in form]
        columns: list[Sequence[Any]] = [taken[i : i + 2] for i in range(0, len(taken), 2)]
    else:
        columns = [values[name] for name in form]
    return columns if len(columns) == 4 else [columns[0], *columns]


def _parts(columns: list[Sequence[Any]], tail: Any) -> list[Part]:
    olds = columns[0]
    if tail is None:
        tail = TailStrategy.Auto
    tails = list(tail) if isinstance(tail, (list, tuple)) else [tail] * len(olds)
    lengths = [len(c) for c in (*columns, tails)]
    if not olds or len(set(lengths)) > 1:
        raise ScheduleError(
            f"tile takes lists of one length, not of {', '.join(map(str, lengths))}"
            if olds
            else "tile is given no loop",
            where=user_location(),
            hint="one outer loop, one inner loop and one factor for each loop to be split",
        )
    return list(zip(*columns, tails, strict=True))


def _counted(args: Sequence[Any], named: Mapping[str, Any]) -> str:
    by_name = f" and {', '.join(named)}" if named else ""
    return f"{len(args)} arguments{by_name} of these kinds"
