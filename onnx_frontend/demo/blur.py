"""The language at work: a 3x3 blur of a picture, as it stands and scheduled."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

import halo as hl

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class BlurResult:
    """The blurred picture and how long it took, in milliseconds, with and without a schedule."""

    picture: Array
    naive_ms: float
    scheduled_ms: float


def define_blur(source: hl.Buffer) -> tuple[hl.Func, hl.Func]:
    """Return the horizontal pass and the blur that reads it; cells are (x, y, channel).

    The weights are 1 2 1 in each direction, the result is rounded.
    """
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    edges = hl.BoundaryConditions.repeat_edge(source)
    rows, blur = hl.Func("rows"), hl.Func("blur")
    left, here, right = (hl.u16(edges[x + d, y, c]) for d in (-1, 0, 1))
    rows[x, y, c] = left + 2 * here + right
    total = rows[x, y - 1, c] + 2 * rows[x, y, c] + rows[x, y + 1, c]
    blur[x, y, c] = hl.u8((total + 8) / 16)
    return rows, blur


def schedule_blur(rows: hl.Func, blur: hl.Func) -> None:
    """Strips of rows in parallel; in each the horizontal pass slides along, both in vectors."""
    y, yi = hl.Var("y"), hl.Var("yi")
    blur.split(y, y, yi, 64).parallel(y).vectorize(hl.Var("x"), 64)
    rows.store_at(blur, y).compute_at(blur, yi).vectorize(hl.Var("x"), 64)


def blur_both_ways(picture: Array) -> BlurResult:
    """Blur `picture` (height, width, 3; uint8) without and with the schedule.

    Raises
    ------
    ArithmeticError
        The two differ, which a schedule must never cause.
    """
    planes = np.ascontiguousarray(picture.transpose(2, 0, 1))
    results, times = [], []
    for scheduled in (False, True):
        rows, blur = define_blur(hl.Buffer(planes))
        if scheduled:
            schedule_blur(rows, blur)
        result, elapsed = _timed(blur, planes.shape)
        results.append(result)
        times.append(elapsed)
    if not np.array_equal(results[0], results[1]):
        raise ArithmeticError("the schedule changed the blurred picture")
    return BlurResult(np.ascontiguousarray(results[0].transpose(1, 2, 0)), *times)


def _timed(func: hl.Func, shape: tuple[int, ...]) -> tuple[Array, float]:
    result = np.empty(shape, np.uint8)
    out = hl.Buffer(result)
    func.realize(out)  # compiles
    best = float("inf")
    for _ in range(25):
        start = time.perf_counter()
        func.realize(out)
        best = min(best, time.perf_counter() - start)
    return result, best * 1000
