"""Steps that run at the same time store each cell once; one after the other they need not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl

SIZES = [(1, 1), (7, 3), (8, 4), (13, 5), (37, 9)]
SHIFT = hl.TailStrategy.ShiftInwards
PARALLEL: dict[str, Callable[[hl.Func], Any]] = {
    "rows": lambda f: f.split("y", "yo", "yi", 4, SHIFT).parallel("yo"),
    "tasks": lambda f: f.parallel("y", 2, SHIFT),
    "vectors": lambda f: f.split("x", "xo", "xi", 8, SHIFT).vectorize("xi").parallel("xo"),
    "unrolled": lambda f: f.split("x", "xo", "xi", 4, SHIFT).unroll("xi").parallel("xo"),
    "tiles": lambda f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 4, SHIFT).vectorize("xi", 4),
        f.fuse("xo", "yo", "t").parallel("t"),
    ),
    "parts of steps": lambda f: (
        f.split("x", "xo", "xi", 3, SHIFT).split("xo", "xa", "xb", 2).parallel("xa"),
    ),
}


def stores(schedule: Callable[[hl.Func], Any], size: tuple[int, int]) -> int:
    """Compute a Func, check its values, and return how many cells were stored."""
    x, y = hl.Var("x"), hl.Var("y")
    g, f = hl.Func("g"), hl.Func("f")
    g[x, y] = x * 3 - y
    f[x, y] = g[x, y] + g[x + 1, y]
    events: list[hl.TraceEvent] = []
    f.trace_stores().jit_handlers().custom_trace = events.append
    schedule(f)
    found = np.array(f.realize(list(size)))
    i, j = np.arange(size[0]), np.arange(size[1])[:, None]
    np.testing.assert_array_equal(found, 6 * i + 3 - 2 * j)
    return sum(e.event is hl.TraceEventCode.store for e in events)


@pytest.mark.parametrize("name", PARALLEL)
def test_threads_store_no_cell_of_each_other(name: str) -> None:
    for size in SIZES:
        assert stores(PARALLEL[name], size) == size[0] * size[1]


def test_a_step_that_is_alone_stores_all_its_cells() -> None:
    assert stores(lambda f: f.split("y", "yo", "yi", 4, SHIFT), (7, 5)) == 7 * 8
    assert stores(lambda f: f.split("y", "yo", "yi", 4, SHIFT).parallel("yi"), (7, 5)) == 7 * 8


def test_what_a_shifted_step_needs_is_computed_for_all_of_it() -> None:
    x, y = hl.Var("x"), hl.Var("y")
    g, f = hl.Func("g"), hl.Func("f")
    g[x, y] = x * x + y
    f[x, y] = g[x, y] - g[x, y - 1]
    f.split(y, "yo", "yi", 4, SHIFT).parallel("yo").vectorize(x, 4)
    g.store_at(f, "yo").compute_at(f, "yi")  # rows of a step follow one another: none is left out
    for size in SIZES:
        assert (np.array(f.realize(list(size))) == 1).all()
