"""Effects of expressions, point after point: printed lines and requirements."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from halo.errors import HaloError
from halo.interpret.arithmetic import Array
from halo.ir.expr import Call, StringImm
from halo.ir.message import text_of


def happen(e: Call, operands: list[Any], points: Mapping[str, Array], mask: Array | None) -> Any:
    """Carry out effect `e` at all `points` where `mask` holds, dimension 0 fastest.

    `operands` are the values of its arguments; the first is returned.

    Raises
    ------
    HaloError
        A requirement does not hold.
    """
    value, condition, *parts = operands
    places = np.broadcast_shapes(
        *(np.shape(a) for a in (*operands, *points.values())), () if mask is None else mask.shape
    )
    holds = np.broadcast_to(condition, places)
    wanted = holds if e.name == "print" else ~holds
    if mask is not None:
        wanted = wanted & mask
    spread = [np.broadcast_to(p, places) for p in parts]
    for index in np.argwhere(wanted.T)[:, ::-1]:  # of the transpose: the first axis runs fastest
        line = _line(e, spread, tuple(index))
        if e.name == "require":
            raise HaloError(line)
        sys.stdout.write(line + "\n")
    return value


def _line(e: Call, parts: list[Array], index: tuple[int, ...]) -> str:
    texts: list[str] = []
    for part, values in zip(e.args[2:], parts, strict=True):
        if isinstance(part, StringImm):
            texts.append(part.value)
        else:
            texts.append(text_of(part.type, values[index]))
    return "".join(texts)
