"""Tail strategies beside directives that make loops of their own kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl

T = hl.TailStrategy
UPDATES = [t for t in T if t is not T.ShiftInwards]
SIZES = (0, 1, 8, 13)
x, y = hl.vars("x y")
data = np.random.default_rng(5).integers(-50, 50, (64, 64)).astype(np.int32)

ATOMIC: dict[str, Callable[[Any, str], object]] = {
    "lanes of a reduction": lambda s, r: s.reorder(r, "xi", "xo").vectorize(r, 8),
    "parallel parts of a reduction": lambda s, r: s.reorder("xi", r, "xo").parallel(r),
    "lanes of both": lambda s, r: s.reorder(r, "xi", "xo").vectorize(r).vectorize("xi"),
}


@pytest.mark.parametrize("tail", UPDATES)
@pytest.mark.parametrize("how", ATOMIC)
def test_an_atomic_update_does_nothing_beyond_the_end(tail: T, how: str) -> None:
    g, f, r = hl.Func("g"), hl.Func("f"), hl.RDom([(0, 16)], "r")
    g[x] = 0
    g[x] += hl.Buffer(data)[r, x]
    f[x] = g[x]
    ATOMIC[how](g.compute_root().update().atomic().split(x, "xo", "xi", 8, tail), r.x.name())
    for n in SIZES:
        np.testing.assert_array_equal(np.array(f.realize([n])), data[:n, :16].sum(axis=1))


@pytest.mark.parametrize("tail", UPDATES)
def test_a_specialisation_has_a_tail_of_its_own(tail: T) -> None:
    g, f, p = hl.Func("g"), hl.Func("f"), hl.Param(hl.Int(32), "p")
    source = hl.Buffer(data[0].copy())
    g[x] = source[x]
    g[x] = g[x] * 2 + source[x + 1]
    f[x] = g[x]
    stage = g.compute_root().update()
    stage.specialize(p == 3).split(x, "a", "b", 8, tail).vectorize("b")
    stage.vectorize(x, 4, tail)
    for value in (3, 4):
        p.set(value)
        for n in SIZES:
            expected = data[0, :n] * 2 + data[0, 1 : n + 1]
            np.testing.assert_array_equal(np.array(f.realize([n])), expected)


@pytest.mark.parametrize("tail", UPDATES)
def test_two_stages_in_one_loop_keep_their_tails(tail: T) -> None:
    a, b, f, source = hl.Func("a"), hl.Func("b"), hl.Func("f"), hl.Buffer(data)
    a[x, y] = source[x, y] * 2
    b[x, y] = source[x + 1, y] * 3
    f[x, y] = a[x, y] + b[x, y]
    a.compute_root().split(x, "xo", "xi", 8, tail)
    b.compute_root().split(x, "xo", "xi", 8, tail).compute_with(a, "xo")
    for n in SIZES:
        expected = data[:3, :n] * 2 + data[:3, 1 : n + 1] * 3
        np.testing.assert_array_equal(np.array(f.realize([n, 3])), expected)
