"""What sizes of an input a model can work with, in words: ``a multiple of 32``, ``at least 5``.

What a model demands of its sizes are equations deep inside it. Those in which one size stands are
tried for many values, so that a refusal can tell the caller what to give instead. Only the words
come from trying: what is checked are the equations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from halo.ir.expr import Expr
from onnx_frontend.extents import Serial, symbols_of, to_serial

TRIED = 4096
"""Sizes that are tried, from 1 on."""

_SHOWN = 6
"""Sizes that are told where no rule is found."""

_Numbers = np.ndarray[Any, np.dtype[Any]]


def only_symbol(e: Expr, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is the only variable in `e`, None if there is another."""
    found = set(symbols_of(e))
    return found.pop() if len(found) == 1 and found <= set(names) else None


def wanted_sizes(conditions: Iterable[Expr], symbol: str) -> str:
    """Return in words for which values of `symbol` all `conditions` hold; nothing if for all.

    `symbol` is the only variable in them.
    """
    good = np.full(TRIED, True)
    with np.errstate(all="ignore"):
        for condition in conditions:
            good &= np.asarray(_evaluate(to_serial(condition), np.arange(1, TRIED + 1)), bool)
    return _in_words([int(n) + 1 for n in np.flatnonzero(good)])


def _in_words(sizes: list[int]) -> str:
    if len(sizes) == TRIED:
        return ""
    if not sizes:
        return f"a size that none from 1 to {TRIED} is"
    first, last = sizes[0], sizes[-1]
    steps = {b - a for a, b in pairwise(sizes)}
    if not steps:
        return str(first)
    if steps == {1}:
        return f"at least {first}" if last == TRIED else f"{first} to {last}"
    step = min(steps)
    if len(steps) == 1 and last + step > TRIED:
        more = first % step
        rule = f"{more} more than a multiple of {step}" if more else f"a multiple of {step}"
        return rule if first <= step else f"{rule}, at least {first}"
    return f"one of {', '.join(map(str, sizes[:_SHOWN]))}{', ...' if len(sizes) > _SHOWN else ''}"


def _quotient(a: _Numbers, b: _Numbers) -> _Numbers:
    size = np.where(b == 0, 1, np.abs(b))
    quotient: _Numbers = np.where(b == 0, 0, np.sign(b) * np.floor_divide(a, size))
    return quotient


def _remainder(a: _Numbers, b: _Numbers) -> _Numbers:
    left: _Numbers = np.where(b == 0, 0, a - b * _quotient(a, b))
    return left


_COMPUTE: Mapping[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _quotient,
    "%": _remainder,
    "min": np.minimum,
    "max": np.maximum,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select": np.where,
}
"""What `extents.evaluate` computes, for many values of the symbol at once."""


def _evaluate(serial: Serial, sizes: _Numbers) -> Any:
    if isinstance(serial, list):
        return _COMPUTE[serial[0]](*(_evaluate(operand, sizes) for operand in serial[1:]))
    return sizes if isinstance(serial, str) else np.int64(serial)
